/** `etcdctl get`, `put`, `del`, `compaction`. */
import type { DeleteRangeResponse, PutResponse, RangeRequest, RangeResponse } from '../../sim/api/etcd.ts';
import { prefixRangeEnd } from '../../sim/api/etcd.ts';
import type { CommandIo } from '../command.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, BAD_FEATURE, EtcdctlError } from './errors.ts';
import type { FlagSpec, Options } from './options.ts';
import { dense, fieldsHeader, fieldsKv, jsonHeader, jsonKv, type SimpleOptions, simpleKv, toJson } from './print.ts';

const flag = (name: string, kind: FlagSpec['kind'], fallback: string, about: string): FlagSpec => ({
  name,
  kind,
  fallback,
  about,
});

export const GET_FLAGS: readonly FlagSpec[] = [
  flag('consistency', 'text', 'l', 'Linearizable(l) or Serializable(s)'),
  flag('count-only', 'switch', 'false', 'Get only the count'),
  flag('from-key', 'switch', 'false', 'Get keys that are greater than or equal to the given key using byte compare'),
  flag('keys-only', 'switch', 'false', 'Get only the keys'),
  flag('limit', 'number', '0', 'Maximum number of results'),
  flag('max-create-rev', 'number', '0', 'Maximum create revision'),
  flag('max-mod-rev', 'number', '0', 'Maximum modification revision'),
  flag('min-create-rev', 'number', '0', 'Minimum create revision'),
  flag('min-mod-rev', 'number', '0', 'Minimum modification revision'),
  flag('order', 'text', '', 'Order of results; ASCEND or DESCEND (ASCEND by default)'),
  flag('prefix', 'switch', 'false', 'Get keys with matching prefix'),
  flag('print-value-only', 'switch', 'false', 'Only write values when using the "simple" output format'),
  flag('rev', 'number', '0', 'Specify the kv revision'),
  flag('sort-by', 'text', '', 'Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION'),
];
export const PUT_FLAGS: readonly FlagSpec[] = [
  flag('ignore-lease', 'switch', 'false', 'updates the key using its current lease'),
  flag('ignore-value', 'switch', 'false', 'updates the key using its current value'),
  flag('lease', 'text', '0', 'lease ID (in hexadecimal) to attach to the key'),
  flag('prev-kv', 'switch', 'false', 'return the previous key-value pair before modification'),
];
export const DEL_FLAGS: readonly FlagSpec[] = [
  flag('from-key', 'switch', 'false', 'delete keys that are greater than or equal to the given key using byte compare'),
  flag('prefix', 'switch', 'false', 'delete keys with matching prefix'),
  flag('prev-kv', 'switch', 'false', 'return deleted key-value pairs'),
  flag('range', 'switch', 'false', 'delete range of keys'),
];
export const COMPACTION_FLAGS: readonly FlagSpec[] = [
  flag('physical', 'switch', 'false', "'true' to wait for compaction to physically remove all old revisions"),
];

/** The range that a key and an optional end, --prefix or --from-key mean. */
export function rangeOf(
  options: Options,
  args: readonly string[],
  command: string,
): { readonly key: string; readonly rangeEnd?: string } {
  if (options.is('prefix') && options.is('from-key')) {
    throw new EtcdctlError('`--prefix` and `--from-key` cannot be set at the same time, choose one', BAD_ARGS);
  }
  const [key = '', end] = args;
  if (end !== undefined) {
    if (options.is('prefix') || options.is('from-key')) {
      throw new EtcdctlError(
        'too many arguments, only accept one argument when `--prefix` or `--from-key` is set',
        BAD_ARGS,
      );
    }
    return { key, rangeEnd: end };
  }
  if (options.is('prefix')) return key === '' ? { key: '\0', rangeEnd: '\0' } : { key, rangeEnd: prefixRangeEnd(key) };
  if (options.is('from-key')) return { key: key === '' ? '\0' : key, rangeEnd: '\0' };
  void command;
  return { key };
}

export async function get(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const request = rangeRequest(options, options.args);
  const response = await client.must('Range', request);
  if (options.is('count-only') && options.output === 'simple') {
    throw new EtcdctlError('--count-only is set, but output format is simple', BAD_ARGS);
  }
  const valueOnly = options.is('print-value-only');
  io.stdout(rangeText(response, options, { isHex: options.is('hex'), valueOnly }));
  return 0;
}

/** @throws EtcdctlError for arguments that make no request */
export function rangeRequest(options: Options, args: readonly string[]): RangeRequest {
  if (args.length === 0 || args.length > 2) {
    throw new EtcdctlError('get command needs one argument as key and an optional argument as range_end', BAD_ARGS);
  }
  if (options.is('count-only') && options.is('keys-only')) {
    throw new EtcdctlError('`--keys-only` and `--count-only` cannot be set at the same time, choose one', BAD_ARGS);
  }
  const order = options.text('order').toUpperCase();
  if (!['', 'ASCEND', 'DESCEND'].includes(order))
    throw new EtcdctlError(`bad sort order ${options.text('order')}`, BAD_FEATURE);
  const target = options.text('sort-by').toUpperCase();
  const targets: Readonly<Record<string, NonNullable<RangeRequest['sortTarget']>>> = {
    '': 'KEY',
    CREATE: 'CREATE',
    KEY: 'KEY',
    MODIFY: 'MOD',
    VALUE: 'VALUE',
    VERSION: 'VERSION',
  };
  const sortTarget = targets[target];
  if (sortTarget === undefined) throw new EtcdctlError(`bad sort target ${options.text('sort-by')}`, BAD_FEATURE);
  const consistency = options.text('consistency');
  if (consistency !== 'l' && consistency !== 's')
    throw new EtcdctlError(`unknown consistency flag "${consistency}"`, BAD_FEATURE);
  return {
    method: 'Range',
    ...rangeOf(options, args, 'get'),
    limit: options.number('limit'),
    revision: options.number('rev'),
    ...(order === '' && target === '' ? {} : { sortOrder: order === 'DESCEND' ? 'DESCEND' : 'ASCEND', sortTarget }),
    serializable: consistency === 's',
    keysOnly: options.is('keys-only'),
    countOnly: options.is('count-only'),
    ...positive('minModRevision', options.number('min-mod-rev')),
    ...positive('maxModRevision', options.number('max-mod-rev')),
    ...positive('minCreateRevision', options.number('min-create-rev')),
    ...positive('maxCreateRevision', options.number('max-create-rev')),
  };
}

function positive(name: string, value: number): Record<string, number> {
  return value > 0 ? { [name]: value } : {};
}

export function rangeText(response: RangeResponse, options: Options, simple: SimpleOptions, header = true): string {
  const { kvs, more, count } = response;
  switch (options.output) {
    case 'simple':
      return kvs.map((kv) => simpleKv(kv, simple)).join('');
    case 'json':
      return `${toJson(rangeJson(response))}\n`;
    case 'fields':
      return `${header ? fieldsHeader(response.header) : ''}${kvs.map((kv) => fieldsKv(kv)).join('')}"More" : ${more}\n"Count" : ${count}\n`;
    default:
      throw unsupported(options.output);
  }
}

export function rangeJson({ header, kvs, more, count }: RangeResponse): Record<string, unknown> {
  return { header: jsonHeader(header), ...dense({ kvs: kvs.map(jsonKv), more, count }) };
}

export async function put(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [key, given, ...rest] = options.args;
  const ignoreValue = options.is('ignore-value');
  const isBad = key === undefined || rest.length > 0 || (given === undefined && !ignoreValue && io.stdin === '');
  if (isBad) throw new EtcdctlError('put command needs 1 argument and input from stdin or 2 arguments', BAD_ARGS);
  const lease = options.text('lease');
  if (!/^[0-9a-fA-F]+$/.test(lease)) {
    throw new EtcdctlError(
      `bad lease ID (strconv.ParseInt: parsing "${lease}": invalid syntax), expecting ID in Hex`,
      BAD_ARGS,
    );
  }
  const value = ignoreValue ? '' : (given ?? io.stdin);
  const response = await client.must('Put', {
    method: 'Put',
    key,
    value,
    ...(lease === '0' ? {} : { lease: lease.toLowerCase().replace(/^0+(?=.)/, '') }),
    prevKv: options.is('prev-kv'),
    ...(ignoreValue ? { ignoreValue } : {}),
    ...(options.is('ignore-lease') ? { ignoreLease: true } : {}),
  });
  io.stdout(putText(response, options));
  return 0;
}

export function putText(response: PutResponse, options: Options, header = true): string {
  const { prevKv } = response;
  switch (options.output) {
    case 'simple':
      return `OK\n${prevKv === undefined ? '' : simpleKv(prevKv, { isHex: options.is('hex') })}`;
    case 'json':
      return `${toJson(putJson(response))}\n`;
    case 'fields':
      return `${header ? fieldsHeader(response.header) : ''}${prevKv === undefined ? '' : fieldsKv(prevKv, 'Prev')}`;
    default:
      throw unsupported(options.output);
  }
}

export function putJson({ header, prevKv }: PutResponse): Record<string, unknown> {
  return { header: jsonHeader(header), ...(prevKv === undefined ? {} : { prev_kv: jsonKv(prevKv) }) };
}

export async function del(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const { args } = options;
  if (args.length === 0 || args.length > 2) {
    throw new EtcdctlError('del command needs one argument as key and an optional argument as range_end', BAD_ARGS);
  }
  const range = rangeOf(options, args, 'del');
  const response = await client.must('DeleteRange', { method: 'DeleteRange', ...range, prevKv: options.is('prev-kv') });
  io.stdout(deleteText(response, options));
  return 0;
}

export function deleteText(response: DeleteRangeResponse, options: Options, header = true): string {
  const { deleted, prevKvs = [] } = response;
  switch (options.output) {
    case 'simple':
      return `${deleted}\n${prevKvs.map((kv) => simpleKv(kv, { isHex: options.is('hex') })).join('')}`;
    case 'json':
      return `${toJson(deleteJson(response))}\n`;
    case 'fields':
      return `${header ? fieldsHeader(response.header) : ''}"Deleted" : ${deleted}\n${prevKvs.map((kv) => fieldsKv(kv, 'Prev')).join('')}`;
    default:
      throw unsupported(options.output);
  }
}

export function deleteJson({ header, deleted, prevKvs = [] }: DeleteRangeResponse): Record<string, unknown> {
  return { header: jsonHeader(header), ...dense({ deleted, prev_kvs: prevKvs.map(jsonKv) }) };
}

export async function compaction(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [revision = ''] = options.args;
  if (options.args.length !== 1) throw new EtcdctlError('compaction command needs 1 argument', BAD_ARGS);
  if (!/^-?\d+$/.test(revision)) throw new EtcdctlError(`strconv.ParseInt: parsing "${revision}": invalid syntax`);
  await client.must('Compact', { method: 'Compact', revision: Number(revision), physical: options.is('physical') });
  io.stdout(`compacted revision ${revision}\n`);
  return 0;
}

export function unsupported(output: string): EtcdctlError {
  return output === 'protobuf'
    ? new EtcdctlError('not simulated: etcdctl -w protobuf', 64)
    : new EtcdctlError(`${output} not supported as output format`, BAD_FEATURE);
}

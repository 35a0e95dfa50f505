/** `etcdctl lease grant|revoke|timetolive|list|keep-alive`. */
import type { LeaseKeepAliveResponse } from '../../sim/api/etcd.ts';
import type { CommandIo } from '../command.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, EtcdctlError } from './errors.ts';
import { unsupported } from './key-values.ts';
import type { FlagSpec, Options } from './options.ts';
import { base64, decimalId, fieldsHeader, jsonHeader, jsonId, paddedId, toJson } from './print.ts';

export const TIMETOLIVE_FLAGS: readonly FlagSpec[] = [
  { name: 'keys', kind: 'switch', fallback: 'false', about: 'Get keys attached to this lease' },
];
export const KEEPALIVE_FLAGS: readonly FlagSpec[] = [
  {
    name: 'once',
    kind: 'switch',
    fallback: 'false',
    about: 'Resets the keep-alive time to its original value and cobrautl.Exits immediately',
  },
];

function leaseId(args: readonly string[], command: string): string {
  const [written = ''] = args;
  if (args.length !== 1) throw new EtcdctlError(`lease ${command} command needs 1 argument`, BAD_ARGS);
  if (!/^[0-9a-fA-F]{1,16}$/.test(written)) {
    throw new EtcdctlError(
      `bad lease ID arg (strconv.ParseInt: parsing "${written}": invalid syntax), expecting ID in Hex`,
      BAD_ARGS,
    );
  }
  return written.toLowerCase().replace(/^0+(?=.)/, '');
}

export async function grant(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [ttl = ''] = options.args;
  if (options.args.length !== 1) throw new EtcdctlError('lease grant command needs TTL argument', BAD_ARGS);
  if (!/^[+-]?\d+$/.test(ttl))
    throw new EtcdctlError(`bad TTL (strconv.ParseInt: parsing "${ttl}": invalid syntax)`, BAD_ARGS);
  const response = await client.must(
    'LeaseGrant',
    { method: 'LeaseGrant', ttlSeconds: Number(ttl) },
    (error) => `failed to grant lease (${error})`,
  );
  const { header, id, ttlSeconds } = response;
  switch (options.output) {
    case 'simple':
      io.stdout(`lease ${paddedId(id)} granted with TTL(${ttlSeconds}s)\n`);
      return 0;
    case 'json':
      io.stdout(`${toJson({ ...jsonHeader(header), ID: jsonId(id), TTL: ttlSeconds, Error: '' })}\n`);
      return 0;
    case 'fields':
      io.stdout(`${fieldsHeader(header)}"ID" : ${decimalId(id)}\n"TTL" : ${ttlSeconds}\n`);
      return 0;
    default:
      throw unsupported(options.output);
  }
}

export async function revoke(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = leaseId(options.args, 'revoke');
  const { header } = await client.must(
    'LeaseRevoke',
    { method: 'LeaseRevoke', id },
    (error) => `failed to revoke lease (${error})`,
  );
  if (options.output === 'json') io.stdout(`${toJson({ header: jsonHeader(header) })}\n`);
  else if (options.output === 'fields') io.stdout(fieldsHeader(header));
  else io.stdout(`lease ${paddedId(id)} revoked\n`);
  return 0;
}

export async function timeToLive(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = leaseId(options.args, 'timetolive');
  const response = await client.must('LeaseTimeToLive', { method: 'LeaseTimeToLive', id, keys: options.is('keys') });
  const { header, ttlSeconds, grantedTtlSeconds, keys } = response;
  switch (options.output) {
    case 'simple': {
      if (grantedTtlSeconds === 0 && ttlSeconds === -1) io.stdout(`lease ${paddedId(id)} already expired\n`);
      else {
        const attached = options.is('keys') ? `, attached keys([${keys.join(' ')}])` : '';
        io.stdout(
          `lease ${paddedId(id)} granted with TTL(${grantedTtlSeconds}s), remaining(${ttlSeconds}s)${attached}\n`,
        );
      }
      return 0;
    }
    case 'json': {
      const shown = keys.length === 0 ? null : keys.map(base64);
      io.stdout(
        `${toJson({ ...jsonHeader(header), id: jsonId(id), ttl: ttlSeconds, 'granted-ttl': grantedTtlSeconds, keys: shown })}\n`,
      );
      return 0;
    }
    case 'fields':
      io.stdout(
        `${fieldsHeader(header)}"ID" : ${decimalId(id)}\n"TTL" : ${ttlSeconds}\n"GrantedTTL" : ${grantedTtlSeconds}\n${keys.map((key) => `"Key" : ${JSON.stringify(key)}\n`).join('')}`,
      );
      return 0;
    default:
      throw unsupported(options.output);
  }
}

export async function list(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const { header, leases } = await client.must('LeaseLeases', { method: 'LeaseLeases' });
  switch (options.output) {
    case 'simple':
      io.stdout(`found ${leases.length} leases\n${leases.map((id) => `${paddedId(id)}\n`).join('')}`);
      return 0;
    case 'json':
      io.stdout(`${toJson({ ...jsonHeader(header), leases: leases.map((id) => ({ id: jsonId(id) })) })}\n`);
      return 0;
    case 'fields':
      io.stdout(`${fieldsHeader(header)}${leases.map((id) => `"ID" : ${decimalId(id)}\n`).join('')}`);
      return 0;
    default:
      throw unsupported(options.output);
  }
}

export async function keepAlive(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = leaseId(options.args, 'keep-alive');
  for (;;) {
    const response = await client.must('LeaseKeepAlive', { method: 'LeaseKeepAlive', id });
    if (response.ttlSeconds <= 0) {
      if (options.is('once')) throw new EtcdctlError('etcdserver: requested lease not found', 2);
      io.stdout(`lease ${paddedId(id)} expired or revoked.\n`);
      return 0;
    }
    io.stdout(keptText(response, options));
    if (options.is('once')) return 0;
    await io.gateway.sleep((response.ttlSeconds * 1_000) / 3, io.signal);
    if (io.signal.aborted) return 0;
  }
}

function keptText({ header, id, ttlSeconds }: LeaseKeepAliveResponse, options: Options): string {
  if (options.output === 'json') return `${toJson({ ...jsonHeader(header), ID: jsonId(id), TTL: ttlSeconds })}\n`;
  if (options.output === 'fields') return `${fieldsHeader(header)}"ID" : ${decimalId(id)}\n"TTL" : ${ttlSeconds}\n`;
  return `lease ${paddedId(id)} keepalived with TTL(${ttlSeconds})\n`;
}

/** `etcdctl txn`: comparisons, what to do when they hold, what to do when not; each list ends with an empty line. */
import type { TxnCompare, TxnOp, TxnOpResponse, TxnResponse } from '../../sim/api/etcd.ts';
import type { CommandIo } from '../command.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, EtcdctlError, INVALID_INPUT } from './errors.ts';
import {
  DEL_FLAGS,
  deleteJson,
  deleteText,
  GET_FLAGS,
  PUT_FLAGS,
  putJson,
  putText,
  rangeJson,
  rangeOf,
  rangeRequest,
  rangeText,
  unsupported,
} from './key-values.ts';
import { type FlagSpec, type Options, parseOptions } from './options.ts';
import { dense, fieldsHeader, jsonHeader, toJson } from './print.ts';

export const TXN_FLAGS: readonly FlagSpec[] = [
  {
    name: 'interactive',
    short: 'i',
    kind: 'switch',
    fallback: 'false',
    about: 'Input transaction in interactive mode',
  },
];

export async function txn(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  if (options.args.length > 0) throw new EtcdctlError('txn command does not accept argument', BAD_ARGS);
  const lines = io.stdin.split('\n');
  const say = (text: string) => {
    if (options.is('interactive')) io.stdout(`${text}\n`);
  };
  const section = () => {
    const end = lines.findIndex((line) => line.trim() === '');
    const taken = lines.splice(0, end < 0 ? lines.length : end + 1);
    return taken.map((line) => line.trim()).filter((line) => line !== '');
  };
  say('compares:');
  const compare = section().map(parseCompare);
  say('success requests (get, put, del):');
  const success = section().map((line) => parseOp(line, io));
  say('failure requests (get, put, del):');
  const failure = section().map((line) => parseOp(line, io));
  const response = await client.must('Txn', { method: 'Txn', compare, success, failure });
  io.stdout(txnText(response, success, failure, options));
  return 0;
}

const TARGETS: Readonly<Record<string, TxnCompare['target']>> = {
  ver: 'VERSION',
  version: 'VERSION',
  c: 'CREATE',
  create: 'CREATE',
  m: 'MOD',
  mod: 'MOD',
  val: 'VALUE',
  value: 'VALUE',
  lease: 'LEASE',
};
const RESULTS: Readonly<Record<string, TxnCompare['result']>> = {
  '=': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '>': 'GREATER',
  '<': 'LESS',
};

/** `value("key") = "x"` */
function parseCompare(line: string): TxnCompare {
  const malformed = (why: string) => new EtcdctlError(`malformed comparison: ${line}${why}`, INVALID_INPUT);
  const match = /^(\w+)\((.*)\)\s*(=|!=|<|>)\s*(.*)$/.exec(line);
  if (match === null) throw malformed('');
  const [, written = '', key = '', sign = '', operand = ''] = match;
  const target = TARGETS[written];
  const result = RESULTS[sign];
  if (target === undefined) throw malformed(` (unknown target ${written})`);
  if (result === undefined) throw malformed('');
  const value = unquoted(operand);
  if (target === 'VALUE') return { key: unquoted(key), target, result, operand: value };
  if (target === 'LEASE') return { key: unquoted(key), target, result, operand: value.replace(/^0+(?=.)/, '') };
  if (!/^-?\d+$/.test(value)) throw malformed(` (strconv.ParseInt: parsing "${value}": invalid syntax)`);
  return { key: unquoted(key), target, result, operand: Number(value) };
}

function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text.trim())?.[1] ?? text.trim();
}

function parseOp(line: string, io: CommandIo): TxnOp {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
  const [command = '', ...rest] = words;
  switch (command) {
    case 'get': {
      const options = parseOptions(GET_FLAGS, rest, io);
      return rangeRequest(options, options.args);
    }
    case 'put': {
      const options = parseOptions(PUT_FLAGS, rest, io);
      const [key = '', value = ''] = options.args;
      const lease = options.text('lease');
      return { method: 'Put', key, value, ...(lease === '0' ? {} : { lease }), prevKv: options.is('prev-kv') };
    }
    case 'del': {
      const options = parseOptions(DEL_FLAGS, rest, io);
      return { method: 'DeleteRange', ...rangeOf(options, options.args, 'del'), prevKv: options.is('prev-kv') };
    }
    default:
      throw new EtcdctlError(`invalid txn request: ${line}`, INVALID_INPUT);
  }
}

function txnText(
  response: TxnResponse,
  success: readonly TxnOp[],
  failure: readonly TxnOp[],
  options: Options,
): string {
  const { header, succeeded, responses } = response;
  const ops = succeeded ? success : failure;
  switch (options.output) {
    case 'simple':
      return `${succeeded ? 'SUCCESS' : 'FAILURE'}\n${responses.map((each, i) => `\n${opText(ops[i], each, options)}`).join('')}`;
    case 'json':
      return `${toJson({ header: jsonHeader(header), ...dense({ succeeded, responses: responses.map((each, i) => ({ Response: opJson(ops[i], each) })) }) })}\n`;
    case 'fields': {
      const inner = `"ClusterID" : 0\n"MemberID" : 0\n"Revision" : ${header.revision}\n"RaftTerm" : 0\n`;
      return `${fieldsHeader(header)}"Succeeded" : ${succeeded}\n${responses.map((each, i) => inner + opText(ops[i], each, options)).join('')}`;
    }
    default:
      throw unsupported(options.output);
  }
}

function opText(op: TxnOp | undefined, response: TxnOpResponse, options: Options): string {
  const simple = { isHex: options.is('hex') };
  if (op?.method === 'Put') return putText(response as never, options, false);
  if (op?.method === 'DeleteRange') return deleteText(response as never, options, false);
  return rangeText(response as never, options, simple, false);
}

function opJson(op: TxnOp | undefined, response: TxnOpResponse): Record<string, unknown> {
  const short = (json: Record<string, unknown>, revision: number) => ({ ...json, header: { revision } });
  const { revision } = (response as { readonly header: { readonly revision: number } }).header;
  if (op?.method === 'Put') return { ResponsePut: short(putJson(response as never), revision) };
  if (op?.method === 'DeleteRange') return { ResponseDeleteRange: short(deleteJson(response as never), revision) };
  return { ResponseRange: short(rangeJson(response as never), revision) };
}

/** etcdctl's connection: TLS as its flags say, calls to one endpoint after another, errors as the Go client words them. */
import type { EtcdError, EtcdMethod, EtcdRequests, EtcdResponses, EtcdResult } from '../../sim/api/etcd.ts';
import type { ClientTls } from '../../sim/kernel/io.ts';
import type { CommandIo } from '../command.ts';
import { durationMs } from '../commands/clock.ts';
import { resolvePath } from '../file-content.ts';
import { EtcdctlError } from './errors.ts';
import type { Options } from './options.ts';

export type CallResult<M extends EtcdMethod> =
  | { readonly ok: true; readonly body: EtcdResponses[M]; readonly tookUs: number }
  | { readonly ok: false; readonly error: string; readonly code: string; readonly tookUs: number };

export interface EtcdClient {
  readonly endpoints: readonly string[];
  /** Asks the endpoints in turn until one answers. */
  call<M extends EtcdMethod>(method: M, request: EtcdRequests[M]): Promise<CallResult<M>>;
  callAt<M extends EtcdMethod>(endpoint: string, method: M, request: EtcdRequests[M]): Promise<CallResult<M>>;
  /** @throws EtcdctlError with the message that etcdctl prints */
  must<M extends EtcdMethod>(
    method: M,
    request: EtcdRequests[M],
    say?: (error: string) => string,
  ): Promise<EtcdResponses[M]>;
  /** Items of a stream; ends with an error text, or '' when the caller hung up. */
  stream<M extends EtcdMethod>(method: M, request: EtcdRequests[M]): AsyncGenerator<EtcdResponses[M], string>;
}

export async function openClient(io: CommandIo, options: Options): Promise<EtcdClient> {
  const endpoints = options
    .text('endpoints')
    .split(',')
    .filter((each) => each !== '');
  const timeoutMs = durationMs(options.text('command-timeout')) ?? 5_000;
  const files = {
    ca: await pem(io, options.text('cacert')),
    certificate: await pem(io, options.text('cert')),
    key: await pem(io, options.text('key')),
  };
  if ((options.text('cert') === '') !== (options.text('key') === '')) {
    throw new EtcdctlError(
      `KeyFile and CertFile must both be present[key: ${options.text('key')}, cert: ${options.text('cert')}]`,
      128,
    );
  }
  const hasTls = options.text('cacert') !== '' || options.text('cert') !== '' || options.is('insecure-skip-tls-verify');

  function tlsFor(endpoint: string): ClientTls | undefined {
    const isSecure = endpoint.startsWith('https://') || (!endpoint.includes('://') && hasTls);
    return isSecure ? { ...files, insecureSkipVerify: options.is('insecure-skip-tls-verify') } : undefined;
  }

  async function callAt<M extends EtcdMethod>(
    endpoint: string,
    method: M,
    request: EtcdRequests[M],
  ): Promise<CallResult<M>> {
    const { gateway, host, signal } = io;
    const began = gateway.world.now;
    const tls = tlsFor(endpoint);
    const answer = await gateway.call(addressOf(endpoint), request, { host, tls, timeoutMs, signal });
    const tookUs = gateway.world.now - began;
    if (!answer.ok) {
      // The client keeps dialing until its time is up.
      const leftUs = timeoutMs * 1_000 - tookUs;
      if (leftUs > 0 && !signal.aborted) await gateway.sleep(leftUs / 1_000, signal);
      warn(io, endpoint, method, 'DeadlineExceeded', transportText(answer.error, tls !== undefined));
      return {
        ok: false,
        error: 'context deadline exceeded',
        code: 'DeadlineExceeded',
        tookUs: gateway.world.now - began,
      };
    }
    const result = answer.body as EtcdResult<M>;
    if (result.ok) return { ok: true, body: result.body, tookUs };
    warn(io, endpoint, method, result.error.code, result.error.message);
    return { ok: false, error: result.error.message, code: result.error.code, tookUs };
  }

  const client: EtcdClient = {
    endpoints,
    callAt,
    async call(method, request) {
      const [first = '127.0.0.1:2379', ...others] = endpoints;
      // A balancer: an endpoint that cannot be dialed is left for the next one.
      for (const endpoint of [first, ...others].slice(0, -1)) {
        const probe = await io.gateway.call(addressOf(endpoint), request, {
          host: io.host,
          tls: tlsFor(endpoint),
          timeoutMs: 2_000,
          signal: io.signal,
        });
        if (!probe.ok) continue;
        const result = probe.body as EtcdResult<typeof method>;
        if (result.ok) return { ok: true, body: result.body, tookUs: 0 };
        warn(io, endpoint, method, result.error.code, result.error.message);
        return { ok: false, error: result.error.message, code: result.error.code, tookUs: 0 };
      }
      return callAt(others.at(-1) ?? first, method, request);
    },
    async must(method, request, say = (error) => error) {
      const result = await client.call(method, request);
      if (result.ok) return result.body;
      throw new EtcdctlError(say(result.error));
    },
    async *stream(method, request) {
      const endpoint = endpoints[0] ?? '127.0.0.1:2379';
      const tls = tlsFor(endpoint);
      const { gateway, host, signal } = io;
      for await (const piece of gateway.stream(addressOf(endpoint), request, { host, tls, timeoutMs: 0, signal })) {
        if ('item' in piece) yield piece.item as EtcdResponses[typeof method];
        else if (piece.end.ok) {
          const end = piece.end.body as { readonly ok: boolean; readonly error?: EtcdError };
          return end.ok ? '' : (end.error?.message ?? '');
        } else return piece.end.error === 'interrupted' ? '' : piece.end.error;
      }
      return '';
    },
  };
  return client;
}

/** `https://127.0.0.1:2379` → `127.0.0.1:2379`. */
export function addressOf(endpoint: string): string {
  return endpoint.replace(/^\w+:\/\//, '').replace(/\/.*$/, '');
}

async function pem(io: CommandIo, path: string): Promise<string | undefined> {
  if (path === '') return undefined;
  try {
    return await io.fs.readFile(resolvePath(io.cwd, path));
  } catch {
    throw new EtcdctlError(`open ${path}: no such file or directory`, 128);
  }
}

function transportText(error: string, isSecure: boolean): string {
  const last = 'latest balancer error: last connection error: connection error: desc = ';
  if (!isSecure && error.includes('tls:')) return `${last}"error reading server preface: EOF"`;
  if (error.startsWith('remote error')) return `${last}"error reading server preface: ${error}"`;
  if (error.startsWith('tls:')) return `${last}"transport: authentication handshake failed: ${error}"`;
  if (error.startsWith('dial tcp')) return `${last}"transport: Error while dialing: ${error}"`;
  return error;
}

const SERVICES: Readonly<Record<string, string>> = {
  Range: 'KV',
  Put: 'KV',
  DeleteRange: 'KV',
  Txn: 'KV',
  Compact: 'KV',
};

/** The Go client logs every failed try. */
function warn(io: CommandIo, endpoint: string, method: string, code: string, message: string): void {
  const service =
    SERVICES[method] ??
    (method.startsWith('Lease') ? 'Lease' : method.startsWith('Member') ? 'Cluster' : 'Maintenance');
  const line = {
    level: 'warn',
    ts: `${new Date(io.gateway.now(io.host)).toISOString().replace('Z', '')}000Z`,
    logger: 'etcd-client',
    caller: 'v3@v3.6.8/retry_interceptor.go:65',
    msg: 'retrying of unary invoker failed',
    target: `etcd-endpoints://0xc0002fe000/${addressOf(endpoint)}`,
    method: `/etcdserverpb.${service}/${method}`,
    attempt: 0,
    error: `rpc error: code = ${code} desc = ${message}`,
  };
  io.stderr(`${JSON.stringify(line)}\n`);
}

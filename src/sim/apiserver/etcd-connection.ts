/**
 * The API server's etcd client: one endpoint at a time, the next one when it cannot be reached.
 * What etcd answers comes back to the machine as REPLY with one of the tags below.
 */
import type { EtcdError, EtcdMethod, EtcdRequest, EtcdResponses, EtcdResult } from '../api/etcd.ts';
import type { HttpResponse } from '../api/http.ts';
import { timeout, unknownError } from '../api/status.ts';
import { klog } from '../client/klog.ts';
import type { CallId } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import type { Server } from './memory.ts';

/** What a call to etcd was made for. `tries` counts the endpoints that were tried in vain. */
export type EtcdTag =
  | { readonly for: 'request'; readonly request: number; readonly call: EtcdRequest; readonly tries: number }
  | {
      readonly for: 'load' | 'watch' | 'progress' | 'identity' | 'hook';
      readonly what: string;
      readonly tries: number;
    };

/** An answer of etcd, or why there is none. */
export type EtcdAnswer =
  | { readonly ok: true; readonly body: EtcdResponses[EtcdMethod] }
  | { readonly ok: false; readonly sent: boolean; readonly message: string; readonly code: string };

/** A request's own deadline (--request-timeout). */
const REQUEST_TIMEOUT_MS = 60_000;

export function askEtcd(
  { me, io }: Server,
  request: EtcdRequest,
  tag: EtcdTag,
  timeoutMs = REQUEST_TIMEOUT_MS,
): CallId {
  const { etcd, credentials } = me;
  return io.request(etcd.endpoints[etcd.current]!, request, { tag, timeoutMs, tls: credentials.etcdTls });
}

/** Reads a REPLY of etcd, and remembers whether etcd can be reached. */
export function readEtcd(server: Server, event: KernelEvent): EtcdAnswer {
  const { me, io } = server;
  if (event['ok'] !== true) {
    const error = String(event['error']);
    if (me.etcd.error === '') {
      klog(io, 'W', 'logging.go:55', connectionWarning(me.etcd.endpoints[me.etcd.current]!, error));
    }
    unreachable(server, error);
    const late = error.includes('deadline exceeded') || error.includes('i/o timeout');
    return { ok: false, sent: !isDialError(error), message: error, code: late ? 'DeadlineExceeded' : 'Unavailable' };
  }
  me.etcd.answeredAt = io.now;
  const result = event['body'] as EtcdResult;
  if (result.ok) {
    if (me.etcd.watchCall !== 0) reachable(server);
    return { ok: true, body: result.body };
  }
  const { code, message }: EtcdError = result.error;
  if (code === 'Unavailable') unreachable(server, message);
  return { ok: false, sent: true, message, code };
}

/** Remembers why etcd cannot be used; the machine is told when that is news. */
export function unreachable({ me, io }: Server, error: string): undefined {
  if (me.etcd.error === '') io.raise({ type: 'ETCD_LOST' });
  me.etcd.error = error;
}

export function reachable({ me, io }: Server): undefined {
  if (me.etcd.error === '') return;
  me.etcd.error = '';
  io.raise({ type: 'ETCD_BACK' });
}

/**
 * Another endpoint may do where this one refused the connection; so may a second try of a read that broke off.
 * @returns whether the call was made again
 */
export function tryNextEndpoint(server: Server, answer: EtcdAnswer, tag: EtcdTag): CallId {
  const { etcd } = server.me;
  if (answer.ok) return 0;
  etcd.current = (etcd.current + 1) % etcd.endpoints.length;
  if (answer.code === 'DeadlineExceeded') {
    // A member that hangs is left, and so is the watch on it.
    if (etcd.endpoints.length > 1 && etcd.watchCall !== 0) server.io.raise({ type: 'REWATCH' });
    return 0;
  }
  if (tag.for !== 'request' || tag.tries + 1 >= etcd.endpoints.length + 1) return 0;
  if (answer.sent && !(tag.call.method === 'Range' && answer.message.includes('EOF'))) return 0;
  return askEtcd(server, tag.call, { ...tag, tries: tag.tries + 1 });
}

/** What a client is told when etcd fails. */
export function etcdFailure(answer: Extract<EtcdAnswer, { ok: false }>): HttpResponse {
  if (answer.code === 'DeadlineExceeded') {
    const status = timeout('request did not complete within the allotted timeout');
    return { status: status.code, body: status };
  }
  const message = answer.message.startsWith('etcdserver:')
    ? answer.message
    : `rpc error: code = ${answer.code} desc = ${grpcText(answer)}`;
  const status = unknownError(message);
  return { status: status.code, body: status };
}

function isDialError(error: string): boolean {
  return error.includes('dial tcp') || error.startsWith('tls:') || error.startsWith('remote error: tls');
}

function grpcText({ sent, message }: { readonly sent: boolean; readonly message: string }): string {
  return sent
    ? `error reading from server: ${message}`
    : `connection error: desc = "transport: Error while dialing: ${message}"`;
}

function connectionWarning(endpoint: string, error: string): string {
  return `[core] [Channel #1 SubChannel #2] grpc: addrConn.createTransport failed to connect to {Addr: "${endpoint}", ServerName: "${endpoint}", }. Err: connection error: desc = "transport: Error while dialing: ${error}"`;
}

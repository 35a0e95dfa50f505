/** How the kubelet talks to the container runtime: one call at a time for each purpose, answers routed by tag. */
import { CRI_PORT, type CriMethod, type CriRequestOf, type CriResult } from '../api/cri.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';

/** What a call to the runtime is for; comes back with its answer. */
export interface CriTag {
  readonly cri: CriMethod;
  readonly uid: string;
  readonly container: string;
  /** Free for the caller: `probe/liveness`, a grace period, … */
  readonly detail: string;
}

const ADDRESS = `127.0.0.1:${CRI_PORT}`;
const UNAVAILABLE =
  'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"';

export function criRequest<M extends CriMethod>(
  io: Io,
  request: CriRequestOf<M>,
  tag: { readonly uid?: string; readonly container?: string; readonly detail?: string } = {},
  timeoutMs = 120_000,
): CallId {
  const full: CriTag = {
    cri: request.method,
    uid: tag.uid ?? '',
    container: tag.container ?? '',
    detail: tag.detail ?? '',
  };
  return io.request(ADDRESS, request, { tag: full, timeoutMs });
}

export function criTagOf(event: KernelEvent): CriTag | undefined {
  const tag = event['tag'];
  return typeof tag === 'object' && tag !== null && 'cri' in tag ? (tag as CriTag) : undefined;
}

/** The answer in an event; a runtime that is not there is a failure like any other. */
export function criResult<M extends CriMethod>(event: KernelEvent): CriResult<M> {
  if (event['ok'] === true) return event['body'] as CriResult<M>;
  const error = String(event['error']);
  if (error.includes('deadline'))
    return { ok: false, error: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded' };
  return { ok: false, error: UNAVAILABLE };
}

/** What stands after `desc = `. */
export function description(error: string): string {
  const at = error.indexOf(' desc = ');
  return at < 0 ? error : error.slice(at + 8);
}

export function isUnavailable(error: string): boolean {
  return error.startsWith('rpc error: code = Unavailable');
}

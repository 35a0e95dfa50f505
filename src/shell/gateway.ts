/**
 * The way from a promise to the world: a call goes in as an input, virtual time passes until it is answered, and real time hardly does.
 * Everything that the shell does to a cluster goes through here, so that it is logged and can be run again.
 */
import type { Address, CallId, ClientTls } from '../sim/kernel/io.ts';
import { wallMs } from '../sim/kernel/kernel.ts';
import type { KernelEvent } from '../sim/kernel/queue.ts';
import type { Input, InputResult, World } from '../sim/world.ts';

export interface CallOptions {
  /** Machine at which somebody calls. */
  readonly host: string;
  /** The pod's IP, when the call comes out of a pod. */
  readonly ip?: string | undefined;
  readonly tls?: ClientTls | undefined;
  /** Default 30 s; 0 = none. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default tcp. */
  readonly protocol?: 'tcp' | 'udp' | undefined;
}

export type Answer = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly error: string };

export type StreamPiece = { readonly item: unknown } | { readonly end: Answer };

/** How fast the world may run while a command waits for something that has no known end, such as a watch. */
export interface Pace {
  /** Virtual time up to which it may run now, for a wait that began at `from`. */
  limit(from: number): number;
  /** Until the limit may have grown. */
  turn(): Promise<void>;
}

export interface Gateway {
  /** Undefined: as fast as it goes, as scripts want it. The tutor sets it to follow its clock. */
  pace: Pace | undefined;
  /** The world as it is now; another one after a rewind is still this object. */
  readonly world: World;
  inject(input: Input): InputResult;
  call(address: Address, body: unknown, options: CallOptions): Promise<Answer>;
  /** Items as they come, then the end. Breaking out of the loop hangs up. */
  stream(address: Address, body: unknown, options: CallOptions): AsyncGenerator<StreamPiece, void>;
  /** Lets virtual time pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets time pass, as fast as its pace allows, until something is so. @returns false when it was interrupted */
  wait(done: () => boolean, signal?: AbortSignal): Promise<boolean>;
  /** Calls back when virtual time has come so far while somebody waits. @returns how to call it off */
  alarm(atUs: number, ring: () => void): () => void;
  /** A host's wall clock, epoch ms. */
  now(host: string): number;
}

/** How long the world may be driven before the event loop gets its turn. */
const SLICE_MS = 8;
const ABORTED: Answer = { ok: false, error: 'interrupted' };

export function createGateway(world: World): Gateway {
  const alarms = new Set<{ readonly atUs: number; readonly ring: () => void }>();

  /** Drives the world until `done`, or the time, or Ctrl-C; false when it was interrupted. */
  async function drive(done: () => boolean, until: number, signal: AbortSignal | undefined): Promise<boolean> {
    const from = world.now;
    while (!done() && world.now < until) {
      for (const alarm of [...alarms]) {
        if (world.now < alarm.atUs) continue;
        alarms.delete(alarm);
        alarm.ring();
      }
      if (signal?.aborted === true) return false;
      const { pace } = gateway;
      const limit = pace === undefined || until < Number.MAX_SAFE_INTEGER ? until : Math.min(until, pace.limit(from));
      if (pace !== undefined && world.now >= limit) {
        await pace.turn();
        continue;
      }
      const next = Math.min(limit, ...[...alarms].map(({ atUs }) => atUs));
      const sliceEnd = performance.now() + SLICE_MS;
      let count = 0;
      world.runUntil(next, () => done() || ((++count & 63) === 0 && performance.now() > sliceEnd));
      if (!done() && world.now < next) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return true;
  }

  function open(address: Address, body: unknown, options: CallOptions): CallId | string {
    const { host, ip, tls, timeoutMs, protocol } = options;
    const input: Input = { type: 'request', host, ip, address, body, tls, timeoutMs, protocol };
    const result = world.inject(withoutUndefined(input));
    if (!result.ok) return result.error;
    return result.call ?? 'no call was opened';
  }

  async function* stream(address: Address, body: unknown, options: CallOptions): AsyncGenerator<StreamPiece, void> {
    const call = open(address, body, options);
    if (typeof call === 'string') {
      yield { end: { ok: false, error: call } };
      return;
    }
    const queue: StreamPiece[] = [];
    let ended = false;
    const stop = world.onAnswer(call, (event) => {
      if (event.type === 'STREAM') queue.push({ item: event['item'] });
      else {
        ended = true;
        queue.push({ end: answerOf(event) });
      }
    });
    try {
      for (;;) {
        const piece = queue.shift();
        if (piece !== undefined) {
          yield piece;
          if ('end' in piece) return;
        } else if (!(await drive(() => queue.length > 0, Number.MAX_SAFE_INTEGER, options.signal))) {
          yield { end: ABORTED };
          return;
        } else if (queue.length === 0) {
          yield { end: { ok: false, error: 'nothing happens in this world any more' } };
          return;
        }
      }
    } finally {
      stop();
      if (!ended) world.inject({ type: 'cancel', call });
    }
  }

  const gateway: Gateway = {
    world,
    pace: undefined,
    inject: (input) => world.inject(input),
    async call(address, body, options) {
      for await (const piece of stream(address, body, options)) if ('end' in piece) return piece.end;
      return ABORTED;
    },
    stream,
    async sleep(ms, signal) {
      await drive(() => false, world.now + Math.round(ms * 1_000), signal);
    },
    wait: (done, signal) => drive(done, Number.MAX_SAFE_INTEGER, signal),
    alarm(atUs, ring) {
      const alarm = { atUs, ring };
      alarms.add(alarm);
      return () => alarms.delete(alarm);
    },
    now: (host) => wallMs(world.kernel.state, host),
  };
  return gateway;
}

function answerOf(event: KernelEvent): Answer {
  return event['ok'] === true ? { ok: true, body: event['body'] } : { ok: false, error: String(event['error']) };
}

/** The same without fields that hold nothing: a saved session has none, and must be run again to the same bit. */
function withoutUndefined<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(withoutUndefined);
    return items.every((item, i) => item === value[i]) ? value : (items as T);
  }
  let isSame = true;
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const clean: unknown = withoutUndefined(field);
    isSame &&= clean === field && field !== undefined;
    if (field !== undefined) kept.push([name, clean]);
  }
  return isSame ? value : (Object.fromEntries(kept) as T);
}

/** Connections between processes: requests, streamed answers, deadlines, and what both ends see when something breaks. */
import { createDialer } from './dial.ts';
import type { Address, CallId, ListenOptions, RequestOptions } from './io.ts';
import type { Kernel } from './kernel.ts';
import { CONNECTION_LOST_US, datagramDelay, hold, impair, isCut, release, streamDelay } from './network.ts';
import type { KernelEvent, QueueRow } from './queue.ts';
import type { Call, Forward, Link, Process } from './state.ts';
import { MILLISECOND } from './units.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export interface Calls {
  send(from: Process, to: string, event: KernelEvent): void;
  post(from: Process, address: Address, event: KernelEvent): void;
  request(from: Process, address: Address, body: unknown, options: RequestOptions): CallId;
  reply(server: Process, call: CallId, body: unknown): void;
  push(server: Process, call: CallId, item: unknown): void;
  cancel(process: Process, call: CallId, error?: string): void;
  listen(process: Process, port: number, options: ListenOptions): boolean;
  unlisten(process: Process, port: number): void;
  forwardTo(process: Process, port: number, addresses: readonly Address[]): void;
  connect(
    from: Process,
    address: Address,
    options: { readonly tag?: unknown; readonly timeoutMs?: number | undefined },
  ): void;
  /** Bookkeeping of a row that is about to be run; false when it is about a call that is over. */
  arrived(row: QueueRow): boolean;
  /** A process ends: its ports close and its peers notice (or, when its host lost power, do not notice yet). */
  closeAll(process: Process, silently: boolean): void;
  /** Rows that the kernel keeps for itself: deadlines, lost links. */
  kernelEvent(event: KernelEvent): void;
  /** Changes one direction of a link and deals with what was on its way. */
  setLink(from: string, to: string, change: Partial<Link>): void;
}

export function createCalls(kernel: Kernel): Calls {
  const { state } = kernel;
  const { network } = state;
  const { dial, resolve, secure } = createDialer(kernel);

  function toProcess(process: string, life: number, delayUs: number, from: string, event: KernelEvent): void {
    kernel.enqueue(delayUs, process, event, { from, life });
  }

  function fail(call: Call, error: string, delayUs: number): void {
    const caller = state.processes.get(call.caller);
    if (caller === undefined) state.calls.delete(call.id);
    else
      toProcess(caller.id, caller.life, delayUs, call.server, {
        type: 'REPLY',
        call: call.id,
        tag: call.tag,
        ok: false,
        error,
      });
  }

  /** Ends a call at once on this side, whatever the network does. */
  function drop(call: Call): void {
    state.calls.delete(call.id);
    state.processes.get(call.caller)?.calls.delete(call.id);
    state.processes.get(call.server)?.calls.delete(call.id);
    state.processes.get(call.via)?.calls.delete(call.id);
  }

  function arm(call: Call, timeoutMs: number): void {
    if (timeoutMs === 0) return;
    let list = state.deadlines.get(timeoutMs);
    if (list === undefined) {
      list = [];
      state.deadlines.set(timeoutMs, list);
    }
    list.push({ at: state.now + timeoutMs * MILLISECOND, call: call.id });
    if (list.length === 1) kernel.enqueue(timeoutMs * MILLISECOND, '', { type: 'DEADLINE', timeoutMs });
  }

  /** A message of a call's caller or server, in order, held while the link is cut. */
  function travel(call: Call, toServer: boolean, event: KernelEvent): void {
    const fromHost = toServer ? call.callerHost : call.serverHost;
    const toHost = toServer ? call.serverHost : call.callerHost;
    const to = state.processes.get(toServer ? call.server : call.caller);
    if (to === undefined) return;
    const from = toServer ? call.caller : call.server;
    const middle = call.viaHost === '' ? toHost : call.viaHost;
    let delay = streamDelay(network, state.random, fromHost, middle);
    const [heldFrom, heldTo] = delay < 0 ? [fromHost, middle] : [middle, toHost];
    if (delay >= 0 && middle !== toHost) {
      const rest = streamDelay(network, state.random, middle, toHost);
      delay = rest < 0 ? rest : delay + rest;
    }
    if (delay < 0) {
      hold(network, heldFrom, heldTo, {
        at: 0,
        seq: 0,
        to: to.id,
        event,
        from,
        cause: 0,
        life: to.life,
        timer: undefined,
      });
      return;
    }
    const earliest = toServer ? call.toServerAt : call.toCallerAt;
    const at = Math.max(state.now + delay, earliest);
    if (toServer) call.toServerAt = at;
    else call.toCallerAt = at;
    toProcess(to.id, to.life, at - state.now, from, event);
  }

  function expire(timeoutMs: number): void {
    const list = state.deadlines.get(timeoutMs);
    if (list === undefined) return;
    let done = 0;
    for (; done < list.length; done++) {
      const { at, call: id } = list[done]!;
      const call = state.calls.get(id);
      if (call === undefined) continue;
      if (at > state.now) break;
      const error = call.connected ? 'context deadline exceeded' : `dial tcp ${call.address}: i/o timeout`;
      const caller = state.processes.get(call.caller);
      if (call.server !== '') travel(call, true, { type: 'CANCELLED', call: id });
      drop(call);
      if (caller !== undefined) {
        toProcess(caller.id, caller.life, 0, call.server, {
          type: 'REPLY',
          call: id,
          tag: call.tag,
          ok: false,
          error,
          broken: true,
        });
      }
    }
    list.splice(0, done);
    if (list[0] !== undefined) kernel.enqueue(list[0].at - state.now, '', { type: 'DEADLINE', timeoutMs });
  }

  function breakCall(call: Call, error = 'http2: client connection lost'): void {
    const caller = state.processes.get(call.caller);
    const server = state.processes.get(call.server);
    caller?.connections.delete(call.address);
    drop(call);
    if (caller !== undefined)
      toProcess(caller.id, caller.life, 0, '', {
        type: 'REPLY',
        call: call.id,
        tag: call.tag,
        ok: false,
        error,
        broken: true,
      });
    if (server !== undefined) toProcess(server.id, server.life, 0, '', { type: 'CANCELLED', call: call.id });
  }

  return {
    send(from, to, event) {
      const target = state.processes.get(to);
      if (target === undefined) return;
      const delay = datagramDelay(network, state.random, from.host, target.host);
      if (delay >= 0) toProcess(to, target.life, delay, from.id, event);
    },

    post(from, address, event) {
      const target = resolve(from, address, 'udp');
      if ('error' in target) return;
      const listener = state.listeners.get(target.key);
      const server = listener === undefined ? undefined : state.processes.get(listener.process);
      if (server === undefined) return;
      const delay = datagramDelay(network, state.random, from.host, target.host);
      if (delay >= 0) toProcess(server.id, server.life, delay, from.id, event);
    },

    request(from, address, body, options) {
      const call: Call = {
        id: state.nextCall++,
        caller: from.id,
        callerHost: from.host,
        server: '',
        serverHost: '',
        via: '',
        viaHost: '',
        address,
        tag: options.tag,
        tls: options.tls,
        connected: false,
        toServerAt: 0,
        toCallerAt: 0,
      };
      state.calls.set(call.id, call);
      from.calls.add(call.id);
      const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const dialed = dial(from, address, options.protocol);
      if ('error' in dialed) {
        // Silence: TCP keeps trying, and the caller gives up at its deadline.
        if (dialed.afterUs >= 0) fail(call, dialed.error, dialed.afterUs);
        else arm(call, timeoutMs || DEFAULT_TIMEOUT_MS);
        return call.id;
      }
      const { server, listener, delay } = dialed;
      const error = secure(from, server, listener.tls, address, options.tls);
      if (error !== undefined) {
        fail(call, error, 3 * delay);
        return call.id;
      }
      call.server = server.id;
      call.serverHost = server.host;
      server.calls.add(call.id);
      if (dialed.via !== undefined) {
        call.via = dialed.via.id;
        call.viaHost = dialed.via.host;
        dialed.via.calls.add(call.id);
      }
      arm(call, timeoutMs);
      call.toServerAt = state.now + delay;
      toProcess(server.id, server.life, delay, from.id, {
        type: 'REQUEST',
        call: call.id,
        from: from.id,
        fromHost: from.host,
        fromIp: from.ip,
        port: dialed.port,
        body,
        clientCertificate: options.tls?.certificate,
      });
      return call.id;
    },

    reply(server, id, body) {
      const call = state.calls.get(id);
      if (call === undefined || call.server !== server.id) return;
      server.calls.delete(id);
      travel(call, false, { type: 'REPLY', call: id, tag: call.tag, ok: true, body });
    },

    push(server, id, item) {
      const call = state.calls.get(id);
      if (call === undefined || call.server !== server.id) return;
      travel(call, false, { type: 'STREAM', call: id, tag: call.tag, item });
    },

    cancel(process, id, error = 'EOF') {
      const call = state.calls.get(id);
      if (call === undefined) return;
      if (call.caller === process.id) {
        if (call.server !== '') travel(call, true, { type: 'CANCELLED', call: id });
        drop(call);
      } else if (call.server === process.id) {
        process.calls.delete(id);
        travel(call, false, { type: 'REPLY', call: id, tag: call.tag, ok: false, error });
      }
    },

    listen(process, port, options) {
      const space = process.ownNetwork ? process.ip : process.host;
      const keys = [`${space}@127.0.0.1:${port}`];
      if (options.ip === undefined || options.ip === '0.0.0.0') keys.push(`${process.ip}:${port}`);
      else if (options.ip !== '127.0.0.1') keys.splice(0, 1, `${options.ip}:${port}`);
      if (keys.some((key) => state.listeners.has(key))) return false;
      const forward: Forward | undefined =
        options.forward === undefined ? undefined : { addresses: options.forward, next: 0 };
      for (const key of keys) {
        state.listeners.set(key, { process: process.id, tls: options.tls, forward });
        process.ports.add(key);
      }
      return true;
    },

    unlisten(process, port) {
      for (const key of [...process.ports]) {
        if (!key.endsWith(`:${port}`)) continue;
        state.listeners.delete(key);
        process.ports.delete(key);
      }
    },

    forwardTo(process, port, addresses) {
      for (const key of process.ports) {
        const forward = key.endsWith(`:${port}`) ? state.listeners.get(key)?.forward : undefined;
        if (forward !== undefined) forward.addresses = addresses;
      }
    },

    connect(from, address, options) {
      const dialed = dial(from, address);
      const timeoutUs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) * MILLISECOND;
      const event = { type: 'CONNECTED', tag: options.tag };
      if (!('error' in dialed)) toProcess(from.id, from.life, 2 * dialed.delay, '', { ...event, ok: true });
      else if (dialed.afterUs >= 0 && dialed.afterUs <= timeoutUs) {
        toProcess(from.id, from.life, dialed.afterUs, '', { ...event, ok: false, error: dialed.error });
      } else {
        toProcess(from.id, from.life, timeoutUs, '', {
          ...event,
          ok: false,
          error: `dial tcp ${address}: i/o timeout`,
        });
      }
    },

    arrived(row) {
      const { event } = row;
      switch (event.type) {
        case 'REQUEST': {
          const call = state.calls.get(event['call'] as CallId);
          if (call === undefined) return false;
          call.connected = true;
          return true;
        }
        case 'STREAM': {
          return state.calls.has(event['call'] as CallId);
        }
        case 'REPLY': {
          const call = state.calls.get(event['call'] as CallId);
          if (call !== undefined) drop(call);
          else return event['broken'] === true;
          return true;
        }
        default:
          return true;
      }
    },

    closeAll(process, silently) {
      for (const key of process.ports) state.listeners.delete(key);
      process.ports.clear();
      for (const id of [...process.calls]) {
        const call = state.calls.get(id);
        if (call === undefined) continue;
        if (silently) {
          kernel.enqueue(CONNECTION_LOST_US, '', { type: 'LOST', call: id });
          continue;
        }
        if (call.via === process.id) breakCall(call, 'EOF');
        else if (call.caller === process.id) {
          if (call.server !== '') travel(call, true, { type: 'CANCELLED', call: id });
          drop(call);
        } else {
          travel(call, false, {
            type: 'REPLY',
            call: id,
            tag: call.tag,
            ok: false,
            error: call.connected ? 'EOF' : 'connection reset by peer',
          });
        }
      }
    },

    kernelEvent(event) {
      switch (event.type) {
        case 'DEADLINE':
          expire(event['timeoutMs'] as number);
          return;
        case 'LOST': {
          const call = state.calls.get(event['call'] as CallId);
          if (call !== undefined) breakCall(call);
          return;
        }
        case 'LINK_LOST': {
          const [from, to] = [event['from'] as string, event['to'] as string];
          if (!isCut(network, from, to)) return;
          release(network, from, to);
          for (const call of [...state.calls.values()]) {
            if (call.connected && (crosses(call, from, to) || crosses(call, to, from))) breakCall(call);
          }
        }
      }
    },

    setLink(from, to, change) {
      const wasCut = isCut(network, from, to);
      impair(network, from, to, change);
      const cut = isCut(network, from, to);
      if (cut && !wasCut) kernel.enqueue(CONNECTION_LOST_US, '', { type: 'LINK_LOST', from, to });
      if (wasCut && !cut) {
        let at = state.now;
        for (const row of release(network, from, to)) {
          // In the order in which they were sent; and what is sent from now on must not overtake them.
          at = Math.max(at, state.now + Math.max(0, streamDelay(network, state.random, from, to)));
          kernel.enqueue(at - state.now, row.to, row.event, { from: row.from, life: row.life });
          const call = state.calls.get(row.event['call'] as CallId);
          if (call !== undefined && row.to === call.server) call.toServerAt = Math.max(call.toServerAt, at);
          else if (call !== undefined) call.toCallerAt = Math.max(call.toCallerAt, at);
        }
      }
    },
  };
}

function crosses(call: Call, from: string, to: string): boolean {
  if (call.viaHost === '') return call.callerHost === from && call.serverHost === to;
  return (call.callerHost === from && call.viaHost === to) || (call.viaHost === from && call.serverHost === to);
}

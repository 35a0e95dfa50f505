/** Where a call ends: names, addresses, the machines' routes and rules, listeners, balancers; and how it fails on the way. */
import type { Address, ClientTls, ServerTls } from './io.ts';
import { EXTERNAL, type Kernel, wallMs } from './kernel.ts';
import { isCut, streamDelay } from './network.ts';
import type { Listener, Process } from './state.ts';
import { MILLISECOND, SECOND } from './units.ts';

/** A host that does not answer ARP: connect gives up after three tries. */
const NO_ROUTE_US = 3 * SECOND;
/** http.Transport's IdleConnTimeout. */
const IDLE_CONNECTION_US = 90_000 * MILLISECOND;

export interface Target {
  readonly host: string;
  readonly key: string;
  readonly ip: string;
  readonly port: number;
}

export type Dialed =
  | {
      readonly server: Process;
      readonly listener: Listener;
      /** Where it was called in the end, translations done. */
      readonly port: number;
      readonly delay: number;
      readonly via: Process | undefined;
    }
  | Failed;

export interface Failed {
  readonly error: string;
  /** When the caller learns of it; -1 = never. */
  readonly afterUs: number;
}

const SILENCE: Failed = { error: '', afterUs: -1 };

export type Resolution = Target | Failed;

export interface Dialer {
  /** Who listens on an address, rules and routes considered. */
  resolve(from: Process, address: Address, protocol: 'tcp' | 'udp'): Resolution;
  /** Opens a connection: to a listener, or through a balancer to one behind it. */
  dial(from: Process, address: Address, protocol?: 'tcp' | 'udp'): Dialed;
  /** The TLS handshake of a connection, where one is needed: an error text, or undefined. */
  secure(
    from: Process,
    server: Process,
    serverTls: ServerTls | undefined,
    address: Address,
    clientTls: ClientTls | undefined,
  ): string | undefined;
}

export function createDialer(kernel: Kernel): Dialer {
  const { state } = kernel;
  const { network } = state;
  const parsed = new Map<string, { name: string; port: number }>();

  function parse(address: Address): { name: string; port: number } {
    let result = parsed.get(address);
    if (result === undefined) {
      const colon = address.lastIndexOf(':');
      result = { name: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
      parsed.set(address, result);
    }
    return result;
  }

  function resolve(from: Process, address: Address, protocol: 'tcp' | 'udp'): Resolution {
    const { name, port } = parse(address);
    if (name === '127.0.0.1' || name === 'localhost') {
      const space = from.ownNetwork ? from.ip : from.host;
      const key = `${space}@127.0.0.1:${port}`;
      // Nothing of its own listens there, but a node port may.
      if (!state.listeners.has(key) && !from.ownNetwork && kernel.hooks.route !== undefined)
        return routed(from, '127.0.0.1', port, protocol);
      return { host: from.host, key, ip: '127.0.0.1', port };
    }
    const named = state.hosts.get(name);
    const ip = named === undefined ? name : named.ip;
    if (named === undefined && !/^[0-9.]+$/.test(ip)) {
      return { error: `dial tcp: lookup ${name}: no such host`, afterUs: MILLISECOND };
    }
    const host = state.hostByIp.get(ip);
    const key = `${ip}:${port}`;
    if (kernel.hooks.route !== undefined) {
      if (host === undefined || from.ownNetwork) return routed(from, ip, port, protocol);
      return flow(from, address, () => routed(from, ip, port, protocol));
    }
    if (host !== undefined) return { host, key, ip, port };
    return { error: `dial tcp ${key}: connect: no route to host`, afterUs: NO_ROUTE_US };
  }

  /** Between machines: the way found last, for a second; a new rule takes that long to be felt by a flow that is under way. */
  function flow(from: Process, address: Address, find: () => Resolution): Resolution {
    const known = from.flows.get(address);
    if (known !== undefined && known.until > state.now && state.listeners.has(known.key)) return known;
    const found = find();
    if ('error' in found) from.flows.delete(address);
    else from.flows.set(address, { ...found, until: state.now + SECOND });
    return found;
  }

  function routed(from: Process, ip: string, port: number, protocol: 'tcp' | 'udp'): Resolution {
    const key = `${ip}:${port}`;
    const route = kernel.hooks.route!(kernel, from, ip, port, protocol);
    switch (route.to) {
      case 'listener':
        return { host: route.host, key: route.key, ip, port };
      case 'refused':
        return { error: `dial tcp ${key}: connect: connection refused`, afterUs: 2 * network.latencyUs };
      case 'unreachable':
        return { error: `dial tcp ${key}: ${route.error}`, afterUs: NO_ROUTE_US };
      case 'dropped':
        return SILENCE;
    }
  }

  /** Opens a connection: to a listener, or through a balancer to one behind it. */
  function dial(from: Process, address: Address, protocol: 'tcp' | 'udp' = 'tcp'): Dialed {
    const target = resolve(from, address, protocol);
    if ('error' in target) return target;
    if (isCut(network, from.host, target.host) || isCut(network, target.host, from.host)) return SILENCE;
    const there = `${target.ip}:${target.port}`;
    if (state.hosts.get(target.host)?.powered === false) {
      return { error: `dial tcp ${there}: connect: no route to host`, afterUs: NO_ROUTE_US };
    }
    const delay = streamDelay(network, state.random, from.host, target.host);
    const listener = state.listeners.get(target.key);
    const server = listener === undefined ? undefined : state.processes.get(listener.process);
    if (listener === undefined || server === undefined) {
      return { error: `dial tcp ${there}: connect: connection refused`, afterUs: 2 * delay };
    }
    const { forward } = listener;
    const port = Number(target.key.slice(target.key.lastIndexOf(':') + 1));
    if (forward === undefined) return { server, listener, port, delay, via: undefined };
    const backend = forward.addresses[forward.next++ % Math.max(1, forward.addresses.length)];
    if (backend === undefined) return { error: 'EOF', afterUs: 2 * delay };
    const behind = dial(server, backend);
    if ('error' in behind) return behind.afterUs < 0 ? behind : { error: 'EOF', afterUs: 2 * delay + behind.afterUs };
    return { ...behind, delay: delay + behind.delay, via: server };
  }

  /**
   * A connection that is still open is used again without one, so a
   * certificate that runs out is noticed by the next to connect, as in reality.
   */
  function secure(
    from: Process,
    server: Process,
    serverTls: ServerTls | undefined,
    address: Address,
    clientTls: ClientTls | undefined,
  ): string | undefined {
    if (serverTls === undefined || kernel.hooks.handshake === undefined) return undefined;
    const open = from.connections.get(address);
    if (
      open !== undefined &&
      open.serverLife === server.life &&
      open.client === clientTls &&
      open.server === serverTls &&
      state.now - open.usedAt < IDLE_CONNECTION_US
    ) {
      open.usedAt = state.now;
      return undefined;
    }
    const name = clientTls?.serverName ?? parse(address).name;
    const [here, there] = [wallMs(state, from.host), wallMs(state, server.host)];
    const error = kernel.hooks.handshake(clientTls ?? {}, serverTls, name, here, there);
    // People at a terminal start a program a time: nothing of theirs stays open.
    if (error === undefined && from.program !== EXTERNAL) {
      from.connections.set(address, {
        serverLife: server.life,
        client: clientTls,
        server: serverTls,
        usedAt: state.now,
      });
    } else from.connections.delete(address);
    return error;
  }

  return { resolve, dial, secure };
}

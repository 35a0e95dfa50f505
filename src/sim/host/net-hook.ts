/** Where a connection of a process really ends: the kernel's question, answered by walking it through the network. */
import type { Io } from '../kernel/io.ts';
import { hostOf, type Kernel, linuxData, type RouteResult, wallMs } from '../kernel/kernel.ts';
import { isCut } from '../kernel/network.ts';
import { nextFloat } from '../kernel/random.ts';
import type { KernelState, Process } from '../kernel/state.ts';
import type { Chain, Netfilter } from './iptables.ts';
import { BRIDGE, type HostNetwork, newHostNetwork } from './net-host.ts';
import type { NetView } from './net-journey.ts';
import { type RouteOutcome, route } from './network.ts';

/** Under which a machine's Linux keeps its network. */
export const NETWORK = 'network';
/** Where the container runtime keeps the addresses of the pods that hang on the bridge. */
const NETNS = '/run/netns';

/** The network of a machine, from outside of any process. */
export function networkOf(state: KernelState, name: string): HostNetwork {
  const host = hostOf(state, name);
  return linuxData(host, NETWORK, () => newHostNetwork(name, host.ip));
}

/** The network of the machine that a process runs on. */
export function networkOfProcess(io: Io): HostNetwork {
  return io.linux(NETWORK, () => newHostNetwork(io.host, io.ip));
}

/** What packets meet in this world, right now. */
export function viewOf(state: KernelState): NetView {
  return {
    host: (name) => (state.hosts.has(name) ? networkOf(state, name) : undefined),
    hostByIp: state.hostByIp,
    nowUs: state.now,
    random: () => nextFloat(state.random),
    podIsHere: (host, ip) => podsOf(state, host)?.has(ip) === true,
    link: (from, to) => {
      if (state.hosts.get(to)?.powered === false) return 'off';
      return isCut(state.network, from, to) ? 'cut' : 'up';
    },
    listens: (host, ip, port, toPod) => state.listeners.has(listenerKey(state, host, ip, port, toPod)),
    kernelLog: (host, line) => kernelLog(state, host, line),
  };
}

/** For `KernelHooks.route`. */
export function routeConnection(
  kernel: Kernel,
  from: Process,
  ip: string,
  port: number,
  protocol: 'tcp' | 'udp' = 'tcp',
): RouteResult {
  const { state } = kernel;
  return directly(state, from, ip, port) ?? resultOf(state, walkConnection(state, from, ip, port, protocol, false));
}

/** Opens (and closes) one connection. @param trace  with every station on the way told, for the packet walk */
export function walkConnection(
  state: KernelState,
  from: Pick<Process, 'host' | 'ip' | 'ownNetwork'>,
  ip: string,
  port: number,
  protocol: 'tcp' | 'udp' | 'icmp',
  trace: boolean,
): RouteOutcome {
  const podIp = from.ownNetwork ? from.ip : undefined;
  return route(viewOf(state), { host: from.host, podIp, protocol, destination: { ip, port } }, { close: true, trace });
}

/**
 * From host to host, with nothing in the way but the rules that kube-proxy makes for everybody: the listener itself. That is most of
 * what a control plane says to itself.
 */
function directly(state: KernelState, from: Process, ip: string, port: number): RouteResult | undefined {
  if (from.ownNetwork) return undefined;
  const host = state.hostByIp.get(ip);
  if (host === undefined) return undefined;
  const key = `${ip}:${port}`;
  if (!state.listeners.has(key)) return undefined;
  if (!isPlain(networkOf(state, from.host).netfilter)) return undefined;
  if (host !== from.host && !isPlain(networkOf(state, host).netfilter)) return undefined;
  return { to: 'listener', host, key };
}

const HOOKS = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] as const;
const plainChains = new WeakMap<Chain, boolean>();

/** Whether the kernel's own chains hold nothing but jumps into chains of Kubernetes. */
function isPlain(netfilter: Netfilter): boolean {
  for (const table of netfilter.tables.values())
    for (const hook of HOOKS) {
      const chain = table.chains.get(hook);
      if (chain === undefined) continue;
      let plain = plainChains.get(chain);
      if (plain === undefined) {
        plain = chain.policy !== 'DROP' && chain.rules.every(({ target }) => leadsToKubernetes(target));
        plainChains.set(chain, plain);
      }
      if (!plain) return false;
    }
  return true;
}

function leadsToKubernetes(target: Chain['rules'][number]['target']): boolean {
  return target?.target === 'jump' && target.chain.startsWith('KUBE-');
}

function resultOf(state: KernelState, end: RouteOutcome): RouteResult {
  switch (end.outcome) {
    case 'delivered':
      return { to: 'listener', host: end.host, key: listenerKey(state, end.host, end.ip, end.port, end.toPod) };
    case 'refused':
    case 'rejected':
      return { to: 'refused' };
    case 'dropped':
      return { to: 'dropped' };
    case 'noRoute':
      return { to: 'unreachable', error: end.why.startsWith('connect: ') ? end.why : 'connect: no route to host' };
  }
}

/** Whoever listens on all addresses of a machine listens on its loopback and on its bridge too. */
function listenerKey(state: KernelState, host: string, ip: string, port: number, toPod: boolean): string {
  if (toPod) return `${ip}:${port}`;
  if (ip.startsWith('127.')) return `${host}@127.0.0.1:${port}`;
  const onBridge = networkOf(state, host).interfaces.get(BRIDGE) === ip;
  return onBridge ? `${state.hosts.get(host)?.ip ?? ip}:${port}` : `${ip}:${port}`;
}

function podsOf(state: KernelState, host: string): ReadonlySet<string> | undefined {
  const data = state.hosts.get(host)?.disks.get(NETNS);
  return typeof data === 'object' && data !== null && 'pods' in data
    ? (data as { readonly pods: ReadonlySet<string> }).pods
    : undefined;
}

/** The kernel's ring buffer, as `dmesg` shows it; it does not repeat itself. */
function kernelLog(state: KernelState, host: string, text: string): void {
  const logs = state.hosts.get(host)?.logs;
  if (logs === undefined) return;
  let lines = logs.get('dmesg');
  if (lines === undefined) {
    lines = [];
    logs.set('dmesg', lines);
  }
  if (lines.at(-1)?.text === text) return;
  lines.push({ at: state.now, wallMs: wallMs(state, host), text });
  if (lines.length > 500) lines.splice(0, lines.length - 400);
}

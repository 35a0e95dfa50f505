/** Writing the rules: not more often than minSyncPeriod, only what changed, everything again when something went wrong. */
import type { NetfilterChange, RuleLines } from '../api/netfilter.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND } from '../kernel/units.ts';
import { endpointsByPort } from './endpoints.ts';
import { listenForServiceHealth } from './health.ts';
import type { KubeProxy } from './memory.ts';
import { sysctlsOf } from './node-settings.ts';
import { JUMPS, KUBELET_JUMPS } from './restore-text.ts';
import { type RuleSet, tablesOf, updateRules } from './rules.ts';
import { servicePorts } from './service-port.ts';

export const SYNC = 'SYNC';

/** Chains that belong to services and endpoints. */
const SERVICE_CHAINS = '^KUBE-(SVC|SVL|FW|EXT|SEP)-';
const CANARY = 'KUBE-PROXY-CANARY';
const NO_RULES: RuleLines = Object.freeze([]);

/** Something changed: sync as soon as the last sync is minSyncPeriod ago. @source pkg/proxy/runner/bounded_frequency_runner.go */
export function wantSync(me: KubeProxy, io: Io): void {
  me.dirty = true;
  if (me.queuedAtUs < 0) me.queuedAtUs = io.now;
  if (me.restoring) return;
  const next = me.lastSyncUs + (me.configuration?.minSyncPeriodMs ?? 0) * MILLISECOND;
  io.setTimer(SYNC, Math.max(0, next - io.now), { type: SYNC });
}

/** Hands what changed (or everything) to iptables-restore. */
export function sync(me: KubeProxy, io: Io): void {
  const { rules } = me;
  if (rules === undefined || me.restoring) return;
  io.clearTimer(SYNC);
  const names = [...rules.pending];
  const update = updateRules(rules);
  const full = me.needFullSync;
  if (full) me.lastFullSyncUs = io.now;
  me.lastSyncUs = io.now;
  me.dirty = false;
  const change = full
    ? fullChange(me, rules)
    : { tables: { filter: { chains: update.filter }, nat: { chains: update.nat, deleted: update.deletedNat } } };
  const udpServices = me.udpChanged ? udpEndpoints(rules) : undefined;
  me.udpChanged = false;
  if (full) io.note('writes all of its rules');
  else if (names.length > 0)
    io.note(
      `writes the rules of ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`,
    );
  run(me, io, Object.freeze({ ...change, udpServices }));
}

function fullChange(me: KubeProxy, rules: RuleSet): NetfilterChange {
  const tables = tablesOf(rules);
  const canary = new Map([[CANARY, NO_RULES]]);
  return {
    tables: {
      mangle: { chains: canary },
      filter: { chains: new Map([...tables.filter, ...canary]) },
      nat: { chains: new Map([...tables.nat, ...canary]), deletedUnlessGiven: SERVICE_CHAINS },
    },
    jumps: [...JUMPS, ...KUBELET_JUMPS],
    sysctls: sysctlsOf(me),
  };
}

/** `--cleanup`: the jumps out, the chains away; what the kubelet also makes stays. @source pkg/proxy/iptables/cleanup.go */
export function cleanup(me: KubeProxy, io: Io): void {
  const own = '^KUBE-(SERVICES|EXTERNAL-SERVICES|FORWARD|NODEPORTS|PROXY-FIREWALL|POSTROUTING|MARK-MASQ|PROXY-CANARY)$';
  run(me, io, {
    unlink: JUMPS,
    tables: {
      mangle: { chains: new Map(), deletedUnlessGiven: `^${CANARY}$` },
      filter: { chains: new Map(), deletedUnlessGiven: own },
      nat: { chains: new Map(), deletedUnlessGiven: `${own}|${SERVICE_CHAINS}` },
    },
  });
}

function run(me: KubeProxy, io: Io, change: NetfilterChange): void {
  me.restores++;
  const started = io.spawn({
    name: `${io.self.slice(io.host.length + 1)}/iptables-restore`,
    program: 'iptables-restore',
    args: ['-w', '5', '--noflush', '--counters'],
    log: 'kube-proxy-iptables',
    tag: 'restore',
    config: Object.freeze({ change }),
  });
  me.restoring = started.ok;
  if (!started.ok) failed(me, io, started.error);
}

/** The iptables-restore has ended. */
export function restored(me: KubeProxy, io: Io, event: KernelEvent): void {
  me.restoring = false;
  if (event['exitCode'] !== 0) {
    failed(me, io, `exit status ${String(event['exitCode'])}: ${io.readLog('kube-proxy-iptables').at(-1)?.text ?? ''}`);
    io.removeLog('kube-proxy-iptables');
    return;
  }
  me.needFullSync = false;
  me.lastUpdatedMs = io.wallMs();
  me.queuedAtUs = -1;
  listenForServiceHealth(me, io);
  if (me.dirty || (me.rules?.pending.size ?? 0) > 0) wantSync(me, io);
}

/** What was to be written is no longer known as a difference: the next try writes everything. */
function failed(me: KubeProxy, io: Io, error: string): void {
  klog(io, 'E', 'proxier.go:1470', `"Failed to execute iptables-restore" err="${error}"`);
  klog(io, 'I', 'proxier.go:815', `"Sync failed" retryingTime="${(me.configuration?.syncPeriodMs ?? 0) / 1_000}s"`);
  me.needFullSync = true;
  me.dirty = true;
  io.setTimer(SYNC, (me.configuration?.syncPeriodMs ?? 0) * MILLISECOND, { type: SYNC });
}

/** Addresses of UDP services, and the endpoints that serve them. @source pkg/proxy/conntrack/cleanup.go */
function udpEndpoints(rules: RuleSet): ReadonlyMap<string, ReadonlySet<string>> {
  const { ipFamily, nodeIP } = rules.config;
  const result = new Map<string, ReadonlySet<string>>();
  for (const [name, service] of rules.services) {
    if (!(service.spec.ports ?? []).some(({ protocol }) => protocol === 'UDP')) continue;
    const endpoints = endpointsByPort(name, [...(rules.slices.get(name)?.values() ?? [])], ipFamily);
    for (const port of servicePorts(service, ipFamily)) {
      if (port.protocol !== 'udp') continue;
      const serving = (endpoints.get(port.key) ?? []).filter((endpoint) => endpoint.serving);
      if (serving.length === 0) continue;
      const names = new Set(serving.map((endpoint) => endpoint.name));
      for (const ip of [port.clusterIP, ...port.externalIPs, ...port.loadBalancerVIPs])
        result.set(`${ip}:${port.port}`, names);
      if (port.nodePort !== 0) result.set(`${nodeIP}:${port.nodePort}`, names);
    }
  }
  return result;
}

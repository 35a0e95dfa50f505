/**
 * The whole rule set of a kube-proxy in iptables mode, kept up to date one Service at a time.
 * Rules depend on what the proxy has seen and on nothing else: {@link generateRules} says what they must be, and a {@link RuleSet}
 * fed with the same objects in any order holds the same.
 * @source pkg/proxy/iptables/proxier.go
 */
import type { RuleLines } from '../api/netfilter.ts';
import type { EndpointSlice, Service } from '../api/types.ts';
import { endpointsByPort, serviceOfSlice } from './endpoints.ts';
import { localhostNodePorts, nodePortAddresses, type ProxyNodeConfig } from './node-config.ts';
import { servicePorts } from './service-port.ts';
import { INVALID_DROPPED_COUNTER, type ServiceRules, serviceRules } from './service-rules.ts';
import { type CommonChains, differenceOf, sharedCommonChains, sharedPortRules } from './shared-rules.ts';

/** Chains with their rules, as they are handed to iptables-restore. */
export interface ProxyTables {
  readonly filter: ReadonlyMap<string, RuleLines>;
  readonly nat: ReadonlyMap<string, RuleLines>;
}

/** More endpoints than this, and kube-proxy drops the comments of endpoints to keep iptables-restore fast. */
export const LARGE_CLUSTER_ENDPOINTS = 1000;

/** What a kube-proxy knows and what it made of it; plain data. */
export interface RuleSet {
  config: ProxyNodeConfig;
  readonly services: Map<string, Service>;
  /** By `namespace/name` of the Service, then by name of the slice. */
  readonly slices: Map<string, Map<string, EndpointSlice>>;
  /** By `namespace/name`; ports in the order of the Service. */
  readonly ports: Map<string, readonly ServiceRules[]>;
  /** The keys of `ports`, sorted, and their values in the same order. */
  readonly order: string[];
  readonly ordered: (readonly ServiceRules[])[];
  readonly pending: Set<string>;
  endpointCount: number;
  largeCluster: boolean;
  /** Kept until a Service changes what it adds to them. */
  common: CommonChains | undefined;
}

/** What to hand to iptables-restore --noflush: these chains get these rules, those are deleted. */
export interface RulesUpdate {
  readonly filter: ReadonlyMap<string, RuleLines>;
  readonly nat: ReadonlyMap<string, RuleLines>;
  readonly deletedNat: readonly string[];
}

/** The rules for these objects, from nothing. */
export function generateRules(
  services: Iterable<Service>,
  endpointSlices: Iterable<EndpointSlice>,
  config: ProxyNodeConfig,
): ProxyTables {
  const set = newRuleSet(config);
  for (const service of services) putService(set, service);
  for (const slice of endpointSlices) putSlice(set, slice);
  updateRules(set);
  return tablesOf(set);
}

export function newRuleSet(config: ProxyNodeConfig): RuleSet {
  return {
    config,
    services: new Map(),
    slices: new Map(),
    ports: new Map(),
    order: [],
    ordered: [],
    pending: new Set(),
    endpointCount: 0,
    largeCluster: false,
    common: undefined,
  };
}

export function putService(set: RuleSet, service: Service): void {
  const name = serviceName(service);
  if (set.services.get(name) === service) return;
  set.services.set(name, service);
  set.pending.add(name);
}

export function deleteService(set: RuleSet, service: Service): void {
  if (set.services.delete(serviceName(service))) set.pending.add(serviceName(service));
}

/** Slices without the label of a Service, or of the other family, are nobody's. */
export function putSlice(set: RuleSet, slice: EndpointSlice): void {
  const service = serviceOfSlice(slice);
  if (service === undefined || slice.addressType !== set.config.ipFamily) return;
  let slices = set.slices.get(service);
  if (slices === undefined) {
    slices = new Map();
    set.slices.set(service, slices);
  }
  if (slices.get(slice.metadata.name) === slice) return;
  slices.set(slice.metadata.name, slice);
  set.pending.add(service);
}

export function deleteSlice(set: RuleSet, slice: EndpointSlice): void {
  const service = serviceOfSlice(slice);
  if (service === undefined) return;
  const slices = set.slices.get(service);
  if (slices === undefined || !slices.delete(slice.metadata.name)) return;
  if (slices.size === 0) set.slices.delete(service);
  set.pending.add(service);
}

/** A change of the node (its zone, its addresses, the configuration) may touch every rule. */
export function reconfigure(set: RuleSet, config: ProxyNodeConfig): void {
  set.config = config;
  set.common = undefined;
  regenerateAll(set);
}

/**
 * Brings the rules up to date with what was put in, and says what changed. The chains that all services share are always part of the
 * update, as in the real one; the caller sees by identity which of them are new.
 */
export function updateRules(set: RuleSet): RulesUpdate {
  const before = new Map<string, readonly ServiceRules[]>();
  const refresh = (name: string) => {
    if (!before.has(name)) before.set(name, set.ports.get(name) ?? NO_PORTS);
    regenerate(set, name);
  };
  for (const name of set.pending) refresh(name);
  set.pending.clear();
  const large = set.endpointCount > LARGE_CLUSTER_ENDPOINTS;
  if (large !== set.largeCluster) {
    set.largeCluster = large;
    for (const name of set.services.keys()) refresh(name);
  }
  set.common ??= commonOf(set);
  const nat = new Map(set.common.nat);
  const deletedNat: string[] = [];
  for (const [name, old] of before) {
    const { changed, deleted } = differenceOf(old, set.ports.get(name) ?? NO_PORTS);
    for (const [chain, rules] of changed) nat.set(chain, rules);
    for (const chain of deleted) deletedNat.push(chain);
  }
  return { filter: set.common.filter, nat, deletedNat };
}

const NO_PORTS: readonly ServiceRules[] = Object.freeze([]);

/** Everything that the rule set says: what a full sync writes. */
export function tablesOf(set: RuleSet): ProxyTables {
  set.common ??= commonOf(set);
  const nat = new Map(set.common.nat);
  for (const ports of set.ordered)
    for (const port of ports) for (const [chain, rules] of port.chains) nat.set(chain, rules);
  return { filter: set.common.filter, nat };
}

/** `namespace/name` */
export function serviceName(service: Service): string {
  return `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`;
}

function regenerateAll(set: RuleSet): void {
  for (const name of set.services.keys()) set.pending.add(name);
}

function regenerate(set: RuleSet, name: string): void {
  const old = set.ports.get(name);
  const service = set.services.get(name);
  const now = service === undefined ? [] : portRules(set, name, service, old ?? []);
  for (const port of old ?? []) set.endpointCount -= port.endpointCount;
  for (const port of now) set.endpointCount += port.endpointCount;
  if (!sameCommon(old ?? [], now)) set.common = undefined;
  if (now.length > 0) {
    const at = positionOf(set.order, name);
    set.ports.set(name, now);
    if (old === undefined) set.order.splice(at, 0, name);
    set.ordered.splice(at, old === undefined ? 0 : 1, now);
  } else if (old !== undefined) {
    const at = positionOf(set.order, name);
    set.ports.delete(name);
    set.order.splice(at, 1);
    set.ordered.splice(at, 1);
  }
}

function portRules(
  set: RuleSet,
  name: string,
  service: Service,
  old: readonly ServiceRules[],
): readonly ServiceRules[] {
  const slices = [...(set.slices.get(name)?.values() ?? [])];
  return sharedPortRules(service, slices, set.config, set.largeCluster, () => {
    const endpoints = endpointsByPort(name, slices, set.config.ipFamily);
    return servicePorts(service, set.config.ipFamily).map((port, i) =>
      serviceRules(port, endpoints.get(port.key) ?? [], set.config, set.largeCluster, old[i]),
    );
  });
}

/** Where `name` is, or belongs, in the sorted list. */
function positionOf(order: readonly string[], name: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

const COMMON_FILTER = ['services', 'externalServices', 'nodePorts', 'proxyFirewall'] as const;
const COMMON_NAT = ['services', 'nodePorts'] as const;

function sameCommon(old: readonly ServiceRules[], now: readonly ServiceRules[]): boolean {
  if (old === now) return true;
  if (old.length !== now.length) return false;
  return now.every(
    (port, i) =>
      COMMON_FILTER.every((part) => sameLines(port.filter[part], old[i]!.filter[part])) &&
      COMMON_NAT.every((part) => sameLines(port.nat[part], old[i]!.nat[part])),
  );
}

function sameLines(a: RuleLines, b: RuleLines): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

function commonOf(set: RuleSet): CommonChains {
  const { config } = set;
  const flags = `${config.masqueradeMark} ${config.randomFully} ${config.nfacct} ${config.conntrackTCPBeLiberal} ${localhostNodePorts(config)}`;
  return sharedCommonChains(`${flags} ${nodePortJumps(config).join()}`, set.ordered, () => commonChains(set));
}

/** The chains that all services share. */
function commonChains(set: RuleSet): CommonChains {
  const { config } = set;
  const filter = {
    services: [] as string[],
    externalServices: [] as string[],
    nodePorts: [] as string[],
    proxyFirewall: [] as string[],
  };
  const nat = { services: [] as string[], nodePorts: [] as string[] };
  for (const ports of set.ordered)
    for (const port of ports) {
      for (const part of COMMON_FILTER) for (const line of port.filter[part]) filter[part].push(line);
      for (const part of COMMON_NAT) for (const line of port.nat[part]) nat[part].push(line);
    }
  for (const line of nodePortJumps(config)) nat.services.push(line);
  const filterChains = new Map<string, RuleLines>([
    ['KUBE-SERVICES', filter.services],
    ['KUBE-EXTERNAL-SERVICES', filter.externalServices],
    ['KUBE-FORWARD', forwardRules(config)],
    ['KUBE-NODEPORTS', filter.nodePorts],
    ['KUBE-PROXY-FIREWALL', filter.proxyFirewall],
  ]);
  if (localhostNodePorts(config)) filterChains.set('KUBE-FIREWALL', [MARTIANS]);
  const mark = config.masqueradeMark;
  return Object.freeze({
    filter: filterChains,
    nat: new Map<string, RuleLines>([
      ['KUBE-SERVICES', nat.services],
      ['KUBE-NODEPORTS', nat.nodePorts],
      [
        'KUBE-POSTROUTING',
        [
          `-m mark ! --mark ${mark}/${mark} -j RETURN`,
          `-j MARK --xor-mark ${mark}`,
          `-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE${config.randomFully ? ' --random-fully' : ''}`,
        ],
      ],
      ['KUBE-MARK-MASQ', [`-j MARK --or-mark ${mark}`]],
    ]),
  });
}

/** With route_localnet set for node ports, others must not reach what listens on 127.0.0.1 only. */
const MARTIANS =
  '-m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP';

function forwardRules(config: ProxyNodeConfig): string[] {
  const rules: string[] = [];
  const counter = config.nfacct ? ` -m nfacct --nfacct-name ${INVALID_DROPPED_COUNTER}` : '';
  if (!config.conntrackTCPBeLiberal) rules.push(`-m conntrack --ctstate INVALID${counter} -j DROP`);
  const mark = config.masqueradeMark;
  rules.push(`-m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`);
  rules.push(
    '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  );
  return rules;
}

const LAST = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';

function nodePortJumps(config: ProxyNodeConfig): string[] {
  const addresses = nodePortAddresses(config);
  if (addresses !== 'all') return addresses.map((ip) => `${LAST} -d ${ip} -j KUBE-NODEPORTS`);
  let loopback = '';
  if (config.ipFamily === 'IPv6') loopback = ' ! -d ::1/128';
  else if (!localhostNodePorts(config)) loopback = ' ! -d 127.0.0.0/8';
  return [`${LAST} -m addrtype --dst-type LOCAL${loopback} -j KUBE-NODEPORTS`];
}

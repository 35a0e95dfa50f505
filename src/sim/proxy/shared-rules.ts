/**
 * Nodes that see the same Service and the same slices make the same rules, unless the rules depend on the node itself. This memo lets
 * them share one copy: it changes what rules cost, never what they say. Objects are immutable, so identity is a sound key.
 */
import type { RuleLines } from '../api/netfilter.ts';
import type { EndpointSlice, Service } from '../api/types.ts';
import type { ProxyNodeConfig } from './node-config.ts';
import type { ServiceRules } from './service-rules.ts';

interface Entry {
  readonly key: string;
  readonly slices: readonly EndpointSlice[];
  readonly rules: readonly ServiceRules[];
}

/** Proxies lag behind each other by a few versions at most. */
const KEPT = 8;

const memo = new WeakMap<Service, Entry[]>();

/** The rules of all ports of a Service: those another node made from the same input, or `make()`. */
export function sharedPortRules(
  service: Service,
  slices: readonly EndpointSlice[],
  config: ProxyNodeConfig,
  largeCluster: boolean,
  make: () => readonly ServiceRules[],
): readonly ServiceRules[] {
  const key = keyOf(service, slices, config, largeCluster);
  let entries = memo.get(service);
  if (entries === undefined) {
    entries = [];
    memo.set(service, entries);
  }
  for (const entry of entries)
    if (
      entry.key === key &&
      entry.slices.length === slices.length &&
      entry.slices.every((slice, i) => slice === slices[i])
    )
      return entry.rules;
  const rules = Object.freeze(make());
  entries.unshift({ key, slices, rules });
  if (entries.length > KEPT) entries.pop();
  return rules;
}

/** What must be written when a Service's rules become others. */
export interface RulesDifference {
  readonly changed: readonly (readonly [chain: string, rules: RuleLines])[];
  readonly deleted: readonly string[];
}

const differences = new WeakMap<
  readonly ServiceRules[],
  { readonly old: readonly ServiceRules[]; readonly difference: RulesDifference }[]
>();

/** Found once for all nodes that go from the same rules to the same rules. */
export function differenceOf(old: readonly ServiceRules[], now: readonly ServiceRules[]): RulesDifference {
  let known = differences.get(now);
  if (known === undefined) {
    known = [];
    differences.set(now, known);
  }
  for (const entry of known) if (entry.old === old) return entry.difference;
  const gone = new Map(old.flatMap((port) => [...port.chains]));
  const changed: (readonly [string, RuleLines])[] = [];
  for (const port of now)
    for (const [chain, rules] of port.chains) {
      if (gone.get(chain) !== rules) changed.push([chain, rules]);
      gone.delete(chain);
    }
  const difference = { changed, deleted: [...gone.keys()] };
  known.unshift({ old, difference });
  if (known.length > KEPT) known.pop();
  return difference;
}

/** Chains that all services share, made from the rules of these services. */
export interface CommonChains {
  readonly filter: ReadonlyMap<string, RuleLines>;
  readonly nat: ReadonlyMap<string, RuleLines>;
}

const commons: {
  readonly key: string;
  readonly services: readonly (readonly ServiceRules[])[];
  readonly chains: CommonChains;
}[] = [];

/** Nodes that know the same services with the same rules share these chains too. @param key  what of the configuration they depend on */
export function sharedCommonChains(
  key: string,
  services: readonly (readonly ServiceRules[])[],
  make: () => CommonChains,
): CommonChains {
  for (const entry of commons)
    if (
      entry.key === key &&
      entry.services.length === services.length &&
      entry.services.every((rules, i) => rules === services[i])
    )
      return entry.chains;
  const chains = make();
  commons.unshift({ key, services: [...services], chains });
  if (commons.length > KEPT) commons.pop();
  return chains;
}

/** What else than the objects the rules depend on; the node itself only where the rules ask who is near. */
function keyOf(
  { spec }: Service,
  slices: readonly EndpointSlice[],
  config: ProxyNodeConfig,
  largeCluster: boolean,
): string {
  const { by } = config.localDetector;
  const detector =
    config.localDetector.by === 'cidr'
      ? config.localDetector.cidr
      : config.localDetector.by === 'bridge'
        ? config.localDetector.interface
        : config.localDetector.by === 'interfaceNamePrefix'
          ? config.localDetector.prefix
          : '';
  const local =
    spec.externalTrafficPolicy === 'Local' || spec.internalTrafficPolicy === 'Local' || slices.some(hasHints);
  const node = local ? `${config.nodeName} ${config.zone}` : '';
  const nodeIp = (spec.loadBalancerSourceRanges ?? []).length > 0 ? config.nodeIP : '';
  const flags = `${config.ipFamily} ${config.masqueradeAll} ${config.localhostNodePorts} ${config.nfacct} ${largeCluster}`;
  return `${flags} ${by} ${detector} ${config.nodePortAddresses.join(',')} ${node} ${nodeIp}`;
}

const hinted = new WeakMap<EndpointSlice, boolean>();

function hasHints(slice: EndpointSlice): boolean {
  let answer = hinted.get(slice);
  if (answer === undefined) {
    answer = (slice.endpoints ?? []).some((endpoint) => endpoint.hints !== undefined);
    hinted.set(slice, answer);
  }
  return answer;
}

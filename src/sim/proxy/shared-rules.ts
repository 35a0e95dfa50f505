/**
 * Nodes that see the same Service and the same slices make the same rules, unless the rules depend on the node itself. This memo lets
 * them share one copy: it changes what rules cost, never what they say. Objects are immutable, so identity is a sound key.
 */
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
  const rules = make();
  entries.unshift({ key, slices, rules });
  if (entries.length > KEPT) entries.pop();
  return rules;
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

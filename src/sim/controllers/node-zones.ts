/**
 * How fast nodes may be emptied: one in ten seconds a zone; slower, or not at all, when so many are silent that it is more likely us than them.
 * Models pkg/controller/nodelifecycle (handleDisruption, RateLimitedTimedQueue).
 */
import type { Node } from '../api/types.ts';
import type { View } from './controller.ts';

export type ZoneState = 'initial' | 'normal' | 'partialDisruption' | 'fullDisruption';

export interface Zone {
  state: ZoneState;
  /** Nodes a second; 0 = none. */
  rate: number;
  /** The next node may be taken at this time, epoch ms. */
  nextMs: number;
  /** Nodes that wait for their NoExecute taint. */
  readonly waiting: Set<string>;
}

export type Zones = Map<string, Zone>;

/** What a change of states asks for, beside new rates. */
export type Disruption = 'none' | 'entered' | 'left';

export function zoneOf(node: Node): string {
  const { labels } = node.metadata;
  const region = labels?.['topology.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:${zone}`;
}

export function zoneNamed(zones: Zones, name: string, view: View): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone: Zone = { state: 'initial', rate: Number(view.flag('node-eviction-rate')), nextMs: 0, waiting: new Set() };
  zones.set(name, zone);
  return zone;
}

/** `ready`: by zone, whether each of its nodes is Ready. */
export function judgeZones(zones: Zones, ready: ReadonlyMap<string, readonly boolean[]>, view: View): Disruption {
  for (const name of [...zones.keys()]) if (!ready.has(name)) zones.delete(name);
  const threshold = Number(view.flag('unhealthy-zone-threshold'));
  const states = new Map<string, ZoneState>();
  for (const [name, nodes] of ready) {
    zoneNamed(zones, name, view);
    states.set(name, stateOf(nodes, threshold));
  }
  const allNow = [...states.values()].every((state) => state === 'fullDisruption');
  const allBefore = [...zones.values()].every(({ state }) => state === 'fullDisruption');
  if (allNow && allBefore) return 'none';
  if (allNow) {
    for (const zone of zones.values()) {
      zone.state = 'fullDisruption';
      setRate(zone, 0, view.nowMs);
    }
    return 'entered';
  }
  for (const [name, zone] of zones) {
    const state = states.get(name)!;
    if (state === zone.state && !allBefore) continue;
    zone.state = state;
    setRate(zone, rateFor(state, ready.get(name)!.length, view), view.nowMs);
  }
  return allBefore ? 'left' : 'none';
}

function stateOf(nodes: readonly boolean[], threshold: number): ZoneState {
  const silent = nodes.filter((isReady) => !isReady).length;
  if (silent === nodes.length && silent > 0) return 'fullDisruption';
  return silent > 2 && silent / nodes.length >= threshold ? 'partialDisruption' : 'normal';
}

function rateFor(state: ZoneState, size: number, view: View): number {
  if (state !== 'partialDisruption') return Number(view.flag('node-eviction-rate'));
  return size > Number(view.flag('large-cluster-size-threshold'))
    ? Number(view.flag('secondary-node-eviction-rate'))
    : 0;
}

/** A new rate starts without credit. */
function setRate(zone: Zone, rate: number, nowMs: number): void {
  if (zone.rate === rate) return;
  zone.rate = rate;
  zone.nextMs = rate > 0 ? nowMs + 1_000 / rate : 0;
}

/** Takes the next waiting nodes that may be tainted now. @returns also when the next one may */
export function takeWaiting(zone: Zone, nowMs: number): { nodes: string[]; againMs: number | undefined } {
  const nodes: string[] = [];
  for (const name of zone.waiting) {
    if (zone.rate <= 0) return { nodes, againMs: undefined };
    if (nowMs < zone.nextMs) return { nodes, againMs: zone.nextMs - nowMs };
    zone.nextMs = nowMs + 1_000 / zone.rate;
    zone.waiting.delete(name);
    nodes.push(name);
  }
  return { nodes, againMs: undefined };
}

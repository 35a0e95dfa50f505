/**
 * The last decisions as tables, for whoever wants to look inside: why each node was rejected, and what each plugin gave the
 * others. Bounded in number and in size.
 */

import type { Us } from '../kernel/units.ts';
import type { Decision } from './schedule-pod.ts';
import type { QueuedPod } from './scheduling-queue.ts';

export interface DecisionRecord {
  readonly atUs: Us;
  /** `namespace/name` */
  readonly pod: string;
  readonly attempt: number;
  /** '' = none. */
  readonly node: string;
  /** Filter plugins in order; a node that is in neither table was not looked at. */
  readonly filters: readonly string[];
  /** Filter plugins that had nothing to say about this pod. */
  readonly skipped: readonly string[];
  /** Node → the plugin that said no and its reasons; all plugins before it said yes. */
  readonly rejected: ReadonlyMap<string, { readonly plugin: string; readonly reasons: readonly string[] }>;
  readonly feasible: readonly string[];
  readonly scorers: readonly string[];
  /** Node → weighted scores in the order of `scorers`. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
  readonly totals: ReadonlyMap<string, number>;
  readonly message: string;
  readonly nominatedNode: string;
  /** `namespace/name` */
  readonly victims: readonly string[];
}

const MAX_DECISIONS = 32;
const MAX_NODES = 128;

export function recordDecision(records: DecisionRecord[], atUs: Us, pod: QueuedPod, decision: Decision): void {
  const { scores } = decision;
  const rejected = new Map<string, { plugin: string; reasons: readonly string[] }>();
  for (const [node, { plugin, reasons }] of decision.statuses) {
    if (rejected.size === MAX_NODES) break;
    rejected.set(node, { plugin, reasons });
  }
  const ranked = [...(scores?.totals ?? [])].sort(([, a], [, b]) => b - a).slice(0, MAX_NODES);
  records.push(
    Object.freeze({
      atUs,
      pod: pod.info.name,
      attempt: pod.attempts,
      node: decision.node,
      filters: decision.filters,
      skipped: [...decision.skipped],
      rejected,
      feasible: decision.feasible.slice(0, MAX_NODES),
      scorers: scores?.plugins ?? [],
      scores: new Map(ranked.map(([node]) => [node, scores?.byNode.get(node) ?? []])),
      totals: new Map(ranked),
      message: decision.message,
      nominatedNode: decision.nominatedNode ?? '',
      victims: decision.victims.map(({ name }) => name),
    }),
  );
  if (records.length > MAX_DECISIONS) records.shift();
}

/**
 * The sentence in which the scheduler says why a pod fits nowhere: the FailedScheduling event and the PodScheduled condition.
 * @source pkg/scheduler/framework/types.go FitError
 */
import type { Status } from './status.ts';

export interface FitError {
  readonly nodeCount: number;
  /** Why single nodes were rejected. */
  readonly statuses: ReadonlyMap<string, Status>;
  /** What holds for nodes that are not among the statuses. */
  readonly absent?: Status | undefined;
  /** Set when PreFilter turned the pod away before any node was looked at. */
  readonly preFilterMessage?: string | undefined;
  readonly postFilterMessage?: string | undefined;
}

/** `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient memory. …`; reasons in the order of texts. */
export function fitErrorMessage({
  nodeCount,
  statuses,
  absent,
  preFilterMessage,
  postFilterMessage,
}: FitError): string {
  let message = `0/${nodeCount} nodes are available:`;
  if (preFilterMessage) {
    message += ` ${preFilterMessage}.`;
  } else {
    const counts = new Map<string, number>();
    const count = (reasons: readonly string[], times: number) => {
      for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
    };
    for (const { reasons } of statuses.values()) count(reasons, 1);
    if (absent !== undefined && statuses.size < nodeCount) count(absent.reasons, nodeCount - statuses.size);
    const histogram = [...counts].map(([reason, times]) => `${times} ${reason}`).sort();
    if (histogram.length > 0) message += ` ${histogram.join(', ')}.`;
  }
  return postFilterMessage ? `${message} ${postFilterMessage}` : message;
}

/**
 * What a plugin answers when it is not content: a code that says whether removing pods could help, and reasons for the reader.
 * @source staging/src/k8s.io/kube-scheduler/framework/interface.go
 */
export type StatusCode = 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Error' | 'Pending';

export interface Status {
  readonly code: StatusCode;
  readonly reasons: readonly string[];
  /** The plugin that said so; filled in by the framework. */
  readonly plugin: string;
}

/** Removing lower-priority pods from the node might make the pod fit. */
export function unschedulable(...reasons: string[]): Status {
  return { code: 'Unschedulable', reasons, plugin: '' };
}

/** No preemption on this node can help. */
export function unresolvable(...reasons: string[]): Status {
  return { code: 'UnschedulableAndUnresolvable', reasons, plugin: '' };
}

/** Something is wrong with the question, not with the node. */
export function failure(reason: string): Status {
  return { code: 'Error', reasons: [reason], plugin: '' };
}

export function saidBy(plugin: string, status: Status): Status {
  return status.plugin === plugin ? status : { ...status, plugin };
}

export function isRejection(status: Status): boolean {
  return status.code !== 'Error';
}

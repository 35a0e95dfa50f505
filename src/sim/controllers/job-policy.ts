/** What a Job's own rules say about its pods: podFailurePolicy and successPolicy. Models pkg/controller/job (pod_failure_policy.go, success_policy.go). */
import type { ContainerStatus, Job, Pod } from '../api/types.ts';
import { parseIndexes } from './job-indexes.ts';

interface FailureRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  readonly onExitCodes?: {
    readonly containerName?: string;
    readonly operator: string;
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}

export interface FailureVerdict {
  /** Why the whole Job fails. */
  readonly failJob?: string;
  readonly failIndex?: boolean;
  /** Counts towards the back-off limit. */
  readonly counts: boolean;
}

const COUNTS: FailureVerdict = Object.freeze({ counts: true });

/** The first rule that fits decides. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const policy = job.spec['podFailurePolicy'] as { readonly rules?: readonly FailureRule[] } | undefined;
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const what = fits(rule, pod);
    if (what === undefined) continue;
    if (rule.action === 'Ignore') return { counts: false };
    if (rule.action === 'FailIndex') return { counts: true, failIndex: true };
    if (rule.action === 'FailJob')
      return { counts: true, failJob: `${what} matching ${rule.action} rule at index ${index}` };
    return COUNTS;
  }
  return COUNTS;
}

function fits({ onExitCodes, onPodConditions }: FailureRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    const ended = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
      (status: ContainerStatus) => {
        const code = status.state?.terminated?.exitCode ?? 0;
        if (code === 0 || (containerName !== undefined && containerName !== status.name)) return false;
        return values.includes(code) === (operator === 'In');
      },
    );
    if (ended === undefined) return undefined;
    return `Container ${ended.name} for pod ${name} failed with exit code ${ended.state?.terminated?.exitCode}`;
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  );
  return condition === undefined ? undefined : `Pod ${name} has condition ${condition.type}`;
}

/** Why the Job counts as successful before all of it is done; undefined = no rule is met. */
export function successBy(job: Job, succeeded: ReadonlySet<number>): string | undefined {
  const policy = job.spec['successPolicy'] as
    | { readonly rules?: readonly { readonly succeededIndexes?: string; readonly succeededCount?: number }[] }
    | undefined;
  if (succeeded.size === 0) return undefined;
  for (const [index, { succeededIndexes, succeededCount }] of (policy?.rules ?? []).entries()) {
    const met = `Matched rules at index ${index}`;
    if (succeededIndexes === undefined) {
      if (succeededCount !== undefined && succeeded.size >= succeededCount) return met;
      continue;
    }
    const required = parseIndexes(succeededIndexes, job.spec.completions ?? 0);
    if (required.size === 0) continue;
    const done = [...required].filter((one) => succeeded.has(one)).length;
    if (done === required.size || (succeededCount !== undefined && done >= succeededCount)) return met;
  }
  return undefined;
}

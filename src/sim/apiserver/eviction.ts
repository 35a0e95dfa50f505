/**
 * Evictions take from a PodDisruptionBudget first; a budget that is used up refuses them.
 * @source pkg/registry/core/pod/storage/eviction.go
 */
import { type EtcdKeyValue, type TxnResponse, updateTxn } from '../api/etcd.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { internalError, tooManyRequests } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Pod, PodDisruptionBudget, Status } from '../api/types.ts';
import { askEtcd } from './etcd-connection.ts';
import type { ApiRequest, Server } from './memory.ts';
import { isDryRun, refuse } from './request.ts';
import { cachedIn, decodeStored } from './watch-cache.ts';
import { withoutRevision } from './writes.ts';

const BUDGETS = '/registry/poddisruptionbudgets';
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";

interface BudgetScratch {
  readonly charged: boolean;
  /** As etcd gave it when the cache was behind. */
  readonly budget: PodDisruptionBudget | undefined;
}

/** True when the pod may go now; false when the request was refused or waits for etcd. */
export function chargeBudget(server: Server, request: ApiRequest, pod: Pod): boolean {
  const scratch = request.scratch as BudgetScratch | undefined;
  if (scratch?.charged === true || needsNoBudget(pod)) return true;
  const namespace = pod.metadata.namespace ?? '';
  const budgets = cachedIn(server.me, BUDGETS, namespace)
    .map((object) => object as PodDisruptionBudget)
    .filter(({ spec }) => matchesSelector(selectorOf(spec.selector), pod.metadata.labels));
  if (budgets.length === 0) return true;
  if (budgets.length > 1) {
    const text = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    refuse(request, internalError(text));
    return false;
  }
  const budget = scratch?.budget ?? budgets[0]!;
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  if (!ready && mayGoUnhealthy(budget)) return true;
  const refused = refusal(budget);
  if (refused !== undefined) {
    refuse(request, refused);
    return false;
  }
  if (isDryRun(request)) return true;
  const status = budget.status ?? {};
  const charged: PodDisruptionBudget = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: (status.disruptionsAllowed ?? 0) - 1,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: formatTime(server.io.wallMs()) },
    },
  };
  const key = `${BUDGETS}/${namespace}/${budget.metadata.name}`;
  const txn = updateTxn(key, Number(budget.metadata.resourceVersion), withoutRevision(charged));
  request.step = 'budget';
  request.backend = askEtcd(server, txn, { for: 'request', request: request.call, call: txn, tries: 0 });
  return false;
}

/** The budget was changed, or somebody else changed it first. */
export function budgetAnswered(request: ApiRequest, body: TxnResponse): undefined {
  if (body.succeeded) {
    request.scratch = { charged: true, budget: undefined } satisfies BudgetScratch;
    return;
  }
  const first = body.responses[0];
  const kv: EtcdKeyValue | undefined = first?.method === 'Range' ? first.kvs[0] : undefined;
  request.attempts++;
  if (request.attempts > 10) {
    refuse(request, tooManyRequests(VIOLATION, 0));
    return;
  }
  const budget = kv === undefined ? undefined : (decodeStored(kv) as PodDisruptionBudget);
  request.scratch = { charged: budget === undefined, budget } satisfies BudgetScratch;
}

function needsNoBudget({ metadata, status }: Pod): boolean {
  const phase = status?.phase;
  return metadata.deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
}

/** A pod that is not ready takes nothing from a budget that is kept, or that says AlwaysAllow. */
function mayGoUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const healthy = Number(status?.['currentHealthy'] ?? 0);
  const desired = Number(status?.['desiredHealthy'] ?? 0);
  return desired > 0 && healthy >= desired;
}

function refusal(budget: PodDisruptionBudget): Status | undefined {
  const { name, generation = 0 } = budget.metadata;
  const observed = Number(budget.status?.['observedGeneration'] ?? 0);
  if (observed < generation)
    return violation(`The disruption budget ${name} is still being processed by the server.`, 10);
  if ((budget.status?.disruptionsAllowed ?? 0) > 0) return undefined;
  const desired = Number(budget.status?.['desiredHealthy'] ?? 0);
  const healthy = Number(budget.status?.['currentHealthy'] ?? 0);
  return violation(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`, 0);
}

function violation(message: string, retryAfterSeconds: number): Status {
  const status = tooManyRequests(VIOLATION, retryAfterSeconds);
  return { ...status, details: { ...status.details, causes: [{ reason: 'DisruptionBudget', message }] } };
}

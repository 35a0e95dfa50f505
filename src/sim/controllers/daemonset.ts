/** DaemonSet controller: one pod on every node that it may run on, rolled node by node. Models pkg/controller/daemon. */
import { semanticEqual } from '../api/equal.ts';
import { templateHash } from '../api/hash.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { Affinity, DaemonSet, KubeObject, Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { share } from './deployment-status.ts';
import { controllerOf, isActive, isAvailable, isReady, ownerReference, podFromTemplate } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const HASH = 'controller-revision-hash';
const GENERATION = 'pod-template-generation';
const BURST = 250;

export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  account: 'daemon-set-controller',
  watches: ['daemonsets', 'pods', 'nodes', 'controllerrevisions'],
  workers: 2,
  keysOf(resource, delta, view) {
    if (resource === 'daemonsets') return [delta.key];
    if (resource === 'nodes') {
      if (
        delta.type === 'updated' &&
        delta.old !== undefined &&
        sameForDaemons(delta.old as Node, delta.object as Node)
      )
        return [];
      return [...view.list('daemonsets')].map(keyOf);
    }
    const owner = controllerOf(delta.object);
    return owner?.kind === 'DaemonSet' ? [`${delta.object.metadata.namespace}/${owner.name}`] : [];
  },
  reconcile,
};

function sameForDaemons(old: Node, node: Node): boolean {
  const a = {
    labels: old.metadata.labels,
    taints: old.spec?.taints ?? [],
    unschedulable: old.spec?.unschedulable === true,
  };
  const b = {
    labels: node.metadata.labels,
    taints: node.spec?.taints ?? [],
    unschedulable: node.spec?.unschedulable === true,
  };
  return semanticEqual(a, b);
}

function reconcile(key: string, view: View): Outcome {
  const set = view.get('daemonsets', key) as DaemonSet | undefined;
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  const revision = currentRevision(set, view);
  if (revision.write !== undefined) return { writes: [revision.write] };
  const hash = revision.hash;
  const pods = (view.by('pods', 'byOwner', set.metadata.uid ?? '') as readonly Pod[]).filter(
    (pod) => controllerOf(pod)?.uid === set.metadata.uid,
  );
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const creates: Write[] = [];
  const deletes: Write[] = [];
  let wanted = 0;
  for (const object of view.list('nodes')) {
    const node = object as Node;
    const here = byNode.get(node.metadata.name) ?? [];
    byNode.delete(node.metadata.name);
    const { shouldRun, mayStay } = fits(set, node);
    if (shouldRun) wanted++;
    const failed = here.filter((pod) => pod.status?.phase === 'Failed');
    for (const pod of failed)
      if (pod.metadata.deletionTimestamp === undefined)
        deletes.push(remove(set, pod, 'FailedDaemonPod', node.metadata.name));
    const live = here.filter((pod) => !failed.includes(pod) && pod.metadata.deletionTimestamp === undefined);
    if (!mayStay) for (const pod of live) deletes.push(remove(set, pod));
    else if (shouldRun && here.length === 0) creates.push(create(set, node.metadata.name, hash));
    else {
      const extra = [...live]
        .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
        .slice(1);
      for (const pod of extra) if (surge(set, wanted) === 0) deletes.push(remove(set, pod));
    }
  }
  if (creates.length === 0 && deletes.length === 0) deletes.push(...roll(set, pods, hash, wanted, view));
  const status = statusWrite(set, pods, hash, wanted, view);
  const writes = [...deletes.slice(0, BURST), ...creates.slice(0, BURST)];
  return { writes: status === undefined ? writes : [...writes, status], slowStart: true };
}

/** The ControllerRevision of the present template; written first when it does not exist. */
function currentRevision(set: DaemonSet, view: View): { hash: string; write?: Write } {
  const history = view.by('controllerrevisions', 'byOwner', set.metadata.uid ?? '');
  const data = { spec: { template: { ...set.spec.template, $patch: 'replace' } } };
  const current = history.find((revision) => semanticEqual(revision['data'], data));
  const highest = Math.max(0, ...history.map((revision) => Number(revision['revision'] ?? 0)));
  if (current !== undefined) {
    const hash = current.metadata.labels?.[HASH] ?? '';
    if (Number(current['revision']) === highest) return { hash };
    const body = { ...current, revision: highest + 1 };
    return { hash, write: { request: { method: 'PUT', path: objectPath('controllerrevisions', current), body } } };
  }
  const hash = templateHash(set.spec.template);
  const body: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec.template.metadata?.labels, [HASH]: hash },
      annotations: set.metadata.annotations,
      ownerReferences: [ownerReference(set)],
    },
    data,
    revision: highest + 1,
  };
  return {
    hash,
    write: {
      request: { method: 'POST', path: collectionPath('controllerrevisions', set.metadata.namespace), body },
      tolerate: [409],
    },
  };
}

/** The node a daemon pod is bound to, or is meant for by its affinity. */
function targetNode(pod: Pod): string {
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const term of terms)
    for (const { key, values } of term.matchFields ?? []) if (key === 'metadata.name') return values?.[0] ?? '';
  return '';
}

/** Tolerated by every daemon pod, for as long as it takes. @source pkg/controller/daemon/util/daemonset_util.go */
function daemonTolerations(set: DaemonSet): Toleration[] {
  const own = set.spec.template.spec.tolerations ?? [];
  const added: Toleration[] = [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
    { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
  ];
  if (set.spec.template.spec.hostNetwork === true) {
    added.push({ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' });
  }
  return [...own, ...added.filter((toleration) => !own.some((other) => semanticEqual(other, toleration)))];
}

/** @source pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod */
function fits(set: DaemonSet, node: Node): { shouldRun: boolean; mayStay: boolean } {
  const { spec } = set.spec.template;
  if (spec.nodeName !== undefined && spec.nodeName !== '' && spec.nodeName !== node.metadata.name)
    return { shouldRun: false, mayStay: false };
  const selected = Object.entries(spec.nodeSelector ?? {}).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  );
  if (!selected || !matchesAffinity(spec.affinity, node)) return { shouldRun: false, mayStay: false };
  const tolerations = daemonTolerations(set);
  const untolerated = (node.spec?.taints ?? []).filter(
    (taint) => !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  const shouldRun = !untolerated.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
  return { shouldRun, mayStay: !untolerated.some(({ effect }) => effect === 'NoExecute') };
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

function matchesAffinity(affinity: Affinity | undefined, node: Node): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (required === undefined) return true;
  return required.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const fields = (term.matchFields ?? []).every(({ key, operator, values }) => {
    const same = key === 'metadata.name' && values?.includes(node.metadata.name) === true;
    return operator === 'NotIn' ? !same : same;
  });
  const expressions = (term.matchExpressions ?? []).map(({ key, operator, values }) => ({ key, operator, values }));
  return fields && matchesSelector(selectorOf({ matchExpressions: expressions }), node.metadata.labels);
}

function create(set: DaemonSet, node: string, hash: string): Write {
  const { template } = set.spec;
  const labels = { ...template.metadata?.labels, [HASH]: hash, [GENERATION]: String(set.metadata.generation ?? 1) };
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }];
  const nodeAffinity = {
    ...template.spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  const spec = {
    ...template.spec,
    affinity: { ...template.spec.affinity, nodeAffinity },
    tolerations: daemonTolerations(set),
  };
  const about = referenceTo(set);
  return {
    request: {
      method: 'POST',
      path: collectionPath('pods', set.metadata.namespace),
      body: podFromTemplate({ metadata: { ...template.metadata, labels }, spec }, set),
    },
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating: {error}' },
  };
}

function remove(set: DaemonSet, pod: Pod, reason?: string, node?: string): Write {
  const about = referenceTo(set);
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body: { preconditions: { uid: pod.metadata.uid } } },
    tolerate: [404, 409],
    event:
      reason === undefined
        ? { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` }
        : {
            about,
            type: 'Warning',
            reason,
            message: `Found failed daemon pod ${keyOf(pod)} on node ${node}, will try to kill it`,
          },
  };
}

/** Old pods that may go now: at most maxUnavailable nodes without a ready daemon at a time. */
function roll(set: DaemonSet, pods: readonly Pod[], hash: string, wanted: number, view: View): Write[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return [];
  const maxUnavailable = Math.max(
    1,
    share(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil),
  );
  const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const available = live.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, view.nowMs));
  const old = live.filter((pod) => pod.metadata.labels?.[HASH] !== hash);
  const unavailableOld = old.filter((pod) => !available.includes(pod));
  const availableOld = old.filter((pod) => available.includes(pod));
  const room = Math.max(0, maxUnavailable - (wanted - available.length));
  return [...unavailableOld, ...availableOld.slice(0, room)].map((pod) => remove(set, pod));
}

function surge(set: DaemonSet, wanted: number): number {
  return share(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, wanted, Math.ceil);
}

function statusWrite(
  set: DaemonSet,
  pods: readonly Pod[],
  hash: string,
  desired: number,
  view: View,
): Write | undefined {
  let [current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0];
  for (const pod of pods.filter(isActive)) {
    const node = view.get('nodes', targetNode(pod)) as Node | undefined;
    if (node === undefined || !fits(set, node).shouldRun) {
      misscheduled++;
      continue;
    }
    current++;
    if (isReady(pod)) ready++;
    if (isAvailable(pod, set.spec.minReadySeconds ?? 0, view.nowMs)) available++;
    if (pod.metadata.labels?.[HASH] === hash) updated++;
  }
  const unavailable = desired - available;
  const status = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata.generation ?? 0,
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
  };
  if (semanticEqual(status, set.status)) return undefined;
  return {
    request: { method: 'PUT', path: `${objectPath('daemonsets', set)}/status`, body: { ...set, status } },
    tolerate: [404],
  };
}

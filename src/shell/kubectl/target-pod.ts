/**
 * From what was typed (`web`, `deploy/web`, `svc/web`) to a pod and one of its containers.
 * @source staging/src/k8s.io/kubectl/pkg/polymorphichelpers, pkg/cmd/util/podcmd
 */
import type { JsonObject } from './client.ts';
import { selectorText } from './describe-writer.ts';
import { pathOf, qualifiedName } from './discovery.ts';
import { KubectlError, throwAll } from './errors.ts';
import { compareText, nameOf, objects, record, text } from './fields.ts';
import { type Info, type Query, select } from './resources.ts';
import type { Session } from './session.ts';

/** The one object a command such as exec works on. */
export async function oneObject(session: Session, query: Query): Promise<Info> {
  const { infos, errors } = await select(session, { ...query, defaultType: 'pods', latest: true });
  throwAll(errors);
  const [info] = infos;
  if (info === undefined || infos.length > 1) throw new KubectlError('cannot exec into multiple objects at a time');
  return info;
}

/** The selector of what owns pods; undefined for things that own none. */
export function podSelector(info: Info): string | undefined {
  const spec = record(info.object, 'spec');
  switch (info.resource.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return selectorText(spec['selector']);
    case 'ReplicationController':
      return selectorText({ matchLabels: record(spec, 'selector') });
    case 'Service': {
      const selector = record(spec, 'selector');
      if (Object.keys(selector).length === 0) throw new KubectlError('invalid service: no selector');
      return selectorText({ matchLabels: selector });
    }
    default:
      return undefined;
  }
}

export async function podsOf(session: Session, namespace: string, selector: string): Promise<JsonObject[]> {
  const resource = await session.mapping('pods');
  const list = await session.object({
    method: 'GET',
    path: pathOf(resource, namespace),
    query: { labelSelector: selector },
  });
  return [...objects(list, 'items')].sort(byActivity).map((pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod }));
}

const phases = ['Pending', 'Unknown', 'Running'];

/** Assigned before unassigned, running before pending, ready before not, then the oldest. */
function byActivity(a: JsonObject, b: JsonObject): number {
  const rank = (pod: JsonObject): number[] => [
    text(pod, 'spec', 'nodeName') === '' ? 1 : 0,
    2 - Math.max(0, phases.indexOf(text(pod, 'status', 'phase'))),
    isReady(pod) ? 0 : 1,
  ];
  const left = rank(a);
  const right = rank(b);
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return (left[i] ?? 0) - (right[i] ?? 0);
  return compareText(text(a, 'metadata', 'creationTimestamp'), text(b, 'metadata', 'creationTimestamp'));
}

export function isReady(pod: JsonObject): boolean {
  return objects(pod, 'status', 'conditions').some(
    (condition) => text(condition, 'type') === 'Ready' && text(condition, 'status') === 'True',
  );
}

/** The pod itself, or the first pod of its owner; waits for one up to --pod-running-timeout. */
export async function podFor(session: Session, info: Info): Promise<JsonObject> {
  if (info.resource.kind === 'Pod') return info.object;
  const selector = podSelector(info);
  if (selector === undefined) {
    throw new KubectlError(
      `cannot attach to *unstructured.Unstructured: selector for ${qualifiedName(info.resource)} not implemented`,
    );
  }
  const deadlineMs = session.connection.now() + session.flags.durationMs('pod-running-timeout');
  for (;;) {
    const [pod] = await podsOf(session, info.namespace, selector);
    if (pod !== undefined) return pod;
    if (session.connection.now() >= deadlineMs) throw new KubectlError('timed out waiting for the condition');
    await session.connection.sleep(1000, session.context.signal);
  }
}

export interface ContainerPlace {
  readonly name: string;
  readonly list: 'containers' | 'initContainers' | 'ephemeralContainers';
  readonly spec: JsonObject;
}

export function containersOf(pod: JsonObject): ContainerPlace[] {
  const places: ContainerPlace[] = [];
  for (const list of ['containers', 'ephemeralContainers', 'initContainers'] as const) {
    for (const spec of objects(pod, 'spec', list)) places.push({ name: text(spec, 'name'), list, spec });
  }
  return places;
}

/** `web, debugger (ephem), setup (init)` */
export function containerNames(pod: JsonObject): string {
  const suffix = { containers: '', ephemeralContainers: ' (ephem)', initContainers: ' (init)' };
  return containersOf(pod)
    .map((place) => place.name + suffix[place.list])
    .join(', ');
}

/** The container asked for, or the annotated default, or the first (saying so when there are others). */
export function containerFor(session: Session, pod: JsonObject, wanted: string, quiet: boolean): string {
  const places = containersOf(pod);
  if (wanted !== '') {
    if (places.some((place) => place.name === wanted)) return wanted;
    throw new KubectlError(`container ${wanted} is not valid for pod ${nameOf(pod)} out of: ${containerNames(pod)}`);
  }
  const annotated = text(pod, 'metadata', 'annotations', 'kubectl.kubernetes.io/default-container');
  if (annotated !== '') {
    if (places.some((place) => place.name === annotated)) return annotated;
    session.err(`Default container name "${annotated}" not found in pod ${nameOf(pod)}\n`);
  }
  const first = places[0]?.name ?? '';
  if (places.length > 1 && !quiet) session.err(`Defaulted container "${first}" out of: ${containerNames(pod)}\n`);
  return first;
}

export function isFinished(pod: JsonObject): boolean {
  return ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));
}

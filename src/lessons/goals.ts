/** Whether an outcome holds in a world: by looking at its state, or by trying, as a learner could. */

import type { Gateway } from '../shell/gateway.ts';
import type { HttpRequest, HttpResponse } from '../sim/api/http.ts';
import { matchesSelector, parseSelector } from '../sim/api/selector.ts';
import type { KubeObject, Node, Pod } from '../sim/api/types.ts';
import { configFromKubeconfig } from '../sim/client/api-client.ts';
import { etcdDiskOf, objectNamed, objectsOf } from '../sim/observe.ts';
import type { World } from '../sim/world.ts';
import { fetchUrl, type Place } from './fetch-url.ts';
import type { Forbidden, Predicate } from './lesson.ts';

export interface Finding {
  readonly met: boolean;
  /** What was seen instead, for people: `2 of 3 pods are Ready`. Kubernetes' words, the same in both languages. */
  readonly detail: string;
}

const ADMIN = '/root/.kube/config';
const PROBE_TIMEOUT_MS = 3_000;

/** Predicates that only look; the others send something into the world. */
export function isPassive(predicate: Predicate): boolean {
  return predicate.kind !== 'reach' && predicate.kind !== 'canI' && predicate.kind !== 'apiWritable';
}

export async function check(gateway: Gateway, predicate: Predicate): Promise<Finding> {
  switch (predicate.kind) {
    case 'reach':
      return reach(gateway, predicate);
    case 'canI': {
      const allowed = await canI(gateway, predicate);
      if (allowed === undefined) return { met: false, detail: 'the API server does not answer' };
      const { as, verb, resource, namespace } = predicate;
      return {
        met: allowed === predicate.allowed,
        detail: `${as} ${allowed ? 'may' : 'may not'} ${verb} ${resource} in ${namespace}`,
      };
    }
    case 'apiWritable':
      return apiWritable(gateway);
    default:
      return look(gateway.world, predicate);
  }
}

type Passive = Exclude<Predicate, { kind: 'reach' | 'canI' | 'apiWritable' }>;

/** The predicates that only look. */
export function look(world: World, predicate: Passive): Finding {
  const { state } = world.kernel;
  switch (predicate.kind) {
    case 'podsReady': {
      const parsed = parseSelector(predicate.selector);
      const selector = parsed.ok ? parsed.selector : undefined;
      const pods = (objectsOf(state, 'pods', predicate.namespace) as Pod[]).filter(
        (pod) =>
          selector !== undefined &&
          matchesSelector(selector, pod.metadata.labels) &&
          pod.metadata.deletionTimestamp === undefined,
      );
      const ready = pods.filter(isReady).length;
      return { met: ready >= predicate.count, detail: `${ready}/${predicate.count} pods Ready` };
    }
    case 'nodesReady': {
      const ready = (objectsOf(state, 'nodes') as Node[]).filter(isReady).length;
      return { met: ready >= predicate.count, detail: `${ready}/${predicate.count} nodes Ready` };
    }
    case 'exists':
      return { met: objectNamed(state, predicate.target) !== undefined, detail: predicate.target };
    case 'object': {
      const object = objectNamed(state, predicate.target);
      const value = object === undefined ? undefined : fieldAt(object, predicate.path);
      const seen = value === undefined ? '<none>' : typeof value === 'object' ? JSON.stringify(value) : String(value);
      return { met: seen === predicate.equals, detail: `${predicate.target} ${predicate.path}: ${seen}` };
    }
    case 'process': {
      const process = state.processes.get(predicate.process);
      const seen = process === undefined ? 'not running' : process.paused ? 'stopped (SIGSTOP)' : process.state;
      const met =
        process !== undefined &&
        !process.paused &&
        (predicate.state === undefined || process.state === predicate.state);
      return { met, detail: `${predicate.process}: ${seen}` };
    }
    case 'etcdHealthy':
      return etcdHealthy(world, predicate.members);
  }
}

/** What a forbidden short cut looks like once taken; undefined while it has not been. */
export async function violation(gateway: Gateway, forbidden: Forbidden): Promise<string | undefined> {
  if (forbidden.kind === 'deleted') {
    return objectNamed(gateway.world.kernel.state, forbidden.target) === undefined
      ? `${forbidden.target} has been deleted`
      : undefined;
  }
  const allowed = await canI(gateway, forbidden);
  return allowed === true ? `${forbidden.as} may now ${forbidden.verb} ${forbidden.resource}` : undefined;
}

function etcdHealthy(world: World, members: number): Finding {
  const { state } = world.kernel;
  let leaders = 0;
  let running = 0;
  const applied: number[] = [];
  for (const process of state.processes.values()) {
    if (process.program !== 'etcd' || process.paused) continue;
    running++;
    if (process.state === 'leader') leaders++;
    const disk = etcdDiskOf(state.hosts.get(process.host)!);
    if (disk !== undefined) applied.push(disk.store.appliedIndex);
  }
  // Followers hear of a commit a moment after the leader.
  const close = applied.length > 0 && Math.max(...applied) - Math.min(...applied) < 100;
  return {
    met: leaders === 1 && running >= members && close,
    detail: `${running}/${members} members running, ${leaders} leader`,
  };
}

async function reach(gateway: Gateway, { from, to, status }: Extract<Predicate, { kind: 'reach' }>): Promise<Finding> {
  const place = placeOf(gateway.world, from);
  if (place === undefined) return { met: false, detail: `${from} is not there` };
  const answer = await fetchUrl(gateway, to, place, PROBE_TIMEOUT_MS);
  if (!answer.ok) return { met: false, detail: answer.error };
  return { met: answer.status === status, detail: `HTTP ${answer.status}` };
}

/** `pod/client`, `pod/shop/client`, or a host's name. */
function placeOf(world: World, from: string): Place | undefined {
  const { state } = world.kernel;
  if (!from.startsWith('pod/')) return state.hosts.has(from) ? { host: from } : undefined;
  const pod = objectNamed(state, from) as Pod | undefined;
  const host = pod?.spec.nodeName;
  const ip = pod?.status?.podIP;
  return host === undefined || ip === undefined || ip === '' || !state.hosts.has(host)
    ? undefined
    : { host, ip, namespace: pod?.metadata.namespace };
}

async function canI(
  gateway: Gateway,
  asked: { as: string; verb: string; resource: string; namespace: string },
): Promise<boolean | undefined> {
  const [resource = '', group = ''] = asked.resource.split('.');
  const groups = asked.as.startsWith('system:serviceaccount:')
    ? ['system:serviceaccounts', `system:serviceaccounts:${asked.as.split(':')[2]}`, 'system:authenticated']
    : ['system:authenticated'];
  const spec = {
    user: asked.as,
    groups,
    resourceAttributes: { verb: asked.verb, resource, group, namespace: asked.namespace },
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec };
  const answer = await asAdmin(gateway, {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body,
  });
  if (answer === undefined || answer.status >= 400) return undefined;
  return (answer.body as { status?: { allowed?: boolean } }).status?.allowed === true;
}

/** Writes a ConfigMap and takes it away again. */
async function apiWritable(gateway: Gateway): Promise<Finding> {
  const metadata = { name: 'write-probe', namespace: 'kube-public' };
  const path = '/api/v1/namespaces/kube-public/configmaps';
  const created = await asAdmin(gateway, {
    method: 'POST',
    path,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata },
  });
  if (created === undefined) return { met: false, detail: 'the API server does not answer' };
  if (created.status >= 400 && created.status !== 409)
    return { met: false, detail: String((created.body as { message?: string }).message) };
  await asAdmin(gateway, { method: 'DELETE', path: `${path}/write-probe` });
  return { met: true, detail: 'written' };
}

/** One request with the administrator's kubeconfig of the laptop; undefined when nobody answers. */
export async function asAdmin(gateway: Gateway, request: HttpRequest): Promise<HttpResponse | undefined> {
  const text = gateway.world.kernel.state.hosts.get('laptop')?.files.get(ADMIN)?.content;
  const config = configFromKubeconfig(text, ADMIN, 'lesson');
  if (!config.ok) return undefined;
  const { server, tls } = config.config;
  const answer = await gateway.call(server, request, { host: 'laptop', tls, timeoutMs: PROBE_TIMEOUT_MS });
  return answer.ok ? (answer.body as HttpResponse) : undefined;
}

function isReady(object: Pod | Node): boolean {
  return object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** `spec.replicas`, `status.conditions[0].type`. */
function fieldAt(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const part of path.split(/[.[\]]/).filter((text) => text !== '')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** Work for a cluster, drawn at random: what users do all day. */
import type { HttpRequest } from '../sim/api/http.ts';
import { configFromKubeconfig } from '../sim/client/api-client.ts';
import { nextInt, type RandomStream } from '../sim/kernel/random.ts';
import { objectsOf } from '../sim/observe.ts';
import type { World } from '../sim/world.ts';

export const WORK_KINDS = [
  'create deployment',
  'scale',
  'roll',
  'bad roll',
  'delete pod',
  'create service',
  'delete service',
  'delete deployment',
  'create job',
  'delete job',
  'cordon',
  'uncordon',
  'label node',
  'evict',
  'delete node lease',
  'namespace',
] as const;
export type WorkKind = (typeof WORK_KINDS)[number];

const NAMES = ['web', 'api', 'db'] as const;
const NAMESPACES = ['default', 'default', 'default', 'other'] as const;
const MERGE = 'application/merge-patch+json';
const ADMIN = '/root/.kube/config';
const TIMEOUT_MS = 20_000;

/** Asks for one thing and does not wait for the answer: a refusal is as good as a success. @returns what it was */
export function randomWork(world: World, random: RandomStream, kind: WorkKind): string | undefined {
  const name = NAMES[nextInt(random, 0, NAMES.length)]!;
  const namespace = NAMESPACES[nextInt(random, 0, NAMESPACES.length)]!;
  const request = requestFor(world, random, kind, name, namespace);
  if (request === undefined || !ask(world, request)) return undefined;
  return `${kind}: ${request.method} ${request.path} ${request.body === undefined ? '' : JSON.stringify(request.body)}`;
}

function requestFor(
  world: World,
  random: RandomStream,
  kind: WorkKind,
  name: string,
  namespace: string,
): HttpRequest | undefined {
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const services = `/api/v1/namespaces/${namespace}/services`;
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const labels = { app: name };
  const cpu = ['50m', '50m', '50m', '900m'][nextInt(random, 0, 4)]!;
  const container = { name: 'c', image: 'nginx:1.27', resources: { requests: { cpu, memory: '32Mi' } } };
  const patch = (path: string, body: unknown): HttpRequest => ({ method: 'PATCH', path, body, contentType: MERGE });
  switch (kind) {
    case 'create deployment': {
      const spec = {
        replicas: nextInt(random, 0, 6),
        selector: { matchLabels: labels },
        strategy: nextInt(random, 0, 4) === 0 ? { type: 'Recreate' } : { type: 'RollingUpdate' },
        template: { metadata: { labels }, spec: { containers: [container] } },
      };
      const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
      return { method: 'POST', path: deployments, body };
    }
    case 'scale':
      return patch(`${deployments}/${name}`, { spec: { replicas: nextInt(random, 0, 8) } });
    case 'roll': {
      const template = { metadata: { annotations: { round: String(nextInt(random, 0, 4)) } } };
      return patch(`${deployments}/${name}`, { spec: { template } });
    }
    case 'bad roll': {
      const image = nextInt(random, 0, 2) === 0 ? 'nginx:no-such-tag' : 'nginx:1.27';
      return patch(`${deployments}/${name}`, {
        spec: { template: { spec: { containers: [{ ...container, image }] } } },
      });
    }
    case 'delete pod': {
      const pod = anyOf(world, random, 'pods', nextInt(random, 0, 4) === 0 ? 'kube-system' : namespace);
      if (pod === undefined) return undefined;
      const body = nextInt(random, 0, 6) === 0 ? { gracePeriodSeconds: 0 } : undefined;
      return { method: 'DELETE', path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`, body };
    }
    case 'evict': {
      const pod = anyOf(world, random, 'pods', namespace);
      if (pod === undefined) return undefined;
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.name, namespace } };
      return { method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/${pod.name}/eviction`, body };
    }
    case 'create service': {
      const type = nextInt(random, 0, 2) === 0 ? 'ClusterIP' : 'NodePort';
      const spec = { selector: labels, ports: [{ port: 80, targetPort: 80 }], type };
      return { method: 'POST', path: services, body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec } };
    }
    case 'delete service':
      return { method: 'DELETE', path: `${services}/${name}` };
    case 'delete deployment': {
      const propagationPolicy = ['Background', 'Foreground', 'Orphan'][nextInt(random, 0, 3)];
      return { method: 'DELETE', path: `${deployments}/${name}`, body: { propagationPolicy } };
    }
    case 'create job': {
      const command = ['sh', '-c', `sleep ${nextInt(random, 1, 20)}`];
      const spec = {
        completions: nextInt(random, 1, 4),
        parallelism: nextInt(random, 1, 3),
        template: { spec: { restartPolicy: 'Never', containers: [{ ...container, image: 'busybox:1.36', command }] } },
      };
      return { method: 'POST', path: jobs, body: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec } };
    }
    case 'delete job':
      return { method: 'DELETE', path: `${jobs}/${name}`, body: { propagationPolicy: 'Background' } };
    case 'cordon':
    case 'uncordon': {
      const node = anyOf(world, random, 'nodes');
      return node && patch(`/api/v1/nodes/${node.name}`, { spec: { unschedulable: kind === 'cordon' ? true : null } });
    }
    case 'label node': {
      const node = anyOf(world, random, 'nodes');
      const labelled = { 'example.com/round': String(nextInt(random, 0, 9)) };
      return node && patch(`/api/v1/nodes/${node.name}`, { metadata: { labels: labelled } });
    }
    case 'delete node lease': {
      const node = anyOf(world, random, 'nodes');
      if (node === undefined) return undefined;
      return { method: 'DELETE', path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node.name}` };
    }
    case 'namespace':
      if (nextInt(random, 0, 3) === 0) return { method: 'DELETE', path: '/api/v1/namespaces/other' };
      return {
        method: 'POST',
        path: '/api/v1/namespaces',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
      };
  }
}

function ask(world: World, body: HttpRequest): boolean {
  const text = world.kernel.state.hosts.get('laptop')?.files.get(ADMIN)?.content;
  const found = configFromKubeconfig(text, ADMIN, 'kubectl/v1.36.2');
  if (!found.ok) return false;
  const { server, tls } = found.config;
  return world.inject({ type: 'request', host: 'laptop', address: server, body, tls, timeoutMs: TIMEOUT_MS }).ok;
}

function anyOf(
  world: World,
  random: RandomStream,
  kind: string,
  namespace?: string,
): { readonly name: string; readonly namespace: string } | undefined {
  const objects = objectsOf(world.kernel.state, kind, namespace);
  const metadata = objects[nextInt(random, 0, Math.max(1, objects.length))]?.metadata;
  return metadata && { name: metadata.name, namespace: metadata.namespace ?? '' };
}

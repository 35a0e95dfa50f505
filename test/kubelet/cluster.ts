/** A small cluster that has come up, and an administrator who asks its API. */
import type { HttpResponse } from '../../src/sim/api/http.ts';
import type { KubeObject, Node, Pod } from '../../src/sim/api/types.ts';
import { configFromKubeconfig } from '../../src/sim/client/api-client.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';
import { createWorld, NAMED_CLUSTERS, type World } from '../../src/sim/world.ts';

export interface TestCluster {
  readonly world: World;
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): HttpResponse;
  /** Texts of an answer that grows, until it ends or the time is over. */
  follow(path: string, seconds: number): string[];
  run(seconds: number): void;
  create(object: object): void;
  pod(name: string, namespace?: string): Pod | undefined;
  node(name: string): Node;
  /** `Reason: message` of the events about an object, oldest first. */
  events(name: string): string[];
  ready(name: string): string;
}

export function testCluster(): TestCluster {
  const world = createWorld(NAMED_CLUSTERS.single, 5);
  world.advance(25 * SECOND);
  const config = configFromKubeconfig(
    world.kernel.state.hosts.get('laptop')?.files.get('/root/.kube/config')?.content,
    '',
    'test',
  );
  if (!config.ok) throw new Error(config.error);
  const { server, tls } = config.config;
  const cluster: TestCluster = {
    world,
    ask(method, path, body, contentType) {
      const [bare = path, query = ''] = path.split('?');
      const queries = Object.fromEntries(
        query
          .split('&')
          .filter((pair) => pair !== '')
          .map((pair) => [pair.split('=')[0]!, pair.slice(pair.indexOf('=') + 1)]),
      );
      const request = { method, path: bare, query: queries, body, contentType };
      const result = world.inject({ type: 'request', host: 'laptop', address: server, body: request, tls });
      if (!result.ok || result.call === undefined) throw new Error('no call');
      let answer: HttpResponse | undefined;
      let failure = '';
      world.onAnswer(result.call, (event) => {
        if (event.type !== 'REPLY') return;
        if (event['ok'] === true) answer = event['body'] as HttpResponse;
        else failure = String(event['error']);
      });
      world.runUntil(world.now + 40 * SECOND, () => answer !== undefined || failure !== '');
      if (answer === undefined) throw new Error(failure);
      return answer;
    },
    follow(path, seconds) {
      const [bare = path, query = ''] = path.split('?');
      const queries = Object.fromEntries(query.split('&').map((pair) => pair.split('=')));
      const body = { method: 'GET', path: bare, query: queries };
      const result = world.inject({ type: 'request', host: 'laptop', address: server, body, tls, timeoutMs: 0 });
      const pieces: string[] = [];
      let over = false;
      if (result.ok && result.call !== undefined)
        world.onAnswer(result.call, (event) => {
          if (event.type === 'STREAM') pieces.push(...[event['item']].flat().map(String));
          else over = true;
        });
      world.runUntil(world.now + seconds * SECOND, () => over);
      return pieces;
    },
    run: (seconds) => world.advance(seconds * SECOND),
    create(object) {
      const { apiVersion, kind, metadata } = object as KubeObject;
      const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const answer = cluster.ask(
        'POST',
        `${prefix}/namespaces/${metadata.namespace ?? 'default'}/${kind.toLowerCase()}s`,
        object,
      );
      if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    },
    pod(name, namespace = 'default') {
      const answer = cluster.ask('GET', `/api/v1/namespaces/${namespace}/pods/${name}`);
      return answer.status === 200 ? (answer.body as Pod) : undefined;
    },
    node: (name) => cluster.ask('GET', `/api/v1/nodes/${name}`).body as Node,
    events(name) {
      const list = cluster.ask('GET', '/api/v1/events').body as {
        items: { involvedObject: { name: string }; reason: string; message: string; metadata: { name: string } }[];
      };
      return list.items
        .filter((event) => event.involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`);
    },
    ready(name) {
      const condition = cluster.node(name).status?.conditions?.find(({ type }) => type === 'Ready');
      return `${condition?.status} ${condition?.reason}: ${condition?.message}`;
    },
  };
  return cluster;
}

export function simplePod(name: string, container: object, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1.27', ...container }],
      terminationGracePeriodSeconds: 3,
      ...spec,
    },
  };
}

/** Work for a cluster, drawn at random: what users do all day. */

import type { Gateway } from '../shell/gateway.ts';
import type { HttpRequest, HttpResponse } from '../sim/api/http.ts';
import { nextInt, type RandomStream } from '../sim/kernel/random.ts';
import { objectsOf } from '../sim/observe.ts';

type Ask = (gateway: Gateway, request: HttpRequest) => Promise<HttpResponse | undefined>;

const NAMES = ['web', 'api', 'db'] as const;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = 'application/merge-patch+json';

/** Does one thing; a refusal is as good as a success. @returns what it was */
export async function randomWork(gateway: Gateway, random: RandomStream, ask: Ask): Promise<string> {
  const name = NAMES[nextInt(random, 0, NAMES.length)]!;
  const labels = { app: name };
  switch (nextInt(random, 0, 8)) {
    case 0:
    case 1: {
      const container = { name: 'c', image: 'nginx:1.27', resources: { requests: { cpu: '50m', memory: '32Mi' } } };
      const spec = {
        replicas: nextInt(random, 0, 6),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      };
      await ask(gateway, {
        method: 'POST',
        path: DEPLOYMENTS,
        body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec },
      });
      return 'create deployment';
    }
    case 2:
      await ask(gateway, {
        method: 'PATCH',
        path: `${DEPLOYMENTS}/${name}`,
        body: { spec: { replicas: nextInt(random, 0, 8) } },
        contentType: MERGE,
      });
      return 'scale';
    case 3: {
      const template = { metadata: { annotations: { round: String(nextInt(random, 0, 1_000)) } } };
      await ask(gateway, {
        method: 'PATCH',
        path: `${DEPLOYMENTS}/${name}`,
        body: { spec: { template } },
        contentType: MERGE,
      });
      return 'roll';
    }
    case 4: {
      const pods = objectsOf(gateway.world.kernel.state, 'pods', 'default');
      const pod = pods[nextInt(random, 0, Math.max(1, pods.length))];
      if (pod !== undefined)
        await ask(gateway, { method: 'DELETE', path: `/api/v1/namespaces/default/pods/${pod.metadata.name}` });
      return 'delete pod';
    }
    case 5: {
      const spec = {
        selector: labels,
        ports: [{ port: 80, targetPort: 80 }],
        type: nextInt(random, 0, 2) === 0 ? 'ClusterIP' : 'NodePort',
      };
      await ask(gateway, {
        method: 'POST',
        path: '/api/v1/namespaces/default/services',
        body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec },
      });
      return 'create service';
    }
    case 6:
      await ask(gateway, { method: 'DELETE', path: `${DEPLOYMENTS}/${name}` });
      return 'delete deployment';
    default: {
      const nodes = objectsOf(gateway.world.kernel.state, 'nodes');
      const node = nodes[nextInt(random, 0, Math.max(1, nodes.length))];
      const unschedulable = nextInt(random, 0, 2) === 0;
      if (node !== undefined) {
        await ask(gateway, {
          method: 'PATCH',
          path: `/api/v1/nodes/${node.metadata.name}`,
          body: { spec: { unschedulable: unschedulable ? true : null } },
          contentType: MERGE,
        });
      }
      return unschedulable ? 'cordon' : 'uncordon';
    }
  }
}

import { beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from './cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});

test.each([
  ['rollout re', ['restart', 'resume']],
  ['ge', ['get']],
  ['create conf', ['configmap']],
  ['get deploym', ['deployments']],
  ['get nodes n', ['node-1']],
  ['drain ', ['cp-1', 'node-1']],
  ['get --show-l', ['--show-labels']],
  ['get pods -n kube-p', ['kube-public']],
  ['get pods -o j', ['json', 'jsonpath=']],
  ['logs -n kube-system etcd', ['etcd-cp-1']],
  ['logs -n kube-system etcd-cp-1 -c e', ['etcd']],
  ['describe node/c', ['node/cp-1']],
  ['config use-context ', ['kubernetes-admin@kubernetes']],
  ['get nonsense x', []],
])('Tab after %s', async (line, candidates) => {
  expect(await cluster.complete(line)).toEqual(candidates);
});

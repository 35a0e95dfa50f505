import { beforeAll, describe, expect, it } from 'vitest';
import { simplePod, type TestCluster, testCluster } from './cluster.ts';

const state = (cluster: TestCluster, name: string) => cluster.pod(name)?.status?.containerStatuses?.[0]?.state;

describe('a node', () => {
  const cluster = testCluster();

  it('registers, is ready, and renews its Lease', () => {
    expect(cluster.ready('node-1')).toBe('True KubeletReady: kubelet is posting ready status');
    const { status, metadata } = cluster.node('node-1');
    expect(status?.capacity).toEqual({
      cpu: '4',
      'ephemeral-storage': '60Gi',
      'hugepages-1Gi': '0',
      'hugepages-2Mi': '0',
      memory: '8Gi',
      pods: '110',
    });
    expect(status?.allocatable).toMatchObject({ cpu: '4', memory: '8092Mi', 'ephemeral-storage': '57982058496' });
    expect(metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux' });
    expect(cluster.node('cp-1').spec?.taints).toEqual([
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ]);
    const lease = cluster.ask('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1').body;
    expect(lease).toMatchObject({
      spec: { holderIdentity: 'node-1', leaseDurationSeconds: 40 },
      metadata: { ownerReferences: [{ kind: 'Node', name: 'node-1' }] },
    });
  });

  it('shows its static pods as mirror pods, and makes them again', () => {
    const before = cluster.pod('etcd-cp-1', 'kube-system');
    expect(before?.status).toMatchObject({
      phase: 'Running',
      qosClass: 'Burstable',
      hostIP: '192.168.56.11',
      podIP: '192.168.56.11',
    });
    expect(before?.metadata.annotations).toMatchObject({ 'kubernetes.io/config.source': 'file' });
    cluster.ask('DELETE', '/api/v1/namespaces/kube-system/pods/etcd-cp-1');
    cluster.run(3);
    const after = cluster.pod('etcd-cp-1', 'kube-system');
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(after?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });

  it('rejects what does not fit', () => {
    cluster.create(simplePod('fat', { resources: { requests: { cpu: '5' } } }, { nodeName: 'node-1' }));
    cluster.run(2);
    expect(cluster.pod('fat')?.status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: expect.stringMatching(
        /^Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: \d+, capacity: 4000$/,
      ),
    });
  });
});

describe('a pod of the API', () => {
  const cluster = testCluster();

  it('runs, answers exec and logs, and ends gracefully', () => {
    cluster.create(simplePod('web', {}, { nodeName: 'node-1' }));
    cluster.run(6);
    const pod = cluster.pod('web');
    expect(pod?.status?.phase).toBe('Running');
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
      ready: true,
      started: true,
      image: 'docker.io/library/nginx:1.27',
      imageID: expect.stringMatching(/^docker.io\/library\/nginx@sha256:/),
      containerID: expect.stringMatching(/^containerd:\/\//),
      volumeMounts: [
        { mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true, recursiveReadOnly: 'Disabled' },
      ],
    });
    expect(cluster.events('web')).toEqual([
      'Pulling: Pulling image "nginx:1.27"',
      expect.stringMatching(
        /^Pulled: Successfully pulled image "nginx:1.27" in 1.\d+s \(1.\d+s including waiting\). Image size: 72\d+ bytes.$/,
      ),
      'Created: Container created',
      'Started: Container started',
    ]);
    expect(cluster.ask('GET', '/api/v1/namespaces/default/pods/web/log?tailLines=1').body).toMatch(
      /start worker processes\n$/,
    );
    const exec = cluster.ask('POST', '/api/v1/namespaces/default/pods/web/exec', {
      command: ['sh', '-c', 'env | grep KUBERNETES_SERVICE_HOST; exit 4'],
    });
    expect(exec.body).toMatchObject({
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '4' }] },
    });
    cluster.ask('DELETE', '/api/v1/namespaces/default/pods/web');
    cluster.run(3);
    expect(cluster.pod('web')).toBeUndefined();
  });

  it('streams its log while it grows, and keeps that of the instance before', () => {
    const command = ['sh', '-c', 'i=0; while [ $i -lt 4 ]; do i=$((i+1)); echo line $i; sleep 2; done; exit 1'];
    cluster.create(simplePod('talk', { image: 'busybox', command }, { nodeName: 'node-1' }));
    cluster.run(3);
    const pieces = cluster.follow('/api/v1/namespaces/default/pods/talk/log?follow=true', 20);
    expect(pieces.join('')).toBe('line 1\nline 2\nline 3\nline 4\n');
    expect(pieces.length).toBeGreaterThan(2);
    cluster.run(3);
    expect(cluster.ask('GET', '/api/v1/namespaces/default/pods/talk/log?previous=true&tailLines=1').body).toBe(
      'line 4\n',
    );
  });

  it('waits for what its environment needs', () => {
    cluster.create(
      simplePod(
        'env',
        { image: 'nginx:1.27', env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } }] },
        { nodeName: 'node-1' },
      ),
    );
    cluster.run(4);
    expect(state(cluster, 'env')).toEqual({
      waiting: { reason: 'CreateContainerConfigError', message: 'secret "keys" not found' },
    });
    cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { a: 'c2VjcmV0' } });
    cluster.run(20);
    expect(state(cluster, 'env')?.running).toBeDefined();
    const exec = cluster.ask('POST', '/api/v1/namespaces/default/pods/env/exec', { command: ['printenv', 'KEY'] });
    expect(exec.body).toMatchObject({ status: 'Success' });
    expect(cluster.events('env')).toContain('Failed: Error: secret "keys" not found');
  });

  it('waits for its volumes, and sees them change', () => {
    const volumes = [{ name: 'page', configMap: { name: 'page' } }];
    cluster.create(
      simplePod(
        'files',
        { volumeMounts: [{ name: 'page', mountPath: '/usr/share/nginx/html' }] },
        { nodeName: 'node-1', volumes },
      ),
    );
    cluster.run(4);
    expect(state(cluster, 'files')).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(cluster.events('files')).toContain(
      'FailedMount: MountVolume.SetUp failed for volume "page" : configmap "page" not found',
    );
    cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'page' }, data: { 'index.html': 'one' } });
    cluster.run(20);
    expect(state(cluster, 'files')?.running).toBeDefined();
    cluster.ask(
      'PATCH',
      '/api/v1/namespaces/default/configmaps/page',
      { data: { 'index.html': 'two' } },
      'application/merge-patch+json',
    );
    cluster.run(100);
    const uid = cluster.pod('files')?.metadata.uid;
    const file = cluster.world.kernel.state.hosts
      .get('node-1')
      ?.files.get(`/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~configmap/page/index.html`);
    expect(file?.content).toBe('two');
  });

  it('succeeds or fails by its restart policy', () => {
    const once = (name: string, script: string, restartPolicy: string) =>
      cluster.create(
        simplePod(name, { image: 'busybox', command: ['sh', '-c', script] }, { nodeName: 'node-1', restartPolicy }),
      );
    once('good', 'echo done', 'Never');
    once('bad', 'echo oops > /dev/termination-log; exit 2', 'Never');
    once('again', 'exit 1', 'OnFailure');
    cluster.run(8);
    expect(cluster.pod('good')?.status).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { reason: 'Completed', exitCode: 0 } } }],
    });
    expect(cluster.pod('good')?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
    expect(cluster.pod('bad')?.status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { reason: 'Error', exitCode: 2, message: 'oops\n' } } }],
    });
    expect(cluster.pod('again')?.status).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    });
    expect(cluster.ask('GET', '/api/v1/namespaces/default/pods/good/log').body).toBe('done\n');
  });

  it('ends when its deadline has passed', () => {
    cluster.create(
      simplePod(
        'late',
        { image: 'busybox', command: ['sleep', '1000'] },
        { nodeName: 'node-1', activeDeadlineSeconds: 5 },
      ),
    );
    cluster.run(15);
    expect(cluster.pod('late')?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('is killed when it takes too much memory', () => {
    cluster.create(
      simplePod(
        'hog',
        {
          image: 'polinux/stress',
          command: ['stress'],
          args: ['--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'],
          resources: { limits: { memory: '100Mi' } },
        },
        { nodeName: 'node-1', restartPolicy: 'Never' },
      ),
    );
    cluster.run(8);
    expect(state(cluster, 'hog')?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });
});

describe('a node in trouble', () => {
  let cluster: TestCluster;
  beforeAll(() => {
    cluster = testCluster();
    cluster.create(simplePod('web', {}, { nodeName: 'node-1' }));
    cluster.run(6);
  });

  it('is not ready without a container runtime, whose pods go on', () => {
    cluster.world.inject({ type: 'unit', host: 'node-1', verb: 'stop', unit: 'containerd' });
    cluster.run(45);
    expect(cluster.ready('node-1')).toBe('False KubeletNotReady: container runtime is down');
    cluster.run(180);
    expect(cluster.ready('node-1')).toMatch(
      /^False KubeletNotReady: \[container runtime is down, PLEG is not healthy: pleg was last seen active \S+ ago; threshold is 3m0s\]$/,
    );
    cluster.world.inject({ type: 'unit', host: 'node-1', verb: 'start', unit: 'containerd' });
    cluster.run(20);
    expect(cluster.ready('node-1')).toMatch(/^True/);
    expect(state(cluster, 'web')?.running).toBeDefined();
    expect(cluster.pod('web')?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('is not ready without a CNI configuration', () => {
    const path = '/etc/cni/net.d/10-bridge.conflist';
    const content = cluster.world.kernel.state.hosts.get('node-1')?.files.get(path)?.content ?? '';
    cluster.world.inject({ type: 'remove-file', host: 'node-1', path });
    cluster.run(15);
    expect(cluster.ready('node-1')).toBe(
      'False KubeletNotReady: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    );
    cluster.world.inject({ type: 'write-file', host: 'node-1', path, content });
    cluster.run(15);
    expect(cluster.ready('node-1')).toMatch(/^True/);
  });

  it('evicts pods when its disk is full', () => {
    cluster.world.kernel.state.hosts.get('node-1')!.diskFull = true;
    cluster.run(25);
    expect(cluster.pod('web')?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: expect.stringMatching(/^The node was low on resource: ephemeral-storage. /),
    });
    expect(cluster.node('node-1').spec?.taints?.map(({ key }) => key)).toContain('node.kubernetes.io/disk-pressure');
    cluster.world.kernel.state.hosts.get('node-1')!.diskFull = false;
    cluster.run(330);
    expect(cluster.node('node-1').status?.conditions?.find(({ type }) => type === 'DiskPressure')?.status).toBe(
      'False',
    );
  });

  it('keeps its pods while the kubelet is away, and tells what happened meanwhile', () => {
    cluster.create(simplePod('two', {}, { nodeName: 'node-1' }));
    cluster.run(6);
    cluster.world.inject({ type: 'unit', host: 'node-1', verb: 'stop', unit: 'kubelet' });
    cluster.run(80);
    expect(cluster.ready('node-1')).toBe('Unknown NodeStatusUnknown: Kubelet stopped posting node status.');
    cluster.world.inject({ type: 'signal', process: 'node-1/default/two/main', signal: 'SIGKILL' });
    cluster.run(5);
    cluster.world.inject({ type: 'unit', host: 'node-1', verb: 'start', unit: 'kubelet' });
    cluster.run(20);
    expect(cluster.ready('node-1')).toMatch(/^True/);
    expect(cluster.pod('two')?.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 137 } },
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/sim/api/types.ts';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import { ControlPlane, node, pod } from './small-api-server.ts';

const UNSCHEDULABLE_CPU =
  '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

describe('kube-scheduler', () => {
  it('binds a pod and says so', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1'), node('node-2'), pod('web'));
    plane.advance(1);
    expect(plane.stateOf('scheduler')).toBe('idle');
    expect(plane.pod('web').spec.nodeName).toMatch(/^node-[12]$/);
    expect(plane.events('Scheduled')).toEqual([
      `Successfully assigned default/web to ${plane.pod('web').spec.nodeName}`,
    ]);
  });

  it('spreads pods by what is requested', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1'), node('node-2'), ...['a', 'b', 'c', 'd'].map((name) => pod(name)));
    plane.advance(2);
    const nodes = ['a', 'b', 'c', 'd'].map((name) => plane.pod(name).spec.nodeName);
    expect(nodes.sort()).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
  });

  it('says why nothing fits, and tries again when a node comes that may help', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1', '1'), pod('big', '2'));
    plane.advance(2);
    expect(plane.events('FailedScheduling')).toEqual([UNSCHEDULABLE_CPU]);
    const condition = plane.pod('big').status?.conditions?.[0];
    expect(condition).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: UNSCHEDULABLE_CPU,
    });
    plane.create(node('node-2', '1'));
    plane.advance(5);
    expect(plane.scheduler.counts.attempts).toBe(1);
    plane.create(node('node-3', '4'));
    plane.advance(5);
    expect(plane.pod('big').spec.nodeName).toBe('node-3');
  });

  it('tries leftovers again after five minutes', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1', '1'), pod('big', '2'));
    plane.advance(299);
    expect(plane.scheduler.counts.attempts).toBe(1);
    plane.advance(60);
    expect(plane.scheduler.counts.attempts).toBe(2);
  });

  it('leaves pods of other schedulers and gated pods alone', () => {
    const plane = new ControlPlane();
    plane.create(
      node('node-1'),
      pod('other', '1', { schedulerName: 'mine' }),
      pod('gated', '1', { schedulingGates: [{ name: 'g' }] }),
    );
    plane.advance(5);
    expect(plane.pod('other').spec.nodeName).toBeUndefined();
    expect(plane.pod('gated').spec.nodeName).toBeUndefined();
    const gated = plane.pod('gated');
    plane.create({ ...gated, spec: { ...gated.spec, schedulingGates: [] } } as Pod);
    plane.advance(5);
    expect(plane.pod('gated').spec.nodeName).toBe('node-1');
  });

  it('makes room for a more important pod', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1', '2'), pod('small', '2', { priority: 1 }));
    plane.advance(2);
    plane.create(pod('important', '2', { priority: 1000 }));
    plane.advance(10);
    expect(plane.pod('small')).toBeUndefined();
    expect(plane.pod('important').spec.nodeName).toBe('node-1');
    expect(plane.events('Preempted')).toEqual(['Preempted by pod uid-important on node node-1']);
    expect(plane.events('FailedScheduling')).toEqual(['0/1 nodes are available: 1 Insufficient cpu.']);
  });

  it('backs off 1, 2, 4, 8, 10 seconds when the API server refuses the binding', () => {
    const plane = new ControlPlane();
    plane.advance(1);
    plane.api.refusal = 'no';
    plane.create(node('node-1'), pod('web'));
    const attempts: number[] = [];
    for (let second = 0; second < 40; second++) {
      plane.advance(1);
      attempts.push(plane.scheduler.counts.attempts);
    }
    expect(attempts.at(-1)).toBeGreaterThanOrEqual(6);
    expect(attempts.at(-1)).toBeLessThanOrEqual(7);
    expect(plane.events('FailedScheduling')[0]).toBe('running Bind plugin "DefaultBinder": no');
    plane.api.refusal = '';
    plane.advance(12);
    expect(plane.pod('web').spec.nodeName).toBe('node-1');
  });

  it('schedules nothing while another instance leads, and takes over when that one stops', () => {
    const plane = new ControlPlane(['--leader-elect=true']);
    plane.advance(3);
    plane.start('second', ['--leader-elect=true', '--secure-port=0']);
    plane.advance(5);
    expect([plane.stateOf('scheduler'), plane.stateOf('second')]).toEqual(['idle', 'standby']);
    plane.kernel.processes.signal('cp-1/scheduler', 'SIGTERM');
    plane.advance(10);
    expect([plane.stateOf('scheduler'), plane.stateOf('second')]).toEqual(['gone', 'idle']);
    plane.create(node('node-1'), pod('web'));
    plane.advance(2);
    expect(plane.pod('web').spec.nodeName).toBe('node-1');
  });

  it.each(['policy-config-file', 'algorithm-provider', 'scheduler-name', 'foo'])('does not know --%s', (flag) => {
    const plane = new ControlPlane([`--${flag}=x`]);
    plane.advance(1);
    expect(plane.stateOf('scheduler')).toBe('gone');
    expect(plane.log('scheduler')[0]).toBe(`Error: unknown flag: --${flag}`);
  });

  it('reads profiles from --config', () => {
    const config = `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: { kubeconfig: /etc/kubernetes/scheduler.conf }
leaderElection: { leaderElect: false }
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  pluginConfig:
  - name: NodeResourcesFit
    args: { scoringStrategy: { type: MostAllocated } }
  plugins: { score: { disabled: [{ name: NodeResourcesBalancedAllocation }, { name: PodTopologySpread }] } }
`;
    const plane = new ControlPlane(['--config=/etc/kubernetes/packer.yaml'], { '/etc/kubernetes/packer.yaml': config });
    plane.create(
      node('node-1'),
      node('node-2'),
      ...['a', 'b', 'c'].map((name) => pod(name, '1', { schedulerName: 'packer' })),
    );
    plane.advance(2);
    const nodes = new Set(['a', 'b', 'c'].map((name) => plane.pod(name).spec.nodeName));
    expect(nodes.size).toBe(1);
  });

  it('gives up on an old or broken configuration', () => {
    const old = 'apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n';
    const plane = new ControlPlane(['--config=/c.yaml'], { '/c.yaml': old });
    plane.advance(1);
    expect(plane.stateOf('scheduler')).toBe('gone');
    expect(plane.log('scheduler').join('\n')).toContain(
      'no kind \\"KubeSchedulerConfiguration\\" is registered for version \\"kubescheduler.config.k8s.io/v1beta3\\"',
    );
  });

  it('binds volumes that wait for their first consumer before the pod', () => {
    const plane = new ControlPlane();
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default', uid: 'data' },
      spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Pending' },
    };
    plane.create(
      node('node-1'),
      node('node-2'),
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'local' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'disk' },
        spec: {
          storageClassName: 'local',
          capacity: { storage: '2Gi' },
          accessModes: ['ReadWriteOnce'],
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }] },
              ],
            },
          },
        },
        status: { phase: 'Available' },
      },
      claim,
      pod('db', '1', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }),
    );
    plane.advance(3);
    expect(plane.objects('/api/v1/persistentvolumes')[0]?.['spec']).toMatchObject({
      claimRef: { name: 'data', uid: 'data' },
    });
    expect(plane.pod('db').spec.nodeName).toBeUndefined();
    expect(plane.pod('db').status?.nominatedNodeName).toBe('node-2');
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
    plane.create({
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName: 'disk' },
    });
    plane.advance(1);
    expect(plane.pod('db').spec.nodeName).toBe('node-2');
  });

  it('keeps its memory plain and its last decisions', () => {
    const plane = new ControlPlane();
    plane.create(node('node-1'), node('node-2'), pod('web'), pod('big', '9'));
    plane.advance(2);
    expect(() => clonePlain(plane.scheduler)).not.toThrow();
    const [first, second] = [...plane.scheduler.decisions].sort((a, b) => (a.pod < b.pod ? -1 : 1));
    expect(first?.rejected.get('node-1')).toEqual({ plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'] });
    expect(second?.scorers).toContain('NodeResourcesFit');
    expect([...(second?.totals.keys() ?? [])].sort()).toEqual(['node-1', 'node-2']);
  });
});

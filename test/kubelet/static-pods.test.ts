import { describe, expect, it } from 'vitest';
import { journal, unitStatus } from '../../src/sim/host/units.ts';
import { kubeletProgram } from '../../src/sim/kubelet/kubelet.machine.ts';
import type { KubeletMemory } from '../../src/sim/kubelet/memory.ts';
import type { PodWorker } from '../../src/sim/kubelet/worker.ts';
import { type TestNode, type TestNodeOptions, testNode } from '../runtime/node.ts';

const STANDALONE = {
  '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=\n',
  '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf':
    '[Service]\nEnvironmentFile=-/etc/default/kubelet\nExecStart=\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml $KUBELET_EXTRA_ARGS\n',
};

const MANIFEST = '/etc/kubernetes/manifests/web.yaml';

/** A machine whose kubelet knows no API server, with one manifest. */
function standalone(manifest: string, options: TestNodeOptions = {}): TestNode {
  return testNode({
    more: [kubeletProgram],
    ...options,
    files: { ...STANDALONE, [MANIFEST]: manifest, ...options.files },
  });
}

const pod = (containers: string, rest = '') => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 5
${rest}  containers:
${containers}
`;
const NGINX = pod('  - {name: main, image: "nginx:1.27"}');

function workers(node: TestNode): PodWorker[] {
  return [...(node.kernel.state.processes.get(`${node.host}/kubelet`)!.memory as KubeletMemory).pods.values()];
}

function summary(node: TestNode): string[] {
  return workers(node).map((worker) => {
    const states = worker.containers.map(({ name, state }) => `${name}=${state}`).join(' ');
    return `${worker.key} ${worker.state} ${worker.status?.phase} ${states}`;
  });
}

const kubeletLog = (node: TestNode) =>
  journal(node.kernel, node.host, 'kubelet').map(({ text }) => text.replace(/^([IWE])\d+ \S+ +\d+ /, '$1 '));

describe('a static pod', () => {
  it('runs without an API server, and ends with its manifest', () => {
    const node = standalone(NGINX);
    node.run(5);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
    const worker = workers(node)[0]!;
    expect(node.ask(`${worker.ip}:80`, { method: 'GET', path: '/' })).toMatchObject({ status: 200 });
    expect(worker.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    node.kernel.files.removeHost('node-1', MANIFEST);
    node.run(8);
    expect(summary(node)).toEqual([]);
    expect(node.kernel.state.processes.has('node-1/main')).toBe(false);
  });

  it('is started anew when its manifest changes', () => {
    const node = standalone(NGINX);
    node.run(5);
    const before = workers(node)[0]!.uid;
    node.kernel.files.writeHost('node-1', MANIFEST, NGINX.replace('1.27', '1.28'));
    node.run(12);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
    expect(workers(node)[0]!.uid).not.toBe(before);
  });

  it('vanishes when its manifest is broken, and the log says why', () => {
    const node = standalone(NGINX);
    node.run(5);
    node.kernel.files.writeHost('node-1', MANIFEST, NGINX.replace('spec:', 'spec'));
    node.run(10);
    expect(summary(node)).toEqual([]);
    expect(
      kubeletLog(node)
        .filter((line) => line.includes('manifest'))
        .slice(-1),
    ).toEqual([
      'E file.go:187] "Could not process manifest file" err="/etc/kubernetes/manifests/web.yaml: couldn\'t parse as pod(yaml: line 6: could not find expected \':\'), please check config file" path="/etc/kubernetes/manifests/web.yaml"',
    ]);
    node.kernel.files.writeHost('node-1', MANIFEST, NGINX);
    node.run(5);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
  });

  it('backs off when it keeps dying: at once, then 10, 20, 40 seconds and more', () => {
    const node = standalone(pod('  - {name: main, image: busybox, command: [sh, -c, "echo up; exit 3"]}'));
    node.run(150);
    const worker = workers(node)[0]!;
    const starts = [0, 1, 2, 3, 4, 5].map(
      (n) =>
        node.kernel.state.hosts
          .get('node-1')
          ?.logs.get(`/var/log/pods/default_web-node-1_${worker.uid}/main/${n}.log`)?.[0]?.at ?? 0,
    );
    expect(summary(node)[0]).toContain('main=CrashLoopBackOff');
    expect(worker.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: expect.any(Number),
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: expect.stringMatching(/^back-off \S+ restarting failed container=main pod=web-node-1_default\(/),
        },
      },
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    const seen = starts.filter((at) => at > 0);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(worker.containers[0]!.attempt).toBeGreaterThanOrEqual(4);
    expect(worker.containers[0]!.backOffMs).toBe(80_000);
  });

  it('backs off when its image cannot be pulled', () => {
    const node = standalone(pod('  - {name: main, image: ngimx}'));
    node.run(2.2);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ErrImagePull');
    node.run(2.5);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message:
        'Back-off pulling image "ngimx": ErrImagePull: failed to pull and unpack image "docker.io/library/ngimx:latest": failed to resolve reference "docker.io/library/ngimx:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    });
    expect(workers(node)[0]!.status?.phase).toBe('Pending');
  });

  it('runs init containers one after the other, with sidecars beside', () => {
    const init = `  initContainers:
  - {name: first, image: busybox, command: [sh, -c, "sleep 2; echo one"]}
  - {name: side, image: busybox, restartPolicy: Always, command: [sleep, infinity]}
  - {name: second, image: busybox, command: [sh, -c, "sleep 2; echo two"]}
`;
    const node = standalone(pod('  - {name: main, image: nginx}', init));
    node.run(3);
    expect(summary(node)).toEqual(['default/web-node-1 PodInitializing Pending first=Running side= second= main=']);
    node.run(15);
    expect(summary(node)).toEqual([
      'default/web-node-1 Running Running first=Completed side=Running second=Completed main=Running',
    ]);
  });

  it('is restarted when it fails its liveness probe, and not ready while its readiness probe fails', () => {
    const probes =
      'livenessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2, failureThreshold: 2}, readinessProbe: {httpGet: {path: /nope, port: 80}, periodSeconds: 1}';
    const node = standalone(pod(`  - {name: main, image: nginx, ${probes}}`));
    node.run(10);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 0 });
    node.kernel.processes.pause('node-1/main');
    node.run(20);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]?.restartCount).toBeGreaterThan(0);
  });

  it('is asked by command and by connection', () => {
    const exec = 'readinessProbe: {exec: {command: [sh, -c, "test -f /tmp/ok"]}, periodSeconds: 1}';
    const tcp = 'livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 1, failureThreshold: 1}';
    const node = standalone(pod(`  - {name: main, image: nginx, ${exec}, ${tcp}}`));
    node.run(6);
    const worker = workers(node)[0]!;
    expect(worker.status?.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 0 });
    const id = worker.containers[0]!.current!.id;
    expect(node.cri<'ExecSync'>({ method: 'ExecSync', id, command: ['touch', '/tmp/ok'] })).toMatchObject({
      exitCode: 0,
    });
    node.run(3);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 });
  });

  it('starts only after its startup probe has passed', () => {
    const startup = 'startupProbe: {exec: {command: [cat, /tmp/started]}, periodSeconds: 2, failureThreshold: 30}';
    const node = standalone(
      pod(`  - {name: main, image: busybox, command: [sh, -c, "sleep 8; touch /tmp/started; sleep 1000"], ${startup}}`),
    );
    node.run(6);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]).toMatchObject({ ready: false, started: false });
    node.run(8);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]).toMatchObject({ ready: true, started: true });
  });

  it('runs its hook before it is stopped', () => {
    const node = standalone(pod('  - {name: main, image: nginx, lifecycle: {preStop: {sleep: {seconds: 3}}}}'));
    node.run(5);
    node.kernel.files.removeHost('node-1', MANIFEST);
    node.run(2.5);
    expect(node.kernel.state.processes.has('node-1/main')).toBe(true);
    node.run(2.5);
    expect(node.kernel.state.processes.has('node-1/main')).toBe(false);
  });

  it('is made anew when its sandbox dies', () => {
    const node = standalone(NGINX);
    node.run(5);
    const shim = [...node.kernel.state.processes.keys()].find((id) => id.includes('/shim-'))!;
    node.kernel.processes.signal('node-1/main', 'SIGKILL');
    node.kernel.processes.signal(shim, 'SIGKILL');
    node.run(12);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
    expect(workers(node)[0]!.sandboxAttempt).toBe(1);
  });

  it('is found running by a kubelet that starts again', () => {
    const node = standalone(NGINX);
    node.run(5);
    const life = node.kernel.state.processes.get('node-1/main')!.life;
    node.kernel.processes.signal('node-1/kubelet', 'SIGKILL');
    node.run(15);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
    expect(node.kernel.state.processes.get('node-1/main')!.life).toBe(life);
  });

  it('comes back after the machine lost power', () => {
    const node = standalone(NGINX);
    node.run(5);
    node.kernel.processes.powerOff('node-1');
    node.run(1);
    node.kernel.processes.powerOn('node-1');
    node.kernel.processes.spawn('node-1', { name: 'systemd', program: 'systemd', args: [], log: 'systemd' });
    node.run(10);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
    expect(workers(node)[0]!.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
    });
  });
});

describe('a kubelet', () => {
  it('ends with the real error when a flag is retired or unknown', () => {
    const node = standalone(NGINX, { files: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n' } });
    node.run(2);
    expect(kubeletLog(node)).toContain(
      'E run.go:72] "command failed" err="failed to parse kubelet flag: unknown flag: --network-plugin"',
    );
    expect(unitStatus(node.kernel, 'node-1', 'kubelet')).toMatchObject({
      active: 'activating (auto-restart)',
      exitCode: 1,
    });
    node.kernel.files.writeHost('node-1', '/etc/default/kubelet', 'KUBELET_EXTRA_ARGS=\n');
    node.run(15);
    expect(summary(node)).toEqual(['default/web-node-1 Running Running main=Running']);
  });

  it('says when its configuration cannot be read', () => {
    const node = standalone(NGINX, { files: { '/var/lib/kubelet/config.yaml': undefined } });
    node.run(2);
    expect(kubeletLog(node).at(-1)).toContain("kubelet.service: Failed with result 'exit-code'");
    expect(
      kubeletLog(node).some((line) => line.includes('open /var/lib/kubelet/config.yaml: no such file or directory')),
    ).toBe(true);
  });

  it('cannot start once its certificate has expired', () => {
    const node = testNode({ more: [kubeletProgram], boot: false });
    node.kernel.state.hosts.get('node-1')!.clockSkewMs = 400 * 24 * 3_600_000;
    node.kernel.processes.spawn('node-1', { name: 'systemd', program: 'systemd', args: [], log: 'systemd' });
    node.run(2);
    expect(kubeletLog(node)).toContain(
      'E run.go:72] "command failed" err="failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"',
    );
  });

  it('cannot start without a container runtime', () => {
    const node = standalone(NGINX, {
      files: { '/etc/systemd/system/multi-user.target.wants/containerd.service': undefined },
    });
    node.run(2);
    expect(kubeletLog(node).some((line) => line.includes('validate CRI v1 runtime API for endpoint'))).toBe(true);
    expect(unitStatus(node.kernel, 'node-1', 'kubelet')?.active).toBe('activating (auto-restart)');
  });
});

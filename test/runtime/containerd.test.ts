import { describe, expect, it } from 'vitest';
import type { ContainerConfig, SandboxConfig } from '../../src/sim/api/cri.ts';
import { askUnit, journal, unitStatus } from '../../src/sim/host/units.ts';
import { type TestNode, testNode } from './node.ts';

const sandbox = (name: string): SandboxConfig => ({
  name,
  namespace: 'default',
  uid: `uid-${name}`,
  attempt: 0,
  hostname: name,
  hostNetwork: false,
  labels: {},
  annotations: {},
  logDirectory: `/var/log/pods/default_${name}_uid-${name}`,
  portMappings: [],
});

const container = (image: string, imageRef: string, argv: readonly string[] = []): ContainerConfig => ({
  name: 'main',
  attempt: 0,
  image,
  imageRef,
  command: argv,
  args: [],
  workingDir: '',
  env: [{ name: 'GREETING', value: 'hello' }],
  mounts: [],
  labels: {},
  annotations: {},
  logPath: 'main/0.log',
  memoryLimitBytes: 0,
  cpuLimitMillis: 0,
  stdin: false,
});

function must<T extends { ok: boolean }>(result: T): Extract<T, { ok: true }> {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result as Extract<T, { ok: true }>;
}

function runPod(
  node: TestNode,
  name: string,
  image: string,
  argv: readonly string[] = [],
  change: Partial<ContainerConfig> = {},
) {
  const pulled = must(node.cri<'PullImage'>({ method: 'PullImage', image }));
  const box = must(node.cri<'RunPodSandbox'>({ method: 'RunPodSandbox', config: sandbox(name) })).sandbox;
  const config = { ...container(image, pulled.imageRef, argv), ...change };
  const { id } = must(node.cri<'CreateContainer'>({ method: 'CreateContainer', sandboxId: box.id, config }));
  const started = node.cri<'StartContainer'>({ method: 'StartContainer', id });
  const log = `${box.config.logDirectory}/main/0.log`;
  const status = () => must(node.cri<'ContainerStatus'>({ method: 'ContainerStatus', id })).container;
  return { box, id, started, log, status };
}

function booted(): TestNode {
  const node = testNode();
  node.run(2);
  return node;
}

describe('systemd', () => {
  it('starts what is enabled, restarts what dies, and says so in the journal', () => {
    const node = booted();
    expect(unitStatus(node.kernel, 'node-1', 'containerd')).toMatchObject({
      active: 'active (running)',
      enabled: true,
    });
    node.kernel.processes.signal('node-1/containerd', 'SIGKILL');
    node.run(1);
    expect(unitStatus(node.kernel, 'node-1', 'containerd')?.active).toBe('activating (auto-restart)');
    node.run(6);
    expect(unitStatus(node.kernel, 'node-1', 'containerd')?.active).toBe('active (running)');
    askUnit(node.kernel, 'node-1', 'stop', 'containerd');
    node.run(1);
    expect(unitStatus(node.kernel, 'node-1', 'containerd')?.active).toBe('inactive (dead)');
    expect(
      journal(node.kernel, 'node-1', 'containerd').map(
        ({ identifier, text }) => `${identifier.replace(/\d+/, 'N')}: ${text}`,
      ),
    ).toEqual([
      'systemd[N]: Started containerd.service - containerd container runtime.',
      'containerd[N]: level=info msg="starting containerd version=v2.2.1"',
      'containerd[N]: level=info msg="containerd successfully booted in 0.300000s"',
      'systemd[N]: containerd.service: Main process exited, code=killed, status=9/KILL',
      "systemd[N]: containerd.service: Failed with result 'signal'.",
      'systemd[N]: containerd.service: Scheduled restart job, restart counter is at 1.',
      'systemd[N]: Started containerd.service - containerd container runtime.',
      'containerd[N]: level=info msg="starting containerd version=v2.2.1"',
      'containerd[N]: level=info msg="containerd successfully booted in 0.300000s"',
      'systemd[N]: Stopping containerd.service - containerd container runtime...',
      'systemd[N]: containerd.service: Deactivated successfully.',
      'systemd[N]: Stopped containerd.service - containerd container runtime.',
    ]);
    expect(askUnit(node.kernel, 'node-1', 'start', 'dockerd')).toBe(
      'Failed to start dockerd.service: Unit dockerd.service not found.',
    );
  });
});

describe('images', () => {
  it('fail as the registries would say', () => {
    const node = booted();
    const pull = (image: string) => {
      const result = node.cri<'PullImage'>({ method: 'PullImage', image });
      return result.ok ? `${result.sizeBytes} bytes` : result.error;
    };
    expect(pull('docker.io/library/ngimx:latest')).toBe(
      'rpc error: code = Unknown desc = failed to pull and unpack image "docker.io/library/ngimx:latest": failed to resolve reference "docker.io/library/ngimx:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    );
    expect(pull('docker.io/library/nginx:1.161')).toBe(
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.161": failed to resolve reference "docker.io/library/nginx:1.161": docker.io/library/nginx:1.161: not found',
    );
    expect(pull('nginx:1.27')).toMatch(/^72\d+ bytes$/);
    expect(pull('nowhere.example/app:1')).toContain('dial tcp: lookup nowhere.example: no such host');
  });

  it('take as long as their size needs', () => {
    const node = booted();
    const before = node.kernel.state.now;
    must(node.cri<'PullImage'>({ method: 'PullImage', image: 'python:3.12' }));
    expect((node.kernel.state.now - before) / 1e6).toBeCloseTo(8.3, 0);
    const again = node.kernel.state.now;
    must(node.cri<'PullImage'>({ method: 'PullImage', image: 'python:3.12' }));
    expect((node.kernel.state.now - again) / 1e6).toBeLessThan(0.5);
  });
});

describe('containers', () => {
  it('answer on their own address, and log', () => {
    const node = booted();
    const pod = runPod(node, 'web', 'nginx');
    expect(pod.box.ip).toBe('10.244.1.2');
    node.run(0.1);
    const answer = node.ask(`${pod.box.ip}:80`, { method: 'GET', path: '/' });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('Welcome to nginx!') });
    expect(node.log(pod.log).at(-1)).toMatch(/"GET \/ HTTP\/1.1" 200/);
  });

  it('run small scripts', () => {
    const node = booted();
    const script =
      'i=0; while [ $i -lt 3 ]; do echo "$GREETING $i from $(hostname)"; i=$((i+1)); sleep 1; done; cat /nope || exit 3';
    const pod = runPod(node, 'job', 'busybox:1.36', ['sh', '-c', script]);
    node.run(4);
    expect(node.log(pod.log)).toEqual([
      'hello 0 from job',
      'hello 1 from job',
      'hello 2 from job',
      "cat: can't open '/nope': No such file or directory",
    ]);
    expect(pod.status()).toMatchObject({ state: 'CONTAINER_EXITED', exitCode: 3, reason: 'Error' });
  });

  it('say what is not simulated', () => {
    const node = booted();
    const pod = runPod(node, 'awk', 'busybox', ['sh', '-c', 'echo a; awk 1; echo b']);
    node.run(1);
    expect(node.log(pod.log)).toEqual(['a', 'not simulated: awk']);
    expect(pod.status().exitCode).toBe(64);
  });

  it('cannot start what is not in the image', () => {
    const node = booted();
    const pod = runPod(node, 'bad', 'nginx', ['nope']);
    expect(pod.started).toEqual({
      ok: false,
      error:
        'rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nope": executable file not found in $PATH: unknown',
    });
    expect(pod.status()).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });

  it('talk to each other', () => {
    const node = booted();
    const web = runPod(node, 'web', 'hashicorp/http-echo', [], { args: ['-text=hi there'] });
    const client = runPod(node, 'client', 'curlimages/curl', [
      'sh',
      '-c',
      `curl -s http://${web.box.ip}:5678/; curl -sS -m 2 ${web.box.ip}:81 || echo failed $?`,
    ]);
    node.run(3);
    expect(node.log(client.log)).toEqual([
      'hi there',
      expect.stringMatching(/^curl: \(7\) Failed to connect to 10.244.1.2 port 81/),
      'failed 7',
    ]);
  });

  it('are killed when they take more memory than they may', () => {
    const node = booted();
    const pod = runPod(node, 'hog', 'polinux/stress', ['stress', '--vm', '1', '--vm-bytes', '250M'], {
      memoryLimitBytes: 100_000_000,
    });
    node.run(3);
    expect(pod.status()).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('end on SIGTERM if they listen to it, else on SIGKILL after their time', () => {
    const node = booted();
    const stop = (id: string) => {
      const before = node.kernel.state.now;
      must(node.cri<'StopContainer'>({ method: 'StopContainer', id, timeoutSeconds: 30 }, 60));
      return Math.round((node.kernel.state.now - before) / 1e6);
    };
    const nginx = runPod(node, 'web', 'nginx');
    expect([stop(nginx.id), nginx.status().exitCode]).toEqual([0, 0]);
    const sleeper = runPod(node, 'sleeper', 'busybox', ['sleep', '3600']);
    expect([stop(sleeper.id), sleeper.status().exitCode]).toEqual([30, 137]);
    const trapper = runPod(node, 'trapper', 'busybox', ['sh', '-c', 'trap "echo bye; exit 0" TERM; sleep 1000 & wait']);
    expect([stop(trapper.id), trapper.status().exitCode]).toEqual([0, 0]);
    expect(node.log(trapper.log)).toEqual(['bye']);
  });

  it('outlive containerd, which finds them again', () => {
    const node = booted();
    const pod = runPod(node, 'web', 'nginx');
    const short = runPod(node, 'short', 'busybox', ['sh', '-c', 'sleep 2; exit 7']);
    node.kernel.processes.signal('node-1/containerd', 'SIGKILL');
    node.run(10);
    expect(pod.status()).toMatchObject({ state: 'CONTAINER_RUNNING' });
    expect(short.status()).toMatchObject({ state: 'CONTAINER_EXITED', exitCode: 7 });
  });

  it('are lost when the machine loses power', () => {
    const node = booted();
    const pod = runPod(node, 'web', 'nginx');
    node.kernel.processes.powerOff('node-1');
    node.run(1);
    node.kernel.processes.powerOn('node-1');
    node.kernel.processes.spawn('node-1', { name: 'systemd', program: 'systemd', args: [], log: 'systemd' });
    node.kernel.processes.spawn('node-1', { name: 'tester', program: 'external', args: [], log: 'tester' });
    node.run(2);
    expect(pod.status()).toMatchObject({ state: 'CONTAINER_EXITED', exitCode: 255, reason: 'Unknown' });
  });

  it('run further commands', () => {
    const node = booted();
    const pod = runPod(node, 'web', 'nginx');
    const exec = (...command: string[]) => node.cri<'ExecSync'>({ method: 'ExecSync', id: pod.id, command });
    expect(exec('sh', '-c', 'echo $GREETING; exit 2')).toMatchObject({ ok: true, stdout: 'hello\n', exitCode: 2 });
    expect(exec('nope')).toMatchObject({
      ok: false,
      error: expect.stringContaining('exec: "nope": executable file not found in $PATH'),
    });
  });
});

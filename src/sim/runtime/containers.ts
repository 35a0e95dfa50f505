/** The life of a container in containerd: created, started by its pod's shim, ended, removed; and found again after a restart. */
import type { ContainerConfig, ContainerEvent } from '../api/cri.ts';
import type { CallId, Io, Mount } from '../kernel/io.ts';
import { SECOND } from '../kernel/units.ts';
import { commandOf, resolveCommand } from './command.ts';
import type { ContainerdMemory, ShimTask } from './containerd.machine.ts';
import {
  type ContainerdDisk,
  containerdDisk,
  findImage,
  newId,
  type StoredContainer,
  type StoredSandbox,
} from './containerd-state.ts';
import { failed, ok } from './cri-answer.ts';
import { lookUpImage } from './images.ts';
import { sandboxMayStop } from './sandboxes.ts';
import type { TaskSpec } from './shim.machine.ts';

const RUNC =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init';

export function createContainer(io: Io, call: CallId, sandboxId: string, config: ContainerConfig): void {
  const disk = containerdDisk(io);
  const sandbox = disk.sandboxes.get(sandboxId);
  if (sandbox === undefined) {
    failed(io, call, 'NotFound', `failed to find sandbox id "${sandboxId}": sandbox "${sandboxId}": not found`);
    return;
  }
  if (findImage(disk, config.imageRef) === undefined) {
    failed(io, call, 'NotFound', `failed to resolve image "${config.imageRef}": image "${config.imageRef}": not found`);
    return;
  }
  const name = `${config.name}_${sandbox.config.name}_${sandbox.config.namespace}_${sandbox.config.uid}_${config.attempt}`;
  for (const other of disk.bySandbox.get(sandboxId) ?? []) {
    const known = disk.containers.get(other);
    if (known !== undefined && known.config.name === config.name && known.config.attempt === config.attempt) {
      failed(
        io,
        call,
        'Unknown',
        `failed to reserve container name "${name}": name "${name}" is reserved for "${other}"`,
      );
      return;
    }
  }
  const container: StoredContainer = {
    id: newId(io),
    sandboxId,
    podUid: sandbox.config.uid,
    config,
    state: 'CONTAINER_CREATED',
    createdAtMs: io.wallMs(),
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
    process: '',
    memoryBytes: 0,
  };
  disk.containers.set(container.id, container);
  let siblings = disk.bySandbox.get(sandboxId);
  if (siblings === undefined) {
    siblings = new Set();
    disk.bySandbox.set(sandboxId, siblings);
  }
  siblings.add(container.id);
  ok(io, call, { id: container.id });
}

export function startContainer(me: ContainerdMemory, io: Io, call: CallId, id: string): void {
  const disk = containerdDisk(io);
  const container = disk.containers.get(id);
  const sandbox = container === undefined ? undefined : disk.sandboxes.get(container.sandboxId);
  if (container === undefined || sandbox === undefined) {
    failed(io, call, 'NotFound', `an error occurred when try to find container "${id}": not found`);
    return;
  }
  if (container.state !== 'CONTAINER_CREATED') {
    failed(io, call, 'Unknown', `failed to start container "${id}": container is in ${container.state} state`);
    return;
  }
  if (!sandbox.ready) {
    failed(io, call, 'Unknown', `sandbox container "${sandbox.id}" is not running`);
    return;
  }
  const spec = taskSpec(disk, container, sandbox);
  if (typeof spec !== 'string') container.memoryBytes = spec.memoryBytes;
  if (typeof spec === 'string') {
    startFailed(me, io, container, call, `${RUNC}: ${spec}: unknown`);
    return;
  }
  me.starts.set(id, call);
  io.send(sandbox.shim, { type: 'START_TASK', spec });
}

export function taskStarted(me: ContainerdMemory, io: Io, id: string, process: string): void {
  const container = containerdDisk(io).containers.get(id);
  if (container === undefined) return;
  container.state = 'CONTAINER_RUNNING';
  container.startedAtMs = io.wallMs();
  container.process = process;
  const call = me.starts.get(id);
  me.starts.delete(id);
  if (call !== undefined) ok(io, call, {});
  notify(me, io, { type: 'CONTAINER_STARTED', podUid: container.podUid, id });
}

export function taskFailed(me: ContainerdMemory, io: Io, id: string, error: string): void {
  const container = containerdDisk(io).containers.get(id);
  const call = me.starts.get(id);
  me.starts.delete(id);
  if (container !== undefined) startFailed(me, io, container, call, `${RUNC}: ${error}: unknown`);
}

export function taskEnded(
  me: ContainerdMemory,
  io: Io,
  task: {
    readonly container: string;
    readonly exitCode: number;
    readonly oomKilled: boolean;
    readonly finishedAtMs: number;
  },
): void {
  const container = containerdDisk(io).containers.get(task.container);
  if (container === undefined || container.state === 'CONTAINER_EXITED') return;
  const reason = task.oomKilled ? 'OOMKilled' : task.exitCode === 0 ? 'Completed' : 'Error';
  ended(me, io, container, task.exitCode, reason, task.finishedAtMs);
}

/** Its shim has died: what it ran is killed, how it ended nobody can tell. */
export function containerLost(me: ContainerdMemory, io: Io, id: string): void {
  const container = containerdDisk(io).containers.get(id);
  if (container?.state !== 'CONTAINER_RUNNING') return;
  io.kill(container.process, 'SIGKILL');
  ended(me, io, container, 137, 'Error', io.wallMs());
}

export function stopContainer(me: ContainerdMemory, io: Io, call: CallId, id: string, timeoutSeconds: number): void {
  const disk = containerdDisk(io);
  const container = disk.containers.get(id);
  if (container === undefined) {
    // Stopping what is not there has already succeeded.
    ok(io, call, {});
    return;
  }
  if (container.state !== 'CONTAINER_RUNNING') {
    ok(io, call, {});
    return;
  }
  const waiting = me.stops.get(id);
  if (waiting === undefined) me.stops.set(id, [call]);
  else waiting.push(call);
  const shim = disk.sandboxes.get(container.sandboxId)?.shim ?? '';
  if (timeoutSeconds <= 0) {
    io.send(shim, { type: 'KILL_TASK', container: id, signal: 'SIGKILL' });
    return;
  }
  if (waiting === undefined) io.send(shim, { type: 'KILL_TASK', container: id, signal: 'SIGTERM' });
  // Asked more than once, the shortest time counts.
  const deadline = io.now + timeoutSeconds * SECOND;
  if (deadline >= (me.stopDeadlines.get(id) ?? Number.MAX_SAFE_INTEGER)) return;
  me.stopDeadlines.set(id, deadline);
  io.setTimer(`stop/${id}`, timeoutSeconds * SECOND, { type: 'STOP_TIMEOUT', container: id });
}

/** It has had its time: SIGKILL. */
export function stopTimedOut(io: Io, id: string): void {
  const disk = containerdDisk(io);
  const container = disk.containers.get(id);
  if (container?.state !== 'CONTAINER_RUNNING') return;
  io.send(disk.sandboxes.get(container.sandboxId)?.shim ?? '', { type: 'KILL_TASK', container: id, signal: 'SIGKILL' });
}

export function removeContainer(me: ContainerdMemory, io: Io, id: string): string | undefined {
  const disk = containerdDisk(io);
  const container = disk.containers.get(id);
  if (container === undefined) return undefined;
  if (container.state === 'CONTAINER_RUNNING') return `container "${id}" is running, stop it first`;
  disk.containers.delete(id);
  disk.bySandbox.get(container.sandboxId)?.delete(id);
  const sandbox = disk.sandboxes.get(container.sandboxId);
  if (sandbox !== undefined) {
    io.removeLog(`${sandbox.config.logDirectory}/${container.config.logPath}`);
    io.send(sandbox.shim, { type: 'DELETE_TASK', container: id });
  }
  for (const path of io.listFiles(rootfs(id))) io.removeFile(path);
  notify(me, io, { type: 'CONTAINER_DELETED', podUid: container.podUid, id });
  return undefined;
}

/** Asks every shim on the disk what it runs. Those that do not answer in time have died with their pods. */
export function recoverContainers(me: ContainerdMemory, io: Io): void {
  const disk = containerdDisk(io);
  for (const sandbox of disk.sandboxes.values()) {
    if (!sandbox.ready || me.shims.has(sandbox.id)) continue;
    sandbox.ready = false;
    for (const id of disk.bySandbox.get(sandbox.id) ?? []) {
      const container = disk.containers.get(id);
      if (container?.state !== 'CONTAINER_RUNNING') continue;
      // Whatever has outlived its shim is killed with what is left of it.
      io.kill(container.process, 'SIGKILL');
      ended(me, io, container, 255, 'Unknown', io.wallMs());
    }
  }
}

/** A shim that was there before us tells what has become of its tasks. */
export function shimAnswered(me: ContainerdMemory, io: Io, sandbox: string, tasks: readonly ShimTask[]): void {
  me.shims.add(sandbox);
  const disk = containerdDisk(io);
  const told = new Set<string>();
  for (const task of tasks) {
    told.add(task.container);
    if (!task.running) taskEnded(me, io, task);
    else if (disk.containers.get(task.container)?.state === 'CONTAINER_CREATED')
      taskStarted(me, io, task.container, task.process);
  }
}

export function notify(me: ContainerdMemory, io: Io, event: ContainerEvent): void {
  for (const watcher of me.watchers) io.push(watcher, event);
}

export function rootfs(id: string): string {
  return `/var/lib/containerd/rootfs/${id}`;
}

function startFailed(
  me: ContainerdMemory,
  io: Io,
  container: StoredContainer,
  call: CallId | undefined,
  error: string,
): void {
  container.state = 'CONTAINER_EXITED';
  container.finishedAtMs = io.wallMs();
  container.exitCode = 128;
  container.reason = 'StartError';
  container.message = error;
  if (call !== undefined) failed(io, call, 'Unknown', error);
  notify(me, io, { type: 'CONTAINER_STOPPED', podUid: container.podUid, id: container.id });
}

function ended(
  me: ContainerdMemory,
  io: Io,
  container: StoredContainer,
  exitCode: number,
  reason: string,
  finishedAtMs: number,
): void {
  container.state = 'CONTAINER_EXITED';
  container.exitCode = exitCode;
  container.reason = reason;
  container.finishedAtMs = finishedAtMs;
  container.process = '';
  io.clearTimer(`stop/${container.id}`);
  for (const call of me.stops.get(container.id) ?? []) ok(io, call, {});
  me.stops.delete(container.id);
  me.stopDeadlines.delete(container.id);
  notify(me, io, { type: 'CONTAINER_STOPPED', podUid: container.podUid, id: container.id });
  sandboxMayStop(me, io, container.sandboxId);
}

function taskSpec(disk: ContainerdDisk, container: StoredContainer, sandbox: StoredSandbox): TaskSpec | string {
  const { config } = container;
  const stored = findImage(disk, config.imageRef);
  const found = stored === undefined ? undefined : lookUpImage(stored.name);
  if (found === undefined || !found.ok) return `image "${config.imageRef}": not found`;
  const { image } = found;
  const command = resolveCommand(image, commandOf(config, image));
  if (!command.ok) return command.error;
  const env: Record<string, string> = { HOSTNAME: sandbox.config.hostname };
  for (const pair of image.env) env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
  for (const { name, value } of config.env) env[name] = value;
  const mounts: Mount[] = [{ path: '/', source: rootfs(container.id) }];
  for (const { containerPath, hostPath, readOnly } of config.mounts)
    mounts.push({ path: containerPath, source: hostPath, ...(readOnly ? { readOnly } : {}) });
  return {
    container: container.id,
    names: processNames(config, sandbox),
    program: command.program,
    args: command.args,
    env,
    mounts,
    log: `${sandbox.config.logDirectory}/${config.logPath}`,
    memoryLimitBytes: config.memoryLimitBytes,
    memoryBytes: image.memoryBytes,
    stdin: config.stdin,
  };
}

/** Static pods are the machine's own parts: `cp-1/etcd`. Others carry their pod's name: `node-1/default/web-5d9c/nginx`. */
function processNames(config: ContainerConfig, sandbox: StoredSandbox): string[] {
  const { namespace, name, annotations } = sandbox.config;
  const long = `${namespace}/${name}/${config.name}`;
  const isStatic = annotations['kubernetes.io/config.source'] === 'file';
  const names = isStatic && !RESERVED.has(config.name) ? [config.name, long] : [long];
  return [...names, `${long}#${config.attempt}`, `${long}#${sandbox.id.slice(0, 8)}`];
}

const RESERVED: ReadonlySet<string> = new Set(['systemd', 'kubelet', 'containerd']);

/** Pod sandboxes: a shim, a network namespace with an address, and their end. */
import type { SandboxConfig } from '../api/cri.ts';
import type { CallId, Io } from '../kernel/io.ts';
import { MILLISECOND } from '../kernel/units.ts';
import type { ContainerdMemory } from './containerd.machine.ts';
import { containerdDisk, newId, type StoredSandbox, sandboxOf } from './containerd-state.ts';
import { containerLost, notify, removeContainer } from './containers.ts';
import { failed, ok } from './cri-answer.ts';
import { allocateAddress, releaseAddress } from './ipam.ts';

/** A shim and the CNI plugins take this long. */
const SETUP_US = 120 * MILLISECOND;

export function runSandbox(me: ContainerdMemory, io: Io, call: CallId, config: SandboxConfig): void {
  const disk = containerdDisk(io);
  const id = newId(io);
  let ip = '';
  if (!config.hostNetwork) {
    const address = allocateAddress(io, me.cni, id);
    if (!address.ok) {
      failed(io, call, 'Unknown', `failed to setup network for sandbox "${id}": ${address.error}`);
      return;
    }
    ip = address.ip;
  }
  const name = `shim-${id.slice(0, 12)}`;
  const shim = io.spawn({
    name,
    program: 'containerd-shim',
    args: ['-namespace', 'k8s.io', '-id', id],
    log: 'containerd.service',
    config: { sandbox: id, containerd: io.self, ip },
    ...(ip === '' ? {} : { ip }),
  });
  if (!shim.ok) {
    if (ip !== '') releaseAddress(io, ip);
    failed(io, call, 'Unknown', `failed to start sandbox "${id}": ${shim.error}`);
    return;
  }
  const sandbox: StoredSandbox = { id, config, ready: true, ip, createdAtMs: io.wallMs(), shim: shim.process };
  disk.sandboxes.set(id, sandbox);
  const known = disk.byPod.get(config.uid);
  if (known === undefined) disk.byPod.set(config.uid, new Set([id]));
  else known.add(id);
  me.shims.add(id);
  me.sandboxStarts.set(id, call);
  io.setTimer(`sandbox/${id}`, SETUP_US, { type: 'SANDBOX_NETWORK', sandbox: id });
}

export function sandboxStarted(me: ContainerdMemory, io: Io, id: string): void {
  const call = me.sandboxStarts.get(id);
  const sandbox = containerdDisk(io).sandboxes.get(id);
  me.sandboxStarts.delete(id);
  if (call !== undefined && sandbox !== undefined) ok(io, call, { sandbox: sandboxOf(sandbox) });
}

/** Kills what still runs in it, gives its address back, answers when all is gone. */
export function stopSandbox(me: ContainerdMemory, io: Io, call: CallId, id: string): void {
  const disk = containerdDisk(io);
  const sandbox = disk.sandboxes.get(id);
  if (sandbox === undefined || !sandbox.ready) {
    if (sandbox !== undefined) release(io, sandbox);
    ok(io, call, {});
    return;
  }
  const waiting = me.sandboxStops.get(id);
  if (waiting === undefined) me.sandboxStops.set(id, [call]);
  else waiting.push(call);
  for (const container of disk.bySandbox.get(id) ?? []) {
    if (disk.containers.get(container)?.state === 'CONTAINER_RUNNING')
      io.send(sandbox.shim, { type: 'KILL_TASK', container, signal: 'SIGKILL' });
  }
  sandboxMayStop(me, io, id);
}

/** The last container of a sandbox that is to stop has ended: now the sandbox itself. */
export function sandboxMayStop(me: ContainerdMemory, io: Io, id: string): void {
  const calls = me.sandboxStops.get(id);
  const disk = containerdDisk(io);
  const sandbox = disk.sandboxes.get(id);
  if (calls === undefined || sandbox === undefined) return;
  for (const container of disk.bySandbox.get(id) ?? [])
    if (disk.containers.get(container)?.state === 'CONTAINER_RUNNING') return;
  me.sandboxStops.delete(id);
  sandbox.ready = false;
  release(io, sandbox);
  io.send(sandbox.shim, { type: 'SHUTDOWN' });
  for (const call of calls) ok(io, call, {});
  notify(me, io, { type: 'SANDBOX_STOPPED', podUid: sandbox.config.uid, id });
}

/** A shim that died by itself takes its pod's network and processes with it. */
export function shimDied(me: ContainerdMemory, io: Io, process: string): void {
  const disk = containerdDisk(io);
  for (const sandbox of disk.sandboxes.values()) {
    if (sandbox.shim !== process || !sandbox.ready) continue;
    sandbox.ready = false;
    release(io, sandbox);
    for (const id of disk.bySandbox.get(sandbox.id) ?? []) containerLost(me, io, id);
    notify(me, io, { type: 'SANDBOX_STOPPED', podUid: sandbox.config.uid, id: sandbox.id });
  }
}

export function removeSandbox(me: ContainerdMemory, io: Io, id: string): void {
  const disk = containerdDisk(io);
  const sandbox = disk.sandboxes.get(id);
  if (sandbox === undefined) return;
  for (const container of [...(disk.bySandbox.get(id) ?? [])]) removeContainer(me, io, container);
  disk.bySandbox.delete(id);
  disk.sandboxes.delete(id);
  const ofPod = disk.byPod.get(sandbox.config.uid);
  ofPod?.delete(id);
  if (ofPod?.size === 0) disk.byPod.delete(sandbox.config.uid);
}

function release(io: Io, sandbox: StoredSandbox): void {
  if (sandbox.ip === '') return;
  releaseAddress(io, sandbox.ip);
  sandbox.ip = '';
}

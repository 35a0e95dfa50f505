/** Running a command in a container that runs: `kubectl exec`, probes and hooks. */
import type { CallId, Io } from '../kernel/io.ts';
import { resolveCommand } from './command.ts';
import type { ContainerdMemory } from './containerd.machine.ts';
import { containerdDisk, findImage } from './containerd-state.ts';
import { failed, ok } from './cri-answer.ts';
import { lookUpImage } from './images.ts';

export function execSync(
  me: ContainerdMemory,
  io: Io,
  call: CallId,
  id: string,
  command: readonly string[],
  stdin: string | undefined,
): void {
  const disk = containerdDisk(io);
  const container = disk.containers.get(id);
  if (container === undefined) {
    failed(io, call, 'NotFound', `an error occurred when try to find container "${id}": not found`);
    return;
  }
  if (container.state !== 'CONTAINER_RUNNING') {
    failed(io, call, 'Unknown', `failed to exec in container: container is in ${container.state} state`);
    return;
  }
  const stored = findImage(disk, container.config.imageRef);
  const found = stored === undefined ? undefined : lookUpImage(stored.name);
  const resolved =
    found?.ok === true ? resolveCommand(found.image, command) : ({ ok: false, error: 'image not found' } as const);
  if (!resolved.ok) {
    const runc = 'OCI runtime exec failed: exec failed: unable to start container process';
    failed(
      io,
      call,
      'Unknown',
      `failed to exec in container: failed to start exec: ${runc}: ${resolved.error}: unknown`,
    );
    return;
  }
  const exec = me.nextExec++;
  me.execs.set(exec, call);
  const shim = disk.sandboxes.get(container.sandboxId)?.shim ?? '';
  const { program, args } = resolved;
  io.send(shim, { type: 'EXEC', id: exec, container: id, program, args, stdin });
}

export function execDone(
  me: ContainerdMemory,
  io: Io,
  event: { readonly id: number; readonly stdout: string; readonly exitCode: number },
): void {
  const call = me.execs.get(event.id);
  me.execs.delete(event.id);
  if (call !== undefined) ok(io, call, { stdout: event.stdout, exitCode: event.exitCode });
}

/** Pulling images: as long as their size takes over this machine's line, one download an image however many ask. */
import type { CallId, Io } from '../kernel/io.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import type { ContainerdMemory } from './containerd.machine.ts';
import { log } from './containerd.machine.ts';
import { containerdDisk, storeImage } from './containerd-state.ts';
import { ok } from './cri-answer.ts';
import { lookUpImage } from './images.ts';

/** Asking the registry for the manifest. */
const RESOLVE_US = 400 * MILLISECOND;

export function pullImage(me: ContainerdMemory, io: Io, call: CallId, image: string): void {
  const waiting = me.pulls.get(image);
  if (waiting !== undefined) {
    waiting.push(call);
    return;
  }
  me.pulls.set(image, [call]);
  const found = lookUpImage(image);
  let delayUs = RESOLVE_US;
  if (found.ok && !containerdDisk(io).images.has(found.image.id))
    delayUs += Math.round((found.image.sizeBytes / me.registryBytesPerSecond) * SECOND);
  io.setTimer(`pull/${image}`, delayUs, { type: 'PULLED', image });
}

export function pulled(me: ContainerdMemory, io: Io, image: string): void {
  const calls = me.pulls.get(image) ?? [];
  me.pulls.delete(image);
  const found = lookUpImage(image);
  if (!found.ok) {
    log(io, 'error', `PullImage "${image}" failed: ${found.error.replace(/^.*? desc = /, '')}`);
    for (const call of calls) io.reply(call, { ok: false, error: `rpc error: ${found.error}` });
    return;
  }
  if (io.diskIsFull()) {
    const error = `failed to pull and unpack image "${found.image.name}": failed to extract layer: write /var/lib/containerd: no space left on device`;
    for (const call of calls) io.reply(call, { ok: false, error: `rpc error: code = Unknown desc = ${error}` });
    return;
  }
  const stored = storeImage(containerdDisk(io), found.image);
  log(io, 'info', `PullImage "${image}" returns image reference "${stored.id}"`);
  for (const call of calls) ok(io, call, { imageRef: stored.id, sizeBytes: stored.sizeBytes });
}

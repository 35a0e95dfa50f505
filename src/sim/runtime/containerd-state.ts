/** What containerd keeps on disk: images, sandboxes, containers. Survives containerd, and the machine. */
import type { ContainerConfig, CriContainer, Sandbox, SandboxConfig } from '../api/cri.ts';
import type { Io } from '../kernel/io.ts';
import { lookUpImage, PREPULLED, PREPULLED_CONTROL_PLANE, type RegistryImage } from './images.ts';

export const CONTAINERD_DISK = '/var/lib/containerd';

export interface StoredImage {
  readonly id: string;
  readonly tags: string[];
  readonly digest: string;
  readonly repository: string;
  readonly sizeBytes: number;
  /** A name under which the registries know it, for what it contains. */
  readonly name: string;
  readonly pinned: boolean;
}

export interface StoredSandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  ready: boolean;
  ip: string;
  readonly createdAtMs: number;
  readonly shim: string;
}

export interface StoredContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly config: ContainerConfig;
  state: CriContainer['state'];
  readonly createdAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  reason: string;
  message: string;
  process: string;
  memoryBytes: number;
}

export interface ContainerdDisk {
  /** By image id. */
  readonly images: Map<string, StoredImage>;
  readonly sandboxes: Map<string, StoredSandbox>;
  readonly containers: Map<string, StoredContainer>;
  /** Container ids by sandbox. */
  readonly bySandbox: Map<string, Set<string>>;
  /** Sandbox ids by pod UID. */
  readonly byPod: Map<string, Set<string>>;
}

/** The disk of a node as it comes from the factory: what the control plane and every node need is already there. */
export function containerdDisk(io: Io): ContainerdDisk {
  return io.disk(CONTAINERD_DISK, () => {
    const disk: ContainerdDisk = {
      images: new Map(),
      sandboxes: new Map(),
      containers: new Map(),
      bySandbox: new Map(),
      byPod: new Map(),
    };
    const isControlPlane = io.readFile('/etc/kubernetes/manifests/etcd.yaml') !== undefined;
    for (const name of isControlPlane ? [...PREPULLED, ...PREPULLED_CONTROL_PLANE] : PREPULLED) {
      const found = lookUpImage(name);
      if (found.ok) storeImage(disk, found.image);
    }
    return disk;
  });
}

export function storeImage(disk: ContainerdDisk, image: RegistryImage): StoredImage {
  // A tag that is pulled anew leaves the image it named before.
  for (const other of disk.images.values()) {
    const at = other.tags.indexOf(image.name);
    if (at >= 0 && other.id !== image.id) other.tags.splice(at, 1);
  }
  let stored = disk.images.get(image.id);
  if (stored === undefined) {
    stored = {
      id: image.id,
      tags: [],
      digest: image.digest,
      repository: image.name.replace(/:[^/:]*$/, ''),
      sizeBytes: image.sizeBytes,
      name: image.name,
      pinned: image.name.startsWith('registry.k8s.io/pause:'),
    };
    disk.images.set(image.id, stored);
  }
  if (image.name !== stored.repository && !stored.tags.includes(image.name)) stored.tags.push(image.name);
  return stored;
}

/** An image on this machine by full name, by id or by digest. */
export function findImage(disk: ContainerdDisk, name: string): StoredImage | undefined {
  const known = disk.images.get(name);
  if (known !== undefined) return known;
  const at = name.indexOf('@');
  for (const image of disk.images.values()) {
    if (at >= 0 ? image.digest === name.slice(at + 1) : image.tags.includes(name)) return image;
  }
  return undefined;
}

export function sandboxOf(stored: StoredSandbox): Sandbox {
  return {
    id: stored.id,
    config: stored.config,
    state: stored.ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAtMs: stored.createdAtMs,
    ip: stored.ip,
  };
}

export function containerOf(stored: StoredContainer): CriContainer {
  const { memoryBytes: _, ...container } = stored;
  return container;
}

/** 64 hexadecimal digits. */
export function newId(io: Io): string {
  let id = '';
  for (let i = 0; i < 8; i++)
    id += Math.floor(io.random() * 0x100000000)
      .toString(16)
      .padStart(8, '0');
  return id;
}

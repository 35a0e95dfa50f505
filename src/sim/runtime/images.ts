/**
 * The registries of this world: which images there are, how big they are, and what runs when a container is made of them.
 * Only images whose programs are simulated exist; any other name fails as a name that no registry knows.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes } from '../api/base64.ts';
import { formatImageReference, type ImageReference, parseImageReference } from './image-reference.ts';

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  /** File names found in $PATH → the program that the kernel runs. */
  readonly binaries: Readonly<Record<string, string>>;
  /** What its main program holds when idle. */
  readonly memoryBytes: number;
}

export interface RegistryImage extends ImageConfig {
  /** `docker.io/library/nginx:1.27` */
  readonly name: string;
  readonly id: string;
  readonly digest: string;
  /** Compressed, as it travels. */
  readonly sizeBytes: number;
}

export type LookupResult =
  | { readonly ok: true; readonly image: RegistryImage }
  /** The text that containerd gives after `rpc error: `. */
  | { readonly ok: false; readonly error: string };

interface Repository {
  readonly sizeMegabytes: number;
  readonly memoryMegabytes: number;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workingDir?: string;
  readonly binaries: Readonly<Record<string, string>>;
  /** Tags that are words. */
  readonly words: readonly string[];
  /** Versions `major.minor[.patch]`: [major, lowest minor, highest minor]. */
  readonly versions: readonly (readonly [number, number, number])[];
  /** Exact tags, beside words and versions. */
  readonly exact?: readonly string[];
}

const MEGABYTE = 1_000_000;
const BUSYBOX_NAMES = [
  'sh', 'ash', 'echo', 'sleep', 'cat', 'ls', 'wget', 'nslookup', 'ping', 'date', 'hostname', 'env', 'printenv', 'true', 'false',
  'test', '[', 'id', 'whoami', 'pwd', 'ps', 'kill', 'seq', 'grep', 'tail', 'head', 'wc', 'touch', 'mkdir', 'rm', 'printf', 'nc',
  'uname', 'expr', 'dd', 'ip', 'top', 'exit', 'sort', 'tee', 'which', 'uptime', 'free', 'df', 'mount', 'yes',
]; // biome-ignore format: a list of names reads best as running text
const BUSYBOX: Readonly<Record<string, string>> = Object.fromEntries(BUSYBOX_NAMES.map((name) => [name, 'busybox']));
const DEBIAN = { ...BUSYBOX, bash: 'busybox', curl: 'busybox' };
const { wget: _wget, nslookup: _nslookup, ping: _ping, nc: _nc, ip: _ip, ...SLIM } = BUSYBOX;
const NGINX = { ...SLIM, bash: 'busybox', curl: 'busybox', nginx: 'nginx', 'docker-entrypoint.sh': 'nginx' };

const CONTROL_PLANE_TAGS = ['v1.36.2', 'v1.36.1', 'v1.36.0', 'v1.35.4'];
function component(name: string, sizeMegabytes: number, memoryMegabytes: number): Repository {
  return {
    sizeMegabytes,
    memoryMegabytes,
    binaries: { [name]: name },
    words: [],
    versions: [],
    exact: CONTROL_PLANE_TAGS,
  };
}

const AGNHOST: Repository = {
  sizeMegabytes: 56,
  memoryMegabytes: 12,
  entrypoint: ['/agnhost'],
  cmd: ['pause'],
  binaries: { ...DEBIAN, agnhost: 'agnhost' },
  words: [],
  versions: [[2, 10, 57]],
};

const REPOSITORIES: Readonly<Record<string, Repository>> = {
  'docker.io/library/nginx': {
    sizeMegabytes: 72,
    memoryMegabytes: 6,
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NGINX_VERSION=1.29.4'],
    binaries: NGINX,
    words: ['latest', 'stable', 'mainline', 'alpine', 'alpine-slim', 'stable-alpine', 'mainline-alpine', 'perl'],
    versions: [[1, 7, 29]],
  },
  'docker.io/library/httpd': {
    sizeMegabytes: 59,
    memoryMegabytes: 10,
    cmd: ['httpd-foreground'],
    workingDir: '/usr/local/apache2',
    binaries: { ...SLIM, bash: 'busybox', 'httpd-foreground': 'httpd', httpd: 'httpd' },
    words: ['latest', 'alpine', 'bookworm', 'trixie'],
    versions: [[2, 2, 4]],
  },
  'docker.io/library/busybox': {
    sizeMegabytes: 2.2,
    memoryMegabytes: 0.5,
    cmd: ['sh'],
    binaries: BUSYBOX,
    words: ['latest', 'stable', 'glibc', 'musl', 'uclibc', 'stable-glibc'],
    versions: [[1, 24, 37]],
  },
  'docker.io/library/alpine': {
    sizeMegabytes: 3.6,
    memoryMegabytes: 0.5,
    cmd: ['/bin/sh'],
    binaries: BUSYBOX,
    words: ['latest', 'edge'],
    versions: [[3, 8, 23]],
  },
  'docker.io/library/debian': {
    sizeMegabytes: 49,
    memoryMegabytes: 1,
    cmd: ['bash'],
    binaries: { ...SLIM, bash: 'busybox' },
    words: ['latest', 'stable', 'stable-slim', 'bookworm', 'bookworm-slim', 'trixie', 'trixie-slim'],
    versions: [
      [12, 0, 12],
      [13, 0, 3],
    ],
  },
  'docker.io/library/ubuntu': {
    sizeMegabytes: 30,
    memoryMegabytes: 1,
    cmd: ['/bin/bash'],
    binaries: { ...SLIM, bash: 'busybox' },
    words: ['latest', 'noble', 'jammy', 'focal'],
    versions: [
      [20, 4, 4],
      [22, 4, 4],
      [24, 4, 4],
    ],
    exact: ['20.04', '22.04', '24.04'],
  },
  'docker.io/library/perl': {
    sizeMegabytes: 368,
    memoryMegabytes: 6,
    cmd: ['perl5'],
    binaries: { ...DEBIAN, perl: 'perl', perl5: 'perl' },
    words: ['latest', 'slim', 'stable'],
    versions: [[5, 20, 42]],
  },
  'docker.io/library/redis': {
    sizeMegabytes: 52,
    memoryMegabytes: 8,
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['redis-server'],
    workingDir: '/data',
    binaries: {
      ...SLIM,
      bash: 'busybox',
      'redis-server': 'redis-server',
      'docker-entrypoint.sh': 'redis-server',
      'redis-cli': 'busybox',
    },
    words: ['latest', 'alpine', 'bookworm'],
    versions: [
      [5, 0, 0],
      [6, 0, 2],
      [7, 0, 4],
      [8, 0, 4],
    ],
  },
  'docker.io/library/python': {
    sizeMegabytes: 396,
    memoryMegabytes: 10,
    cmd: ['python3'],
    binaries: { ...DEBIAN, python: 'python', python3: 'python' },
    words: ['latest', 'slim', 'alpine'],
    versions: [[3, 8, 14]],
  },
  'docker.io/curlimages/curl': {
    sizeMegabytes: 9,
    memoryMegabytes: 2,
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    binaries: { ...BUSYBOX, curl: 'busybox', 'entrypoint.sh': 'busybox' },
    words: ['latest'],
    versions: [
      [7, 60, 88],
      [8, 0, 17],
    ],
  },
  'docker.io/hashicorp/http-echo': {
    sizeMegabytes: 3.1,
    memoryMegabytes: 4,
    entrypoint: ['/http-echo'],
    binaries: { 'http-echo': 'http-echo' },
    words: ['latest'],
    versions: [
      [0, 2, 2],
      [1, 0, 0],
    ],
  },
  'docker.io/polinux/stress': {
    sizeMegabytes: 4,
    memoryMegabytes: 1,
    cmd: ['stress'],
    binaries: { ...BUSYBOX, stress: 'stress' },
    words: ['latest'],
    versions: [],
  },
  'registry.k8s.io/pause': {
    sizeMegabytes: 0.3,
    memoryMegabytes: 0.3,
    entrypoint: ['/pause'],
    binaries: { pause: 'pause' },
    words: ['latest'],
    versions: [[3, 0, 10]],
  },
  'registry.k8s.io/e2e-test-images/agnhost': AGNHOST,
  'registry.k8s.io/etcd': {
    sizeMegabytes: 22,
    memoryMegabytes: 60,
    binaries: { etcd: 'etcd', etcdctl: 'etcdctl', etcdutl: 'etcdutl' },
    words: [],
    versions: [],
    exact: ['3.6.8-0', '3.6.6-0', '3.5.24-0'],
  },
  'registry.k8s.io/kube-apiserver': component('kube-apiserver', 27, 250),
  'registry.k8s.io/kube-controller-manager': component('kube-controller-manager', 23, 60),
  'registry.k8s.io/kube-scheduler': component('kube-scheduler', 17, 30),
  'registry.k8s.io/kube-proxy': component('kube-proxy', 26, 20),
  'registry.k8s.io/coredns/coredns': {
    sizeMegabytes: 22,
    memoryMegabytes: 20,
    entrypoint: ['/coredns'],
    binaries: { coredns: 'coredns' },
    words: [],
    versions: [],
    exact: ['v1.14.2', 'v1.13.1', 'v1.12.1'],
  },
};

/** What the machine image of a node brings along, so that a cluster can start without pulling. */
export const PREPULLED = [
  'registry.k8s.io/pause:3.10.2',
  'registry.k8s.io/kube-proxy:v1.36.2',
  'registry.k8s.io/coredns/coredns:v1.14.2',
];
export const PREPULLED_CONTROL_PLANE = [
  'registry.k8s.io/etcd:3.6.8-0',
  'registry.k8s.io/kube-apiserver:v1.36.2',
  'registry.k8s.io/kube-controller-manager:v1.36.2',
  'registry.k8s.io/kube-scheduler:v1.36.2',
];

/** Registries that answer for names they do not have; others do not exist. */
const REGISTRIES: ReadonlySet<string> = new Set(['docker.io', 'registry.k8s.io', 'quay.io', 'ghcr.io', 'gcr.io']);

const found = new Map<string, LookupResult>();

/** Asks the registries for an image, by tag or by digest. */
export function lookUpImage(image: string): LookupResult {
  let result = found.get(image);
  if (result === undefined) {
    result = lookUp(image);
    if (found.size > 2_000) found.clear();
    found.set(image, result);
  }
  return result;
}

function lookUp(image: string): LookupResult {
  const parsed = parseImageReference(image);
  if (!parsed.ok)
    return {
      ok: false,
      error: `code = InvalidArgument desc = failed to parse image reference "${image}": ${parsed.error}`,
    };
  const { reference } = parsed;
  const name = formatImageReference(reference);
  const failed = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
  const { registry } = reference;
  if (!REGISTRIES.has(registry)) {
    const host = registry.split(':')[0]!;
    const url = `https://${registry}/v2/${reference.repository}/manifests/${reference.digest || reference.tag}`;
    return {
      ok: false,
      error: `code = Unknown desc = ${failed}: failed to do request: Head "${url}": dial tcp: lookup ${host}: no such host`,
    };
  }
  const repository = REPOSITORIES[`${registry}/${reference.repository}`];
  if (repository === undefined) return { ok: false, error: unknownRepository(registry, name, failed) };
  const described = describe(`${registry}/${reference.repository}`, repository, reference);
  if (described === undefined) return { ok: false, error: `code = NotFound desc = ${failed}: ${name}: not found` };
  return { ok: true, image: described };
}

function unknownRepository(registry: string, name: string, failed: string): string {
  switch (registry) {
    case 'docker.io':
      return `code = Unknown desc = ${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
    case 'ghcr.io':
      return `code = Unknown desc = ${failed}: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden`;
    case 'quay.io':
      return `code = Unknown desc = ${failed}: unexpected status from HEAD request to https://quay.io/v2/${name.slice(8).split(':')[0]}/manifests/${name.split(':')[1]}: 401 UNAUTHORIZED`;
    default:
      return `code = NotFound desc = ${failed}: ${name}: not found`;
  }
}

function describe(
  repositoryName: string,
  repository: Repository,
  { tag, digest }: ImageReference,
): RegistryImage | undefined {
  const tags = digest === '' ? [tag] : everyTag(repository);
  for (const candidate of tags) {
    if (!hasTag(repository, candidate)) continue;
    const content = `${repositoryName}:${canonicalTag(candidate)}`;
    const manifest = hexDigest(`manifest ${content}`);
    if (digest !== '' && digest !== manifest) continue;
    return {
      name: `${repositoryName}${tag === '' ? '' : `:${tag}`}`,
      id: hexDigest(`config ${content}`),
      digest: manifest,
      sizeBytes:
        Math.round(repository.sizeMegabytes * MEGABYTE) + (Number.parseInt(manifest.slice(7, 11), 16) % 90_000),
      entrypoint: repository.entrypoint ?? [],
      cmd: repository.cmd ?? [],
      env: repository.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      workingDir: repository.workingDir ?? '/',
      binaries: repository.binaries,
      memoryBytes: Math.round(repository.memoryMegabytes * MEGABYTE),
    };
  }
  return undefined;
}

function everyTag({ words, versions, exact }: Repository): string[] {
  const tags = [...words, ...(exact ?? [])];
  for (const [major, low, high] of versions)
    for (let minor = low; minor <= high; minor++) tags.push(`${major}.${minor}`);
  return tags;
}

function hasTag({ words, versions, exact }: Repository, tag: string): boolean {
  if (words.includes(tag) || exact?.includes(tag) === true) return true;
  const match = /^v?(\d+)(?:\.(\d+)(?:\.(\d{1,2}))?)?(?:-[a-z]+\d?[a-z0-9.-]*)?$/.exec(tag);
  if (match === null) return false;
  const [, major, minor] = match;
  return versions.some(
    ([m, low, high]) => m === Number(major) && (minor === undefined || (Number(minor) >= low && Number(minor) <= high)),
  );
}

/** `latest` and its like are one image under two names only when the registry says so; here every tag is its own. */
function canonicalTag(tag: string): string {
  return tag;
}

const digests = new Map<string, string>();

function hexDigest(text: string): string {
  let digest = digests.get(text);
  if (digest === undefined) {
    digest = 'sha256:';
    for (const byte of sha256(utf8Bytes(text))) digest += byte.toString(16).padStart(2, '0');
    digests.set(text, digest);
  }
  return digest;
}

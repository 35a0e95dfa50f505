/**
 * Volumes of a pod as directories of the machine: ConfigMaps, Secrets, tokens and fields written as files below /var/lib/kubelet/pods.
 * @source pkg/volume, pkg/kubelet/volumemanager
 */
import type { Container, KubeObject, Pod, Volume } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import { dataText, type EnvironmentView, fieldValue } from './environment.ts';
import type { PodWorker } from './worker.ts';

export type VolumeProblem = { readonly volume: string; readonly error: string };

interface Item {
  readonly key: string;
  readonly path: string;
}

type Source = Readonly<Record<string, unknown>>;

export function podDirectory(uid: string): string {
  return `/var/lib/kubelet/pods/${uid}`;
}

/** What has to be read from the API before the volumes can be set up: `configmap/x`, `secret/y`, `token/VOLUME/INDEX`. */
export function volumeObjects(pod: Pod): string[] {
  const names = new Set<string>();
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.configMap?.name !== undefined) names.add(`configmap/${volume.configMap.name}`);
    if (volume.secret?.secretName !== undefined) names.add(`secret/${volume.secret.secretName}`);
    for (const [index, source] of (volume.projected?.sources ?? []).entries()) {
      const [configMap, secret] = [fieldsOf(source['configMap']), fieldsOf(source['secret'])];
      if (configMap['name'] !== undefined) names.add(`configmap/${String(configMap['name'])}`);
      if (secret['name'] !== undefined) names.add(`secret/${String(secret['name'])}`);
      if (source['serviceAccountToken'] !== undefined) names.add(`token/${volume.name}/${index}`);
    }
  }
  return [...names];
}

/** Objects that may change while the pod runs, and must then change in its files. */
export function refreshedObjects(pod: Pod): string[] {
  return volumeObjects(pod).filter((name) => !name.startsWith('token/') && name !== 'configmap/kube-root-ca.crt');
}

/** The token request behind `token/VOLUME/INDEX`. */
export function tokenSource(
  pod: Pod,
  name: string,
): { readonly audience: string | undefined; readonly expirationSeconds: number } {
  const [, volumeName, index] = name.split('/');
  const volume = pod.spec.volumes?.find((candidate) => candidate.name === volumeName);
  const source = fieldsOf(volume?.projected?.sources?.[Number(index)]?.['serviceAccountToken']);
  return {
    audience: typeof source['audience'] === 'string' ? source['audience'] : undefined,
    expirationSeconds: Number(source['expirationSeconds'] ?? 3_600),
  };
}

/** Writes all volumes; what could not be set up. */
export function setUpVolumes(io: Io, worker: PodWorker, view: EnvironmentView): VolumeProblem[] {
  const problems: VolumeProblem[] = [];
  for (const volume of worker.pod.spec.volumes ?? []) {
    const files = filesOf(io, worker, volume, view);
    if (typeof files === 'string') {
      problems.push({ volume: volume.name, error: files });
      continue;
    }
    const directory = volumeDirectory(worker.pod, volume);
    for (const [path, content] of files) {
      const error = io.writeFile(`${directory}/${path}`, content);
      if (error !== undefined) problems.push({ volume: volume.name, error: `open ${directory}/${path}: ${error}` });
    }
    removeOthers(io, volume, directory, files);
  }
  return problems;
}

export function removePodFiles(io: Io, uid: string): void {
  for (const path of io.listFiles(podDirectory(uid))) io.removeFile(path);
}

/** Where a mount of a container comes from; undefined: no such volume. */
export function mountSource(pod: Pod, mount: NonNullable<Container['volumeMounts']>[number]): string | undefined {
  const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
  if (volume === undefined) return undefined;
  const directory = volumeDirectory(pod, volume);
  return mount.subPath === undefined || mount.subPath === '' ? directory : `${directory}/${mount.subPath}`;
}

function volumeDirectory(pod: Pod, volume: Volume): string {
  if (volume.hostPath !== undefined) return volume.hostPath.path.replace(/(.)\/+$/, '$1');
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'empty-dir';
  return `${podDirectory(pod.metadata.uid ?? '')}/volumes/kubernetes.io~${kind.toLowerCase()}/${volume.name}`;
}

type Files = readonly (readonly [string, string])[];
const NO_FILES: Files = [];

function filesOf(io: Io, worker: PodWorker, volume: Volume, view: EnvironmentView): Files | string {
  if (volume.hostPath !== undefined) return checkHostPath(io, volume.hostPath) ?? NO_FILES;
  if (volume.configMap !== undefined)
    return keyed(
      worker,
      'configmap',
      volume.configMap.name ?? '',
      volume.configMap.items,
      volume.configMap.optional === true,
    );
  if (volume.secret !== undefined)
    return keyed(
      worker,
      'secret',
      volume.secret.secretName ?? '',
      volume.secret.items,
      volume.secret.optional === true,
    );
  if (volume.projected !== undefined) return projected(worker, volume, view);
  if (volume['downwardAPI'] !== undefined) return downward(worker.pod, fieldsOf(volume['downwardAPI'])['items'], view);
  if (volume.persistentVolumeClaim !== undefined) return 'not simulated: persistent volumes';
  const kind = Object.keys(volume).find((key) => key !== 'name');
  return kind === undefined || kind === 'emptyDir' ? NO_FILES : `not simulated: volumes of type ${kind}`;
}

function projected(worker: PodWorker, volume: Volume, view: EnvironmentView): Files | string {
  const all: (readonly [string, string])[] = [];
  for (const [index, source] of (volume.projected?.sources ?? []).entries()) {
    const [configMap, secret] = [fieldsOf(source['configMap']), fieldsOf(source['secret'])];
    let files: Files | string = NO_FILES;
    if (source['configMap'] !== undefined)
      files = keyed(
        worker,
        'configmap',
        String(configMap['name'] ?? ''),
        itemsOf(configMap),
        configMap['optional'] === true,
      );
    else if (source['secret'] !== undefined)
      files = keyed(worker, 'secret', String(secret['name'] ?? ''), itemsOf(secret), secret['optional'] === true);
    else if (source['downwardAPI'] !== undefined)
      files = downward(worker.pod, fieldsOf(source['downwardAPI'])['items'], view);
    else if (source['serviceAccountToken'] !== undefined) {
      const token = worker.objects.get(`token/${volume.name}/${index}`);
      if (typeof token !== 'object') return `failed to fetch token: ${token ?? 'not yet'}`;
      const path = String(fieldsOf(source['serviceAccountToken'])['path'] ?? 'token');
      files = [[path, String(fieldsOf(token['status'])['token'] ?? '')]];
    }
    if (typeof files === 'string') return files;
    all.push(...files);
  }
  return all;
}

function keyed(
  worker: PodWorker,
  kind: 'configmap' | 'secret',
  name: string,
  items: readonly Item[] | undefined,
  optional: boolean,
): Files | string {
  const object: KubeObject | string | undefined = worker.objects.get(`${kind}/${name}`);
  if (typeof object !== 'object') {
    if (optional) return NO_FILES;
    return object ?? `${kind} "${name}" not found`;
  }
  const data = dataText(kind, object);
  if (items === undefined) return Object.entries(data);
  const files: (readonly [string, string])[] = [];
  for (const { key, path } of items) {
    const value = data[key];
    if (value !== undefined) files.push([path, value]);
    else if (!optional)
      return kind === 'configmap'
        ? `configmap references non-existent config key: ${key}`
        : `references non-existent secret key: ${key}`;
  }
  return files;
}

function downward(pod: Pod, items: unknown, view: EnvironmentView): Files {
  if (!Array.isArray(items)) return NO_FILES;
  return items.map((item) => {
    const fields = fieldsOf(item);
    const path = String(fieldsOf(fields['fieldRef'])['fieldPath'] ?? '');
    return [String(fields['path'] ?? ''), fieldValue(pod, path, view) ?? ''] as const;
  });
}

/** The type that a hostPath volume demands. @source pkg/volume/hostpath/host_path.go */
function checkHostPath(io: Io, { path, type = '' }: NonNullable<Volume['hostPath']>): string | undefined {
  const isFile = io.readFile(path) !== undefined;
  const isDirectory = !isFile && io.listFiles(path).length > 0;
  const exists = isFile || isDirectory;
  switch (type) {
    case 'Directory':
      if (!exists) return `hostPath type check failed: ${path} is not a directory`;
      return isDirectory ? undefined : `hostPath type check failed: ${path} is not a directory`;
    case 'File':
      return isFile ? undefined : `hostPath type check failed: ${path} is not a file`;
    case 'FileOrCreate':
      if (isDirectory) return `hostPath type check failed: ${path} is not a file`;
      return isFile ? undefined : io.writeFile(path, '');
    case 'DirectoryOrCreate':
      return isFile ? `hostPath type check failed: ${path} is not a directory` : undefined;
    case 'Socket':
    case 'CharDevice':
    case 'BlockDevice':
      return `hostPath type check failed: ${path} is not a ${type === 'Socket' ? 'socket' : type === 'CharDevice' ? 'character device' : 'block device'}`;
    default:
      return undefined;
  }
}

/** Keys that were taken out of a ConfigMap lose their files. */
function removeOthers(io: Io, volume: Volume, directory: string, files: Files): void {
  if (volume.configMap === undefined && volume.secret === undefined) return;
  const kept = new Set(files.map(([path]) => `${directory}/${path}`));
  for (const path of io.listFiles(directory)) if (!kept.has(path)) io.removeFile(path);
}

function itemsOf(source: Source): readonly Item[] | undefined {
  return Array.isArray(source['items']) ? (source['items'] as readonly Item[]) : undefined;
}

function fieldsOf(value: unknown): Source {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Source) : {};
}

/** The directory of static pods: read at start, when a file changes, and every twenty seconds all the same. @source pkg/kubelet/config/file.go */
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { MILLISECOND } from '../kernel/units.ts';
import type { KubeletMemory } from './memory.ts';
import { addPod, removeStaticPod } from './pods.ts';
import { readManifest } from './static-pods.ts';

export function watchManifests(me: KubeletMemory, io: Io): void {
  const path = me.config?.staticPodPath ?? '';
  if (path === '') {
    me.manifestsRead = true;
    return;
  }
  klog(io, 'I', 'kubelet.go:482', `"Adding static pod path" path="${path}"`);
  io.watchFiles(path);
  readManifests(me, io);
}

/** Compares what the files say with what was known of them. */
export function readManifests(me: KubeletMemory, io: Io): void {
  const { config } = me;
  if (config === undefined || config.staticPodPath === '') return;
  io.setTimer('manifests', config.fileCheckMs * MILLISECOND, { type: 'READ_MANIFESTS' });
  const seen = new Set<string>();
  const isFile = io.readFile(config.staticPodPath) !== undefined;
  const paths = isFile ? [config.staticPodPath] : io.listFiles(config.staticPodPath);
  if (paths.length === 0 && !me.manifestsRead)
    klog(
      io,
      'E',
      'file.go:104',
      `"Unable to read config path" err="path does not exist, ignoring" path="${config.staticPodPath}"`,
    );
  for (const path of paths) {
    const name = path.slice(config.staticPodPath.length + 1);
    if (!isFile && (name.includes('/') || name.startsWith('.'))) continue;
    const text = io.readFile(path);
    if (text === undefined) continue;
    seen.add(path);
    const known = me.manifests.get(path);
    if (known?.text === text && known.uid !== '') continue;
    const result = readManifest(path, text, config.nodeName);
    if (!result.ok) {
      // A file that cannot be read takes its pod away; it is complained about each time it is looked at.
      klog(
        io,
        'E',
        'file.go:187',
        `"Could not process manifest file" err=${JSON.stringify(result.error)} path="${path}"`,
      );
      if (known !== undefined && known.uid !== '') drop(me, io, known.uid);
      me.manifests.set(path, { text, uid: '' });
      continue;
    }
    const uid = result.pod.metadata.uid ?? '';
    me.manifests.set(path, { text, uid });
    if (known?.uid === uid) continue;
    if (known !== undefined && known.uid !== '') drop(me, io, known.uid);
    if (!me.pods.has(uid)) addPod(me, io, result.pod, true);
  }
  for (const [path, { uid }] of me.manifests) {
    if (seen.has(path)) continue;
    me.manifests.delete(path);
    if (uid !== '') drop(me, io, uid);
  }
  me.manifestsRead = true;
}

function drop(me: KubeletMemory, io: Io, uid: string): void {
  const worker = me.pods.get(uid);
  if (worker !== undefined) removeStaticPod(me, io, worker);
}

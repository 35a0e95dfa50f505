/** A host's files, as its processes see them; its durable disks; its logs. */
import { hostOf, type Kernel, wallMs } from './kernel.ts';
import type { Host, LogLine, Process } from './state.ts';

const LOG_LINES = 2_000;

export interface Files {
  read(process: Process, path: string): string | undefined;
  write(process: Process, path: string, content: string): string | undefined;
  remove(process: Process, path: string): void;
  list(process: Process, directory: string): string[];
  watch(process: Process, path: string): void;
  /** Forgets one watched path, or all of the process's. */
  unwatch(process: Process, path?: string): void;
  disk<T>(host: string, path: string, fresh: () => T): T;
  /** Where on the host's disk a path lies that a process means. */
  hostPath(process: Process, path: string): string;
  log(host: string, name: string, line: string): void;
  /** The same on the host itself, for inputs from outside: an editor, a fault. */
  writeHost(host: string, path: string, content: string): string | undefined;
  removeHost(host: string, path: string): void;
}

type Place =
  | { readonly host: Host; readonly path: string }
  | { readonly data: string | undefined; readonly readOnly: true };

export function createFiles(kernel: Kernel): Files {
  const { state } = kernel;

  function place(process: Process, path: string): Place | undefined {
    const host = hostOf(state, process.host);
    if (process.mounts === undefined) return { host, path };
    let best: Place | undefined;
    let length = -1;
    for (const mount of process.mounts) {
      if (mount.path.length <= length || !isWithin(path, mount.path)) continue;
      length = mount.path.length;
      const rest = path.slice(mount.path.length).replace(/^\//, '');
      if (mount.files !== undefined) best = { data: mount.files[rest], readOnly: true };
      else if (mount.source !== undefined)
        best = { host, path: rest === '' ? mount.source : `${mount.source}/${rest}` };
    }
    // Outside of every mount: the container's own layer, kept on the host under the process's name.
    return best ?? { host, path: `/var/lib/containerd/rootfs/${process.name}${path}` };
  }

  function changed(host: Host, path: string): void {
    for (const watch of host.fileWatches) {
      if (isWithin(path, watch.path)) kernel.enqueue(1_000, watch.process, { type: 'FILE_CHANGED', path });
    }
  }

  const files: Files = {
    read(process, path) {
      const found = place(process, path);
      if (found === undefined) return undefined;
      return 'host' in found ? found.host.files.get(found.path)?.content : found.data;
    },
    write(process, path, content) {
      const found = place(process, path);
      if (found === undefined || !('host' in found)) return 'read-only file system';
      return files.writeHost(found.host.name, found.path, content);
    },
    remove(process, path) {
      const found = place(process, path);
      if (found !== undefined && 'host' in found) files.removeHost(found.host.name, found.path);
    },
    list(process, directory) {
      const found = place(process, directory);
      if (found === undefined || !('host' in found)) {
        const mount = process.mounts?.find((m) => m.path === directory);
        return Object.keys(mount?.files ?? {})
          .sort()
          .map((name) => `${directory}/${name}`);
      }
      const names: string[] = [];
      for (const path of found.host.files.keys()) {
        if (path !== found.path && isWithin(path, found.path)) names.push(directory + path.slice(found.path.length));
      }
      return names.sort();
    },
    watch(process, path) {
      hostOf(state, process.host).fileWatches.push({ path, process: process.id });
    },
    unwatch(process, path) {
      const { fileWatches } = hostOf(state, process.host);
      for (let i = fileWatches.length - 1; i >= 0; i--) {
        const watch = fileWatches[i]!;
        if (watch.process === process.id && (path === undefined || watch.path === path)) fileWatches.splice(i, 1);
      }
    },
    hostPath(process, path) {
      let best: string | undefined;
      let length = -1;
      for (const mount of process.mounts ?? []) {
        if (mount.source === undefined || mount.path.length <= length || !isWithin(path, mount.path)) continue;
        length = mount.path.length;
        best = mount.source + path.slice(mount.path.length);
      }
      return best ?? path;
    },
    disk<T>(hostName: string, path: string, fresh: () => T): T {
      const { disks } = hostOf(state, hostName);
      let data = disks.get(path) as T | undefined;
      if (data === undefined) {
        data = fresh();
        disks.set(path, data);
      }
      return data;
    },
    log(hostName, name, text) {
      const host = hostOf(state, hostName);
      const { logs } = host;
      let lines = logs.get(name);
      if (lines === undefined) {
        lines = [];
        logs.set(name, lines);
      }
      const line: LogLine = { at: state.now, wallMs: wallMs(state, hostName), text };
      lines.push(line);
      if (lines.length > LOG_LINES * 1.25) lines.splice(0, lines.length - LOG_LINES);
      // Who follows a log watches it like any file; unit logs are no files.
      if (name.startsWith('/')) changed(host, name);
    },
    writeHost(hostName, path, content) {
      const host = hostOf(state, hostName);
      if (host.diskFull) return 'no space left on device';
      if (host.files.get(path)?.content === content) return undefined;
      host.files.set(path, { content, modifiedMs: wallMs(state, hostName) });
      changed(host, path);
      return undefined;
    },
    removeHost(hostName, path) {
      const host = hostOf(state, hostName);
      if (host.files.delete(path)) changed(host, path);
    },
  };
  return files;
}

export function isWithin(path: string, directory: string): boolean {
  return (
    path === directory || (path.startsWith(directory) && (directory.endsWith('/') || path[directory.length] === '/'))
  );
}

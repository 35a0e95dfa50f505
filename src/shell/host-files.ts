/**
 * A machine's files as bash sees them: what is on its disk, plus the directories that follow from it, its programs, its logs and
 * a few devices. Every change goes into the world as a logged input.
 */
import type { FsStat, IFileSystem } from 'just-bash';
import { EPOCH_MS } from '../sim/kernel/units.ts';
import { decodeContent, type FileContent, fsError, parentOf, resolvePath, textBytes } from './file-content.ts';
import type { Gateway } from './gateway.ts';
import { cachedListing, type Listing } from './host-listing.ts';

/** Files that are written to the screen, not to a disk. */
export interface Devices {
  out(text: string): void;
  err(text: string): void;
  /** The disk is full: this file could not be written. */
  full(path: string): void;
}

export const SCREEN_OUT = '/dev/.screen-out';
export const SCREEN_ERR = '/dev/.screen-err';

/** What a session keeps about a machine's files beside their contents: Linux would keep it in inodes. */
export interface FileMarks {
  readonly directories: Set<string>;
  readonly modes: Map<string, number>;
}

export interface HostFilesOptions {
  readonly gateway: Gateway;
  readonly host: string;
  readonly marks: FileMarks;
  /** Names of the commands that live in /usr/bin here. */
  readonly programs: () => ReadonlySet<string>;
  readonly devices: Devices;
}

const BINARY = '\u007fELF\n';
const DEVICES = ['/dev/null', '/dev/tty', '/dev/stdout', '/dev/stderr', SCREEN_OUT, SCREEN_ERR];
const SYSCTL = '/proc/sys/';

export function createHostFiles(options: HostFilesOptions): IFileSystem {
  const { gateway, host, marks, programs, devices } = options;
  const state = () => gateway.world.kernel.state;
  const hostState = () => state().hosts.get(host);

  const listing = (): Listing => cachedListing(gateway.world.kernel.state, host, marks.directories, programs());

  function contentOf(path: string): string | undefined {
    const file = hostState()?.files.get(path);
    if (file !== undefined) return file.content;
    if (DEVICES.includes(path)) return '';
    const log = path.startsWith('/var/log/') ? hostState()?.logs.get(path) : undefined;
    if (log !== undefined) return log.map(({ wallMs, text }) => criLine(wallMs, text)).join('');
    if (path.startsWith(SYSCTL)) {
      const value = sysctl(path);
      if (value !== undefined) return `${value}\n`;
    }
    const name = programOf(path);
    return name !== undefined && (name.startsWith('__k8sd_') || programs().has(name)) ? BINARY : undefined;
  }

  function sysctl(path: string): number | undefined {
    const network = hostState()?.linux.get('network');
    if (typeof network !== 'object' || network === null || !('sysctls' in network)) return undefined;
    const { sysctls } = network;
    return sysctls instanceof Map ? sysctls.get(path.slice(SYSCTL.length).replaceAll('/', '.')) : undefined;
  }

  const isDirectory = (path: string): boolean => listing().directories.has(path);

  function read(path: string, verb = 'open'): string {
    const content = contentOf(path);
    if (content !== undefined) return content;
    if (isDirectory(path)) throw fsError('EISDIR', 'illegal operation on a directory', 'read', path);
    throw fsError('ENOENT', 'no such file or directory', verb, path);
  }

  function write(path: string, content: string): void {
    if (path === '/dev/null') return;
    if (path === SCREEN_OUT || path === '/dev/tty' || path === '/dev/stdout') {
      devices.out(content);
      return;
    }
    if (path === SCREEN_ERR || path === '/dev/stderr') {
      devices.err(content);
      return;
    }
    if (isDirectory(path)) throw fsError('EISDIR', 'illegal operation on a directory', 'open', path);
    if (!isDirectory(parentOf(path))) throw fsError('ENOENT', 'no such file or directory', 'open', path);
    if (path.startsWith(SYSCTL)) {
      const name = path.slice(SYSCTL.length).replaceAll('/', '.');
      gateway.inject({ type: 'run', host, program: 'sysctl', args: ['-w', `${name}=${content.trim()}`], stdin: '' });
      return;
    }
    const result = gateway.inject({ type: 'write-file', host, path, content });
    if (result.ok) return;
    devices.full(path);
    throw fsError('ENOSPC', result.error, 'write', path);
  }

  function remove(path: string): void {
    gateway.inject({ type: 'remove-file', host, path });
    marks.modes.delete(path);
  }

  function stat(path: string): FsStat {
    const content = contentOf(path);
    const modifiedMs = hostState()?.files.get(path)?.modifiedMs ?? 0;
    const mtime = new Date(modifiedMs === 0 ? EPOCH_MS : modifiedMs);
    const base = { isSymbolicLink: false, mtime };
    if (content !== undefined) {
      const isProgram = programOf(path) !== undefined && hostState()?.files.has(path) !== true;
      const mode =
        marks.modes.get(path) ?? (isProgram ? 0o755 : /\.(key|conf)$|\.kube\/config$/.test(path) ? 0o600 : 0o644);
      return { ...base, isFile: true, isDirectory: false, mode, size: textBytes(content).length };
    }
    if (isDirectory(path)) {
      return { ...base, isFile: false, isDirectory: true, mode: marks.modes.get(path) ?? 0o755, size: 4_096 };
    }
    throw fsError('ENOENT', 'no such file or directory', 'stat', path);
  }

  function removeTree(path: string): void {
    const below = `${path}/`;
    for (const file of [...(hostState()?.files.keys() ?? [])]) if (file.startsWith(below)) remove(file);
    for (const disk of [...(hostState()?.disks.keys() ?? [])]) {
      if (disk === path || disk.startsWith(below) || path.startsWith(`${disk}/`))
        gateway.inject({ type: 'remove-disk', host, path: disk });
    }
    for (const directory of [...marks.directories]) {
      if (directory === path || directory.startsWith(below)) marks.directories.delete(directory);
    }
  }

  const names = (path: string): string[] => [...(listing().directories.get(path) ?? [])].sort();

  const files: IFileSystem = {
    readFile: async (path) => read(path),
    readFileBuffer: async (path) => textBytes(read(path)),
    async writeFile(path, content: FileContent, encoding) {
      write(path, decodeContent(content, encoding));
    },
    async appendFile(path, content: FileContent, encoding) {
      const isDevice = DEVICES.includes(path);
      write(path, (isDevice ? '' : (contentOf(path) ?? '')) + decodeContent(content, encoding));
    },
    exists: async (path) => contentOf(path) !== undefined || isDirectory(path),
    // There are no links here: a path is the file's identity, which `mv` and `cp` ask for.
    stat: async (path) => ({ ...stat(path), identity: `${host}:${path}` }),
    lstat: async (path) => ({ ...stat(path), identity: `${host}:${path}` }),
    async mkdir(path, flags) {
      if (isDirectory(path) || contentOf(path) !== undefined) {
        if (flags?.recursive === true && isDirectory(path)) return;
        throw fsError('EEXIST', 'file already exists', 'mkdir', path);
      }
      if (!isDirectory(parentOf(path))) {
        if (flags?.recursive !== true) throw fsError('ENOENT', 'no such file or directory', 'mkdir', path);
        await files.mkdir(parentOf(path), flags);
      }
      marks.directories.add(path);
    },
    async readdir(path) {
      if (isDirectory(path)) return names(path);
      if (contentOf(path) !== undefined) throw fsError('ENOTDIR', 'not a directory', 'scandir', path);
      throw fsError('ENOENT', 'no such file or directory', 'scandir', path);
    },
    async rm(path, flags) {
      if (contentOf(path) !== undefined) {
        remove(path);
        // A directory stays when its last file goes.
        marks.directories.add(parentOf(path));
      } else if (!isDirectory(path)) {
        if (flags?.force !== true) throw fsError('ENOENT', 'no such file or directory', 'rm', path);
      } else if (names(path).length > 0 && flags?.recursive !== true) {
        throw fsError('ENOTEMPTY', 'directory not empty', 'rm', path);
      } else {
        removeTree(path);
        marks.directories.add(parentOf(path));
      }
    },
    async cp(from, to, flags) {
      if (contentOf(from) !== undefined) {
        write(to, read(from));
        return;
      }
      if (!isDirectory(from)) throw fsError('ENOENT', 'no such file or directory', 'cp', from);
      if (flags?.recursive !== true) throw fsError('EISDIR', 'is a directory', 'cp', from);
      await files.mkdir(to, { recursive: true });
      for (const name of names(from)) await files.cp(`${from}/${name}`, `${to}/${name}`, flags);
    },
    async mv(from, to) {
      if (hostState()?.disks.has(from) === true) {
        gateway.inject({ type: 'move-disk', host, path: from, to });
        marks.directories.delete(from);
        return;
      }
      await files.cp(from, to, { recursive: true });
      await files.rm(from, { recursive: true });
    },
    resolvePath,
    getAllPaths: () => [...(hostState()?.files.keys() ?? []), ...listing().directories.keys()],
    async chmod(path, mode) {
      stat(path);
      marks.modes.set(path, mode);
    },
    async symlink(_target, path) {
      throw fsError('EPERM', 'not simulated: symbolic links', 'symlink', path);
    },
    async link(from, to) {
      write(to, read(from));
    },
    async readlink(path) {
      stat(path);
      throw fsError('EINVAL', 'invalid argument', 'readlink', path);
    },
    async realpath(path) {
      stat(path);
      return resolvePath('/', path);
    },
    async utimes(path) {
      stat(path);
    },
  };
  return files;
}

/** `/usr/bin/kubectl` is the command kubectl. */
export function programOf(path: string): string | undefined {
  return /^\/(?:usr\/)?bin\/([^/]+)$/.exec(path)?.[1];
}

/** A line of a container's log as containerd writes it. */
function criLine(wallMs: number, text: string): string {
  return `${new Date(wallMs).toISOString().replace('Z', '000000Z')} stdout F ${text}\n`;
}

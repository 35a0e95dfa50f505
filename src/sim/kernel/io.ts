/**
 * All that a component can do to the world. There is one Io a kernel; it always acts for the process whose event is being run.
 * Nothing here waits: what comes back comes as an event to the statechart.
 *
 * Events that the kernel itself sends:
 * - `REQUEST`   {call, from, fromHost, fromIp, port, body, clientCertificate?}: somebody called an address this process listens on
 * - `CANCELLED` {call}: that caller has gone or has given up
 * - `REPLY`     {call, tag, ok: true, body} | {call, tag, ok: false, error}: the end of a call of ours
 * - `STREAM`    {call, tag, item}: one more item of a call of ours
 * - `EXITED`    {process, tag, exitCode, signal?}: a process that we spawned has ended
 * - `SIGTERM`, `SIGHUP`: a signal; without a transition for SIGTERM the process ends with 143
 * - `CONNECTED` {tag, ok, error?}: the end of a bare connection attempt
 * - `FILE_CHANGED` {path}: a file of this host below a watched path was written or removed
 * - `FSYNCED`   {tag}: what was written before the fsync is on the disk
 */
import type { KernelEvent } from './queue.ts';
import type { LogLine } from './state.ts';
import type { Us } from './units.ts';

export type CallId = number;

/** `host:port` or `ip:port`, as written in flags and kubeconfigs; no scheme. */
export type Address = string;

/** What a caller shows and demands on a TLS connection; PEM texts. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/** What a listener shows and demands. `clientAuth: 'require'` refuses callers without a certificate signed by `clientCa`. */
export interface ServerTls {
  readonly certificate: string;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
  readonly clientAuth: 'none' | 'request' | 'require';
}

export interface RequestOptions {
  /** Comes back in REPLY and STREAM; plain data. */
  readonly tag?: unknown;
  /** Default 30 s. 0 = none (a watch). At the deadline: REPLY error 'i/o timeout' (never connected) or 'context deadline exceeded'. */
  readonly timeoutMs?: number | undefined;
  readonly tls?: ClientTls | undefined;
  /** What netfilter and conntrack see; default tcp. A listener takes both. */
  readonly protocol?: 'tcp' | 'udp' | undefined;
}

export interface ListenOptions {
  /** Absent: every address of this process. */
  readonly ip?: string | undefined;
  readonly tls?: ServerTls | undefined;
  /** Connections are passed on to one of these addresses in turn (a TCP balancer). */
  readonly forward?: readonly Address[] | undefined;
}

export interface SpawnOptions {
  /** Process id is `<host>/<name>`; must not be running already. */
  readonly name: string;
  /** The binary: a key of the program registry. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Network namespace: an IP of its own (a pod's), or absent for the host's network. */
  readonly ip?: string | undefined;
  /** Absent: the process sees the host's files. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Where its log lines go, a file name below the host's logs: a unit name or /var/log/pods/… */
  readonly log: string;
  readonly tag?: unknown;
  /** Plain data handed to the program's `init` beside the arguments. */
  readonly config?: unknown;
}

/** A directory or file in a container: from the host's files (`source`) or from data (`files`: relative path → content; '' = the mount itself). */
export interface Mount {
  readonly path: string;
  readonly source?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly readOnly?: boolean | undefined;
}

export interface Io {
  /** True virtual time. Real components do not see it; use `wallMs` for anything they would read from their clock. */
  readonly now: Us;
  readonly self: string;
  readonly host: string;
  /** This process's own IP: the pod's, or the host's. */
  readonly ip: string;
  /** The host's wall clock in epoch milliseconds (with its skew). */
  wallMs(): number;
  /** From this process's own random stream, [0, 1). */
  random(): number;
  /** One line into the process's log. */
  log(line: string): void;
  /** A sentence about this step for the event trace a person reads: "Scheduled default/web to node-1". */
  note(text: string): void;

  /** Handled by this same machine as soon as the event at hand is done, within the same step. */
  raise(event: KernelEvent): void;
  /** An event to ourselves after a delay; a new timer with the same key replaces the old one. */
  setTimer(key: string, delayUs: Us, event: KernelEvent): void;
  clearTimer(key: string): void;

  /** One-way message to a process of the same host (a local socket) or a known process id. Lost where the link is cut. */
  send(to: string, event: KernelEvent): void;
  /** One-way message to whoever listens on an address: no reply, no retransmission. */
  post(address: Address, event: KernelEvent): void;

  /** Calls whoever listens on the address. Answers with REPLY, maybe preceded by STREAM items. */
  request(address: Address, body: unknown, options?: RequestOptions): CallId;
  /** Ends a call we were asked (REQUEST). */
  reply(call: CallId, body: unknown): void;
  /** One item of a streaming answer. */
  push(call: CallId, item: unknown): void;
  /** Gives up a call of ours, or breaks off one we were asked (the caller sees the error). */
  cancel(call: CallId, error?: string): void;
  /** Whether a call is still open on both ends as far as this end knows. */
  isOpen(call: CallId): boolean;
  /** Accepts calls on a port of our IP and of our loopback. False when the port is taken ("address already in use"). */
  listen(port: number, options?: ListenOptions): boolean;
  unlisten(port: number): void;
  /** For a balancer: where new connections to a forwarding port go from now on. */
  forwardTo(port: number, addresses: readonly Address[]): void;
  /** A bare TCP connection, closed at once: CONNECTED {tag, ok, error?}. */
  connect(address: Address, options?: { readonly tag?: unknown; readonly timeoutMs?: number | undefined }): void;

  /** Starts a process on this host. An error text when the program does not exist ("executable file not found in $PATH"). */
  spawn(
    options: SpawnOptions,
  ): { readonly ok: true; readonly process: string } | { readonly ok: false; readonly error: string };
  /** SIGTERM asks, SIGKILL ends at once (exit code 137). */
  kill(process: string, signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void;
  /** Ends this process at the end of the step; its parent gets EXITED. */
  exit(code: number): void;

  /** A text file as this process sees it (through its mounts); undefined = no such file. */
  readFile(path: string): string | undefined;
  /** Error text ("no space left on device", "read-only file system") or undefined. */
  writeFile(path: string, content: string): string | undefined;
  removeFile(path: string): void;
  /** Paths of files below a directory, sorted, as this process sees them. */
  listFiles(directory: string): string[];
  /** FILE_CHANGED for files and logs at or below this path from now on. */
  watchFiles(path: string): void;
  unwatchFiles(path: string): void;
  /** Lines of a log of this host, oldest first; empty when there is none. Bounded: the oldest lines are forgotten. */
  readLog(name: string): readonly LogLine[];
  removeLog(name: string): void;
  /**
   * Durable plain data at a path of this host's disk (etcd's data directory, containerd's state): survives the process, dies with the disk.
   * Made by `fresh` when absent. Mutated in place by its owner.
   */
  disk<T>(path: string, fresh: () => T): T;
  dropDisk(path: string): void;
  /**
   * Plain data of this machine's Linux kernel (network, cgroups), shared by all its processes and gone when it loses power.
   * Made by `fresh` when absent.
   */
  linux<T>(name: string, fresh: () => T): T;
  /** FSYNCED {tag} after the disk's latency; or never, when the disk hangs. */
  fsync(tag: unknown): void;
  diskIsFull(): boolean;
}

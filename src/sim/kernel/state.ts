/** The data of a world: everything here is plain, mutable, cloned for keyframes and hashed. Frozen objects in it are shared, never cloned. */
import type { Address, CallId, ClientTls, Mount, ServerTls } from './io.ts';
import type { Queue, QueueRow } from './queue.ts';
import type { RandomStream } from './random.ts';
import type { Us } from './units.ts';

export interface KernelState {
  now: Us;
  /** Next row's sequence number; the first is 1. */
  nextSeq: number;
  /** Rows executed so far. */
  steps: number;
  /** Running hash over every executed row: two 32-bit words. */
  hashLow: number;
  hashHigh: number;
  nextCall: CallId;
  nextLife: number;
  readonly seed: number;
  readonly queue: Queue;
  /** The kernel's own stream: latencies, losses. */
  readonly random: RandomStream;
  readonly hosts: Map<string, Host>;
  /** Host name by IP, for hosts only. */
  readonly hostByIp: Map<string, string>;
  readonly processes: Map<string, Process>;
  /** `ip:port`, or `host@127.0.0.1:port` / `podIP@127.0.0.1:port` for loopbacks → listener. */
  readonly listeners: Map<string, Listener>;
  readonly calls: Map<CallId, Call>;
  /** Calls with a deadline, oldest first, one list a timeout length. */
  readonly deadlines: Map<number, { at: Us; call: CallId }[]>;
  readonly network: NetworkState;
}

export interface Flow {
  readonly host: string;
  /** Of the listener. */
  readonly key: string;
  readonly ip: string;
  readonly port: number;
  /** After this the way is looked for anew. */
  until: Us;
}

export interface Host {
  readonly name: string;
  readonly ip: string;
  /** Which links and failure domain it belongs to; free text such as a zone. */
  readonly zone: string;
  powered: boolean;
  clockSkewMs: number;
  fsyncUs: Us;
  /** Share of the disk in use, 0…1 and above what fits: writes fail at 1. */
  diskFull: boolean;
  readonly files: Map<string, HostFile>;
  /** Durable data by path, see Io.disk. */
  readonly disks: Map<string, unknown>;
  /** Log lines by file name, bounded. */
  readonly logs: Map<string, LogLine[]>;
  readonly fileWatches: { path: string; process: string }[];
  /** What its Linux kernel remembers (network, cgroups), by name; lost with the power. */
  readonly linux: Map<string, unknown>;
}

export interface HostFile {
  readonly content: string;
  readonly modifiedMs: number;
}

export interface LogLine {
  readonly at: Us;
  readonly wallMs: number;
  readonly text: string;
}

export interface Process {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Pod IP, or the host's. */
  readonly ip: string;
  readonly ownNetwork: boolean;
  readonly mounts: readonly Mount[] | undefined;
  readonly log: string;
  readonly parent: string;
  readonly tag: unknown;
  readonly life: number;
  readonly startedAt: Us;
  readonly random: RandomStream;
  readonly config: unknown;
  /** The statechart's current state. */
  state: string;
  memory: unknown;
  paused: boolean;
  /** Rows that came while it was paused. */
  readonly inbox: QueueRow[];
  /** Valid timers: key → seq of the row. */
  readonly timers: Map<string, number>;
  /** Open calls, made or asked. */
  readonly calls: Set<CallId>;
  readonly ports: Set<string>;
  /** TLS connections that can be used again, by address. */
  readonly connections: Map<string, PooledConnection>;
  /** Where machines' addresses led a moment ago: established flows do not ask the rules for every packet. */
  readonly flows: Map<string, Flow>;
  exitCode: number | undefined;
}

/** An open connection of an HTTP client: the handshake is behind it for as long as both ends live and keep using it. */
export interface PooledConnection {
  readonly serverLife: number;
  readonly client: ClientTls | undefined;
  readonly server: ServerTls;
  usedAt: Us;
}

export interface Listener {
  readonly process: string;
  readonly tls: ServerTls | undefined;
  /** A TCP balancer: connections go on to these addresses in turn, and are not its own. */
  readonly forward: Forward | undefined;
}

export interface Forward {
  addresses: readonly Address[];
  next: number;
}

export interface Call {
  readonly id: CallId;
  readonly caller: string;
  readonly callerHost: string;
  server: string;
  serverHost: string;
  /** A balancer in between: its process and host; '' = none. */
  via: string;
  viaHost: string;
  readonly address: Address;
  readonly tag: unknown;
  readonly tls: ClientTls | undefined;
  /** The request has reached the server. */
  connected: boolean;
  /** Messages of one direction never overtake each other: earliest time the next may arrive. */
  toServerAt: Us;
  toCallerAt: Us;
}

export interface NetworkState {
  /** One-way latency between two different hosts. */
  latencyUs: Us;
  /** Random extra latency, up to. */
  jitterUs: Us;
  /** Latency inside a host. */
  loopbackUs: Us;
  /** What was done to links: `a>b` with host names → impairment. */
  readonly links: Map<string, Link>;
  /** Rows of connections that wait for a cut link to heal (TCP keeps trying). */
  readonly held: Map<string, QueueRow[]>;
}

export interface Link {
  cut: boolean;
  extraUs: Us;
  /** Share of packets lost, 0…1. */
  loss: number;
}

/** Etcd members on virtual hosts, and a client that waits for its answers. */
import type { EtcdMethod, EtcdRequests, EtcdResponses, EtcdResult } from '../../src/sim/api/etcd.ts';
import { checkEtcd, createEtcdLaws, type EtcdMemberState } from '../../src/sim/etcd/cluster-laws.ts';
import { etcdProgram } from '../../src/sim/etcd/etcd.machine.ts';
import { createEtcdDisk, type EtcdDisk, type EtcdMemory, type Server } from '../../src/sim/etcd/server-memory.ts';
import { addHost, createKernel, createKernelState, EXTERNAL, type Kernel } from '../../src/sim/kernel/kernel.ts';
import type { KernelEvent } from '../../src/sim/kernel/queue.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';

export type Answer<M extends EtcdMethod> = EtcdResult<M> | { readonly ok: false; readonly broken: string };

export class EtcdWorld {
  kernel: Kernel;
  answers = new Map<number, KernelEvent>();
  streams = new Map<number, unknown[]>();
  names: string[];
  broken: string[] = [];
  private laws = createEtcdLaws();

  constructor(
    size: number,
    seed = 1,
    private extra: readonly string[] = [],
  ) {
    const state = createKernelState(seed);
    this.names = Array.from({ length: size }, (_, i) => `cp-${i + 1}`);
    for (const [i, name] of [...this.names, 'extra'].entries()) addHost(state, name, `10.0.0.${i + 11}`);
    addHost(state, 'laptop', '10.0.0.9');
    this.kernel = createKernel(state, new Map([['etcd', etcdProgram]]), {
      external: (_process, event) => {
        if (event.type === 'REPLY') this.answers.set(event['call'] as number, event);
        if (event.type === 'STREAM') this.streams.get(event['call'] as number)?.push(event['item']);
      },
    });
    this.kernel.processes.spawn('laptop', { name: 'client', program: EXTERNAL, args: [], log: 'client' });
    for (const name of this.names) this.start(name);
  }

  ip(name: string): string {
    return this.kernel.state.hosts.get(name)!.ip;
  }

  args(name: string, members = this.names, state: 'new' | 'existing' = 'new'): string[] {
    const ip = this.ip(name);
    return [
      `--name=${name}`,
      `--listen-client-urls=http://127.0.0.1:2379,http://${ip}:2379`,
      `--advertise-client-urls=http://${ip}:2379`,
      `--listen-peer-urls=http://${ip}:2380`,
      `--initial-advertise-peer-urls=http://${ip}:2380`,
      '--data-dir=/var/lib/etcd',
      '--snapshot-count=10000',
      '--listen-metrics-urls=http://127.0.0.1:2381',
      '--feature-gates=InitialCorruptCheck=true',
      '--watch-progress-notify-interval=5s',
      `--initial-cluster=${members.map((member) => `${member}=http://${this.ip(member)}:2380`).join(',')}`,
      ...(state === 'existing' ? ['--initial-cluster-state=existing'] : []),
      ...this.extra,
    ];
  }

  start(name: string, args = this.args(name)): void {
    this.kernel.processes.spawn(name, { name: 'etcd', program: 'etcd', args, log: 'etcd' });
  }

  kill(name: string): void {
    this.kernel.processes.signal(`${name}/etcd`, 'SIGKILL');
  }

  run(seconds: number): void {
    const until = this.kernel.state.now + seconds * SECOND;
    for (let at = this.kernel.nextAt(); at !== undefined && at <= until; at = this.kernel.nextAt()) {
      this.kernel.step();
      this.check();
      if (this.broken.length > 0) throw new Error(this.broken.join('\n'));
    }
    this.kernel.runUntil(until);
  }

  private check(): void {
    const members: EtcdMemberState[] = [];
    for (const host of this.kernel.state.hosts.values()) {
      const disk = host.disks.get('/var/lib/etcd') as EtcdDisk | undefined;
      const process = this.kernel.state.processes.get(`${host.name}/etcd`);
      if (disk === undefined) continue;
      members.push({ disk, memory: process?.memory as EtcdMemory | undefined, life: process?.life ?? 0 });
    }
    this.broken.push(...checkEtcd(this.laws, members));
  }

  call<M extends EtcdMethod>(name: string, request: EtcdRequests[M], timeoutMs = 5_000): number {
    let id = 0;
    this.kernel.as(this.kernel.state.processes.get('laptop/client')!, (io) => {
      id = io.request(`${this.ip(name)}:2379`, request, { timeoutMs });
    });
    this.streams.set(id, []);
    return id;
  }

  /** Asks and lets time pass until the answer is there. */
  ask<M extends EtcdMethod>(name: string, request: EtcdRequests[M], timeoutMs = 5_000): Answer<M> {
    const id = this.call(name, request, timeoutMs);
    for (let i = 0; i < 10_000 && !this.answers.has(id); i++) this.run(0.002);
    const event = this.answers.get(id);
    if (event === undefined) throw new Error('no answer');
    return event['ok'] === true ? (event['body'] as EtcdResult<M>) : { ok: false, broken: String(event['error']) };
  }

  good<M extends EtcdMethod>(name: string, request: EtcdRequests[M]): EtcdResponses[M] {
    const result = this.ask<M>(name, request);
    if (result.ok) return result.body;
    throw new Error('broken' in result ? result.broken : result.error.message);
  }

  error<M extends EtcdMethod>(name: string, request: EtcdRequests[M], timeoutMs = 20_000): string {
    const result = this.ask<M>(name, request, timeoutMs);
    if (result.ok) return 'ok';
    return 'broken' in result ? result.broken : result.error.message;
  }

  server(name: string): Server | undefined {
    const process = this.kernel.state.processes.get(`${name}/etcd`);
    return process === undefined ? undefined : (process.memory as EtcdMemory).server;
  }

  state(name: string): string | undefined {
    return this.kernel.state.processes.get(`${name}/etcd`)?.state;
  }

  disk(name: string): EtcdDisk {
    return this.kernel.files.disk(name, '/var/lib/etcd', createEtcdDisk);
  }

  leader(): string {
    const leaders = this.names.filter((name) => this.state(name) === 'leader');
    if (leaders.length !== 1) throw new Error(`leaders: ${leaders.join()}`);
    return leaders[0]!;
  }

  followers(): string[] {
    return this.names.filter((name) => this.state(name) !== 'leader');
  }

  log(name: string): string {
    return (this.kernel.state.hosts.get(name)!.logs.get('etcd') ?? []).map(({ text }) => text).join('\n');
  }

  cut(name: string, cut: boolean): void {
    for (const other of this.kernel.state.hosts.keys()) {
      if (other === name) continue;
      this.kernel.calls.setLink(name, other, { cut });
      this.kernel.calls.setLink(other, name, { cut });
    }
  }
}

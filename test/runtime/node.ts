/** One machine of a cluster with its runtime, and somebody on it who asks. */

import { handshake } from '../../src/sim/api/certificate.ts';
import type { CriMethod, CriRequestOf, CriResult } from '../../src/sim/api/cri.ts';
import { CRI_PORT } from '../../src/sim/api/cri.ts';
import { routeConnection } from '../../src/sim/host/net-hook.ts';
import { systemdProgram } from '../../src/sim/host/systemd.machine.ts';
import {
  addHost,
  createKernel,
  createKernelState,
  type Kernel,
  type KernelHooks,
  type Program,
} from '../../src/sim/kernel/kernel.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';
import { kubeadmFiles } from '../../src/sim/kubeadm/files.ts';
import { wireNetwork } from '../../src/sim/routing.ts';
import { runtimePrograms } from '../../src/sim/runtime/programs.ts';
import { type ClusterSpec, hostsOf, NAMED_CLUSTERS } from '../../src/sim/spec.ts';

export interface TestNode {
  readonly kernel: Kernel;
  readonly host: string;
  /** Asks something of this machine (or any address) and runs the world until the answer has come. */
  ask(address: string, body: unknown, seconds?: number): unknown;
  cri<M extends CriMethod>(request: CriRequestOf<M>, seconds?: number): CriResult<M>;
  run(seconds: number): void;
  log(name: string): string[];
}

export interface TestNodeOptions {
  readonly spec?: ClusterSpec;
  readonly host?: string;
  readonly more?: readonly Program[];
  /** Changes of files before the machine starts; undefined removes. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly boot?: boolean;
}

export function testNode({
  spec = NAMED_CLUSTERS.small,
  host = 'node-1',
  more = [],
  files = {},
  boot = true,
}: TestNodeOptions = {}): TestNode {
  const state = createKernelState(11);
  for (const { name, ip, zone } of hostsOf(spec)) addHost(state, name, ip, zone);
  for (const [name, content] of kubeadmFiles(spec))
    for (const [path, text] of Object.entries(content))
      state.hosts.get(name)!.files.set(path, { content: text, modifiedMs: 0 });
  const known = state.hosts.get(host)!.files;
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) known.delete(path);
    else known.set(path, { content: text, modifiedMs: 0 });
  }
  const programs = new Map<string, Program>(
    [...runtimePrograms, systemdProgram, ...more].map((program) => [program.name, program]),
  );
  const answers = new Map<number, unknown>();
  const hooks: KernelHooks = {
    route: routeConnection,
    handshake,
    external: (_process, event) => {
      if (event.type === 'REPLY')
        answers.set(
          event['call'] as number,
          event['ok'] === true ? event['body'] : { ok: false, error: event['error'] },
        );
    },
  };
  const kernel = createKernel(state, programs, hooks);
  wireNetwork(kernel, spec);
  kernel.processes.spawn(host, { name: 'tester', program: 'external', args: [], log: 'tester' });
  if (boot) kernel.processes.spawn(host, { name: 'systemd', program: 'systemd', args: [], log: 'systemd' });
  const node: TestNode = {
    kernel,
    host,
    ask(address, body, seconds = 60) {
      let call = 0;
      kernel.as(state.processes.get(`${host}/tester`)!, (io) => {
        call = io.request(address, body, { timeoutMs: seconds * 1_000 });
      });
      const end = state.now + (seconds + 1) * SECOND;
      while (!answers.has(call) && (kernel.nextAt() ?? end) < end) kernel.step();
      return answers.get(call);
    },
    cri: <M extends CriMethod>(request: CriRequestOf<M>, seconds?: number) =>
      node.ask(`127.0.0.1:${CRI_PORT}`, request, seconds) as CriResult<M>,
    run: (seconds) => kernel.runUntil(state.now + seconds * SECOND),
    log: (name) => (state.hosts.get(host)?.logs.get(name) ?? []).map((line) => line.text),
  };
  return node;
}

/** The cluster as the screens show it: machines and processes as they are, nodes and pods as etcd's store says. */
import { summarizePod } from '../sim/api/pod-row.ts';
import type { KubeObject, Node, Pod } from '../sim/api/types.ts';
import type { KernelState, Process } from '../sim/kernel/state.ts';
import { objectsOf } from '../sim/observe.ts';
import { hostsOf, type World } from '../sim/world.ts';
import type { ClusterView, Health, NodeView, PartView, PodView } from './view.ts';

/** Programs that are shown as parts of a machine, in the order in which people think of them. */
const controlPlaneParts = ['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager'];
const nodeParts = ['kubelet', 'kube-proxy', 'containerd'];
const balancerParts = ['haproxy'];

/** States in which a part is not at work yet, or not quite. */
const onItsWay =
  /^(starting|waiting\w*|syncing|loading\w*|restoring|registering|connecting|activating|preCandidate|candidate|campaigning|resting|applying)$/;

/** @returns a snapshot; the objects in it are as old as the store's last revision */
export function clusterViewOf(world: World): ClusterView {
  const { state } = world.kernel;
  const nodes = new Map(objectsOf(state, 'nodes').map((node) => [node.metadata.name, node as Node & KubeObject]));
  const byHost = processesByHost(state);
  const hasBooted = nodes.size > 0;
  const views: NodeView[] = [];
  for (const { name, role } of hostsOf(world.spec)) {
    if (role === 'laptop') continue;
    const isPowered = state.hosts.get(name)?.powered !== false;
    const expected =
      role === 'balancer' ? balancerParts : role === 'worker' ? nodeParts : [...controlPlaneParts, ...nodeParts];
    const running = byHost.get(name) ?? new Map<string, Process>();
    const parts = expected.map((program) => partView(name, program, running.get(program), isPowered, hasBooted));
    if (role === 'balancer') {
      views.push({
        name,
        role: 'control-plane',
        health: isPowered ? 'good' : 'off',
        state: isPowered ? 'up' : 'powered off',
        parts,
      });
      continue;
    }
    views.push({
      name,
      role: role === 'worker' ? 'worker' : 'control-plane',
      ...nodeHealth(nodes.get(name), isPowered),
      parts,
    });
  }
  const pods = objectsOf(state, 'pods').map((pod) => podView(pod as Pod & KubeObject));
  return { name: world.spec.name, nodes: views, pods, services: objectsOf(state, 'services').length };
}

/** @returns the process behind `cp-1/etcd`, whichever container runs it now */
export function processOf(state: KernelState, partId: string): Process | undefined {
  const slash = partId.indexOf('/');
  const host = partId.slice(0, slash);
  const program = partId.slice(slash + 1);
  for (const process of state.processes.values()) {
    if (process.host === host && process.program === program && process.exitCode === undefined) return process;
  }
  return undefined;
}

export function partView(
  host: string,
  program: string,
  process: Process | undefined,
  isPowered: boolean,
  hasBooted: boolean,
): PartView {
  const part = { id: `${host}/${program}`, name: program, host };
  if (!isPowered) return { ...part, health: 'off', state: 'off' };
  if (!process) return { ...part, health: hasBooted ? 'broken' : 'off', state: hasBooted ? 'down' : 'not yet' };
  if (process.paused) return { ...part, health: 'warning', state: 'frozen' };
  const health: Health = process.state === '' || onItsWay.test(process.state) ? 'working' : 'good';
  return { ...part, health, state: process.state || 'starting' };
}

/** One process a program and host: the living one that started last. */
function processesByHost(state: KernelState): Map<string, Map<string, Process>> {
  const byHost = new Map<string, Map<string, Process>>();
  for (const process of state.processes.values()) {
    if (process.exitCode !== undefined) continue;
    let programs = byHost.get(process.host);
    if (!programs) {
      programs = new Map();
      byHost.set(process.host, programs);
    }
    programs.set(process.program, process);
  }
  return byHost;
}

function nodeHealth(node: Node | undefined, isPowered: boolean): { health: Health; state: string } {
  if (!isPowered) return { health: 'off', state: 'powered off' };
  if (!node) return { health: 'working', state: 'not registered' };
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  const cordoned = node.spec?.unschedulable === true ? ',SchedulingDisabled' : '';
  if (ready === 'True') return { health: cordoned === '' ? 'good' : 'warning', state: `Ready${cordoned}` };
  return { health: ready === undefined ? 'working' : 'broken', state: `NotReady${cordoned}` };
}

function podView(pod: Pod): PodView {
  const { ready, total, status, restarts } = summarizePod(pod);
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    node: pod.spec?.nodeName ?? '',
    health: podHealth(status, ready === total),
    state: status,
    ready: `${ready}/${total}`,
    restarts,
  };
}

function podHealth(status: string, isReady: boolean): Health {
  if (status === 'Running') return isReady ? 'good' : 'working';
  if (status === 'Completed' || status === 'Succeeded') return 'off';
  if (/^(Pending|ContainerCreating|PodInitializing|Init:\d|Terminating|SchedulingGated)/.test(status)) return 'working';
  if (/BackOff|Err|Error|Failed|OOMKilled|Evicted|Invalid|Cannot/.test(status)) return 'broken';
  return 'warning';
}

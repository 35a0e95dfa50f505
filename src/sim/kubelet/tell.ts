/** Runs the statecharts of pods and containers, which live in the kubelet's memory; their delays are timers of the kubelet. */
import type { Io } from '../kernel/io.ts';
import { type Chart, chartOf, dispatch, type Instance, start, type Timers } from '../kernel/run-machine.ts';
import { containerMachine } from './container.machine.ts';
import type { KubeletMemory } from './memory.ts';
import { podMachine } from './pod.machine.ts';
import { progress } from './pod-actions.ts';
import type { ContainerEvent, ContainerWorker, PodEvent, PodWorker } from './worker.ts';

/** Names of the kubelet's own timer events. */
export const POD_TIMER = 'POD_TIMER';
export const CONTAINER_TIMER = 'CONTAINER_TIMER';

export function tellPod(me: KubeletMemory, io: Io, pod: PodWorker, event: PodEvent): void {
  me.dirty.add(pod.uid);
  const timers: Timers = {
    arm: (name, delayUs) => io.setTimer(`pod/${pod.uid}/${name}`, delayUs, { type: POD_TIMER, uid: pod.uid, name }),
    disarm: (name) => io.clearTimer(`pod/${pod.uid}/${name}`),
  };
  const outer = pod.busy;
  pod.busy = true;
  run(chartOf(podMachine), pod, { me, io, pod }, event, timers, pod.next);
  pod.busy = outer;
}

export function tellContainer(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  event: ContainerEvent,
): void {
  me.dirty.add(pod.uid);
  const prefix = `container/${pod.uid}/${container.name}/`;
  const timers: Timers = {
    arm: (name, delayUs) =>
      io.setTimer(prefix + name, delayUs, { type: CONTAINER_TIMER, uid: pod.uid, container: container.name, name }),
    disarm: (name) => io.clearTimer(prefix + name),
  };
  const before = container.state;
  const wasStarted = container.started;
  run(chartOf(containerMachine), container, { me, io, pod, container }, event, timers, container.next);
  // What one container has come to may be what another, or the pod, waits for.
  if (container.state !== before || container.started !== wasStarted) {
    progress({ me, io, pod });
    settle(me, io, pod);
  }
}

/** Deals with what the pod has told itself, unless it is about to do so. */
export function settle(me: KubeletMemory, io: Io, pod: PodWorker): void {
  if (pod.busy) return;
  for (let event = pod.next.shift(); event !== undefined; event = pod.next.shift()) tellPod(me, io, pod, event);
}

function run<E extends { readonly type: string }>(
  chart: Chart,
  instance: Instance,
  context: object,
  event: E,
  timers: Timers,
  next: E[],
): void {
  if (instance.state === '') start(chart, instance, context, timers);
  dispatch(chart, instance, context, event, timers);
  for (let own = next.shift(); own !== undefined; own = next.shift()) dispatch(chart, instance, context, own, timers);
}

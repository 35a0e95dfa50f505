/**
 * One pod as its worker in the kubelet drives it: volumes, sandbox, init containers, containers, and the way out.
 * Models pkg/kubelet/pod_workers.go and kubelet.go SyncPod, SyncTerminatingPod, SyncTerminatedPod.
 */
import { setup } from 'xstate';
import type { Io } from '../kernel/io.ts';
import { givenByKernel } from '../kernel/run-machine.ts';
import type { KubeletMemory } from './memory.ts';
import {
  confirmEnd,
  finishStop,
  forgetSandbox,
  prepareVolumes,
  progress,
  runSandbox,
  stopContainers,
  stopSandbox,
} from './pod-actions.ts';
import type { PodEvent, PodWorker } from './worker.ts';

export interface PodContext {
  readonly me: KubeletMemory;
  readonly io: Io;
  readonly pod: PodWorker;
}

type Args = { context: PodContext; event: PodEvent };

/** A step that failed is tried again after ten seconds and up to half as much more. */
const RESYNC_MS = 10_000;
const MOUNT_RETRY_MS = 500;
const MAX_MOUNT_RETRY_MS = 122_000;

export const podMachine = setup({
  types: {} as { context: PodContext; events: PodEvent },
  actions: {
    prepareVolumes: ({ context }: Args) => prepareVolumes(context),
    runSandbox: ({ context }: Args) => runSandbox(context),
    forgetSandbox: ({ context }: Args) => forgetSandbox(context),
    progress: ({ context }: Args) => progress(context),
    stopContainers: ({ context }: Args) => stopContainers(context),
    stopSandbox: ({ context }: Args) => stopSandbox(context),
    finishStop: ({ context }: Args) => finishStop(context),
    confirmEnd: ({ context }: Args) => confirmEnd(context),
  },
  guards: {
    hasSandbox: ({ context: { pod } }) => pod.sandboxId !== '',
  },
  delays: {
    resync: ({ context: { io } }) => RESYNC_MS * (1 + io.random() / 2),
    networkRetry: ({ context: { io } }) => 1_000 * (1 + io.random() / 2),
    mountRetry: ({ context: { pod } }) =>
      Math.min(MAX_MOUNT_RETRY_MS, MOUNT_RETRY_MS * 2 ** Math.max(0, pod.mountFailures - 1)),
  },
}).createMachine({
  id: 'pod',
  context: givenByKernel,
  initial: 'Pending',
  on: {
    DELETE: '.Terminating',
    KILL: '.Terminating',
    REJECT: '.Terminated',
  },
  states: {
    /** Its volumes are being set up. */
    Pending: {
      entry: 'prepareVolumes',
      on: { VOLUMES_READY: 'ContainerCreating', VOLUMES_FAILED: 'FailedMount' },
    },
    FailedMount: { after: { mountRetry: 'Pending' } },
    /** Its sandbox is being made. */
    ContainerCreating: {
      entry: 'runSandbox',
      on: {
        SANDBOX_READY: 'PodInitializing',
        SANDBOX_FAILED: 'FailedCreatePodSandBox',
        NETWORK_NOT_READY: 'NetworkNotReady',
        VOLUMES_FAILED: 'FailedMount',
      },
    },
    FailedCreatePodSandBox: { after: { resync: 'ContainerCreating' } },
    NetworkNotReady: { after: { networkRetry: 'ContainerCreating' } },
    PodInitializing: {
      entry: 'progress',
      on: {
        INITIALIZED: 'Running',
        SANDBOX_GONE: { target: 'ContainerCreating', actions: 'forgetSandbox' },
        ALL_DONE: 'Terminating',
      },
    },
    Running: {
      entry: 'progress',
      on: { SANDBOX_GONE: { target: 'ContainerCreating', actions: 'forgetSandbox' }, ALL_DONE: 'Terminating' },
    },
    Terminating: {
      entry: 'stopContainers',
      on: {
        DELETE: { target: 'Terminating', reenter: true },
        KILL: {},
        SANDBOX_READY: { target: 'Terminating', reenter: true },
        CONTAINERS_STOPPED: [
          { guard: 'hasSandbox', actions: 'stopSandbox' },
          { target: 'Terminated', actions: 'finishStop' },
        ],
        STOPPED: { target: 'Terminated', actions: 'finishStop' },
        STOP_FAILED: 'FailedKillPod',
      },
    },
    FailedKillPod: { on: { KILL: {} }, after: { resync: 'Terminating' } },
    /** Nothing of it runs any more; it stays until the API lets go of it. */
    Terminated: { entry: 'confirmEnd', on: { DELETE: { actions: 'confirmEnd' }, KILL: {}, REJECT: {} } },
  },
});

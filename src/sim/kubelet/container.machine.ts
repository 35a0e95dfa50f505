/**
 * One container as the kubelet sees it: pull, create, start, run, and back off when it keeps dying.
 * State names are the words that `kubectl get pods` shows. Models pkg/kubelet/kuberuntime.
 * Delays: crash back-off 10 s doubling to 300 s, forgotten after twice its cap without a restart; image back-off the same.
 */
import { setup } from 'xstate';
import type { Io } from '../kernel/io.ts';
import { givenByKernel } from '../kernel/run-machine.ts';
import {
  adopt,
  askForImage,
  backOffDelayMs,
  createContainer,
  fetchEnvironment,
  isInBackOff,
  killContainer,
  raiseBackOff,
  recordExit,
  recordRunning,
  reportBackOff,
  resyncMs,
  runPostStart,
  setWaiting,
  startContainer,
  stopProbes,
} from './container-actions.ts';
import type { KubeletMemory } from './memory.ts';
import { restartsAfter } from './pod-status.ts';
import { type ContainerEvent, type ContainerWorker, containerSpec, type PodWorker } from './worker.ts';

export interface ContainerContext {
  readonly me: KubeletMemory;
  readonly io: Io;
  readonly pod: PodWorker;
  readonly container: ContainerWorker;
}

type Args = { context: ContainerContext; event: ContainerEvent };

export const containerMachine = setup({
  types: {} as { context: ContainerContext; events: ContainerEvent },
  actions: {
    askForImage: ({ context }: Args) => askForImage(context),
    setWaiting: ({ context, event }: Args) => setWaiting(context, event),
    fetchEnvironment: ({ context }: Args) => fetchEnvironment(context),
    create: ({ context }: Args) => createContainer(context),
    start: ({ context }: Args) => startContainer(context),
    postStart: ({ context }: Args) => runPostStart(context),
    running: ({ context }: Args) => recordRunning(context),
    kill: ({ context, event }: Args) => killContainer(context, event),
    stopProbes: ({ context }: Args) => stopProbes(context),
    recordExit: ({ context }: Args) => recordExit(context),
    raiseBackOff: ({ context }: Args) => raiseBackOff(context),
    reportBackOff: ({ context }: Args) => reportBackOff(context),
    adopt: ({ context }: Args) => adopt(context),
    reset: ({ context: { container } }: Args) => {
      container.waiting = undefined;
      container.ready = false;
      container.started = false;
    },
  },
  guards: {
    isBackingOff: ({ event }) => 'reason' in event && event.reason === 'ImagePullBackOff',
    couldNotPull: ({ event }) => 'reason' in event && event.reason === 'ErrImagePull',
    isNeverPulled: ({ event }) => 'reason' in event && event.reason === 'ErrImageNeverPull',
    isConfigError: ({ event }) => 'reason' in event && event.reason === 'CreateContainerConfigError',
    inBackOff: ({ context }) => isInBackOff(context),
    succeededForGood: ({ context: { pod, container } }) => isDone(pod, container) && container.current?.exitCode === 0,
    failedForGood: ({ context: { pod, container } }) => isDone(pod, container),
    podEnds: ({ context: { pod } }) => pod.state === 'Terminating' || pod.state === 'Terminated',
    runs: ({ context: { container } }) => container.current?.state === 'CONTAINER_RUNNING',
    hasEnded: ({ context: { container } }) => container.current?.state === 'CONTAINER_EXITED',
  },
  delays: {
    resync: ({ context }) => resyncMs(context),
    pullRetry: ({ context }) =>
      resyncMs(context, context.container.pullBackOffMs === 10_000 && context.container.current === undefined),
    backOff: ({ context }) => backOffDelayMs(context),
  },
}).createMachine({
  id: 'container',
  context: givenByKernel,
  initial: 'ContainerCreating',
  on: {
    RESET: { target: '.ContainerCreating', actions: ['stopProbes', 'reset'] },
  },
  states: {
    /** Not its turn yet. */
    ContainerCreating: { on: { START: 'Pulling', ADOPT: 'Adopted' } },
    /** Found running (or ended) by a kubelet that has just started. */
    Adopted: {
      entry: 'adopt',
      always: [
        { guard: 'runs', target: 'Running' },
        { guard: 'hasEnded', target: 'Exited' },
        { target: 'ContainerCreating' },
      ],
    },
    Pulling: {
      entry: 'askForImage',
      on: {
        IMAGE_READY: 'Creating',
        IMAGE_FAILED: [
          { guard: 'isBackingOff', target: 'ImagePullBackOff', actions: 'setWaiting' },
          { guard: 'couldNotPull', target: 'ErrImagePull', actions: 'setWaiting' },
          { guard: 'isNeverPulled', target: 'ErrImageNeverPull', actions: 'setWaiting' },
          { target: 'InvalidImageName', actions: 'setWaiting' },
        ],
      },
    },
    ErrImagePull: { after: { pullRetry: 'Pulling' } },
    ImagePullBackOff: { after: { pullRetry: 'Pulling' } },
    ErrImageNeverPull: { after: { resync: 'Pulling' } },
    InvalidImageName: { after: { resync: 'Pulling' } },
    Creating: {
      entry: 'fetchEnvironment',
      on: {
        OBJECTS_READY: { actions: 'create' },
        CREATED: 'Starting',
        CREATE_FAILED: [
          { guard: 'isConfigError', target: 'CreateContainerConfigError', actions: 'setWaiting' },
          { target: 'CreateContainerError', actions: 'setWaiting' },
        ],
      },
    },
    CreateContainerConfigError: { after: { resync: 'Pulling' } },
    CreateContainerError: { after: { resync: 'Pulling' } },
    Starting: {
      entry: 'start',
      on: {
        STARTED: { target: 'Running', actions: 'postStart' },
        START_FAILED: { target: 'RunContainerError', actions: 'setWaiting' },
      },
    },
    /** It may run all the same, when only the answer got lost. */
    RunContainerError: { on: { RUNNING: 'Running', EXITED: 'Exited' }, after: { resync: 'Exited' } },
    Running: {
      entry: 'running',
      exit: 'stopProbes',
      on: {
        RUNNING: { actions: 'running' },
        EXITED: 'Exited',
        KILL: 'Stopping',
      },
    },
    Stopping: { entry: 'kill', on: { EXITED: 'Exited', KILL: { actions: 'kill' } } },
    Exited: {
      entry: 'recordExit',
      always: [
        { guard: 'succeededForGood', target: 'Completed' },
        { guard: 'failedForGood', target: 'Error' },
        { guard: 'inBackOff', target: 'CrashLoopBackOff' },
        { target: 'Pulling', actions: 'raiseBackOff' },
      ],
    },
    CrashLoopBackOff: {
      entry: 'reportBackOff',
      after: {
        backOff: [
          { guard: 'podEnds', target: 'Error' },
          { guard: 'inBackOff', target: 'CrashLoopBackOff', reenter: true },
          { target: 'Pulling', actions: 'raiseBackOff' },
        ],
      },
    },
    Completed: { on: { START: 'Pulling' } },
    Error: { on: { START: 'Pulling' } },
  },
});

function isDone(pod: PodWorker, container: ContainerWorker): boolean {
  if (pod.state === 'Terminating' || pod.state === 'Terminated' || pod.pod.metadata.deletionTimestamp !== undefined)
    return true;
  if (container.kind === 'ephemeral') return true;
  return !restartsAfter(
    pod.pod,
    containerSpec(pod.pod, container.name),
    container.kind,
    container.current?.exitCode ?? 0,
  );
}

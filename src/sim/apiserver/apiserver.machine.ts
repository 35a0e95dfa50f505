/**
 * kube-apiserver: reads its flags and files, loads everything from etcd, makes sure that what every cluster has is there, then serves.
 * Without etcd it is not ready and cannot write, but goes on trying. Models cmd/kube-apiserver and pkg/controlplane of Kubernetes v1.36.
 */
import { setup } from 'xstate';
import type { WatchResponse } from '../api/etcd.ts';
import { klog } from '../client/klog.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { bootstrap, bootstrapAnswered } from './bootstrap.ts';
import { type EtcdTag, readEtcd } from './etcd-connection.ts';
import { compactTick, identityAnswered, identityTick, leaveList, reconcileEndpoints } from './identity.ts';
import type { ApiServer, Server } from './memory.ts';
import {
  askProgress,
  backendReplied,
  backendStreamed,
  callerGone,
  deleteChildren,
  eventLeaseGranted,
  retryRequest,
  takeRequest,
} from './serving.ts';
import {
  configure,
  ETCD_PATIENCE_MS,
  load,
  loaded,
  lost,
  openEtcdWatch,
  readAgain,
  reloadCredentials,
  serve,
  watched,
} from './startup.ts';
import { closeWatch, sendBookmarks } from './watchers.ts';

type ServerEvent =
  | { type: 'REQUEST'; call: CallId; body: unknown; fromIp: string; clientCertificate?: string }
  | { type: 'CANCELLED'; call: CallId }
  | (KernelEvent & { type: 'REPLY' })
  | (KernelEvent & { type: 'STREAM' })
  | { type: 'FILE_CHANGED'; path: string }
  | { type: 'SIGTERM' }
  | { type: 'LOAD' | 'LOADED' | 'REWATCH' | 'ETCD_LOST' | 'ETCD_BACK' | 'BOOTSTRAP' | 'BOOTSTRAPPED' }
  | { type: 'IDENTITY_TICK' | 'COMPACT_TICK' | 'MASTERS_CHANGED' | 'BOOKMARKS' | 'ASK_PROGRESS' | 'CONFIGURED' }
  | { type: 'WATCH_TIMEOUT'; call: CallId }
  | { type: 'RETRY_REQUEST' | 'CHILDREN'; request: number };

export const apiserverMachine = setup({
  types: {} as { context: Context<ApiServer, Io>; events: ServerEvent },
  actions: {
    configure: ({ context }) => {
      if (configure(context)) context.io.raise({ type: 'CONFIGURED' });
    },
    load: ({ context }) => load(context),
    giveUp: ({ context }) => {
      klog(
        context.io,
        'F',
        'instance.go:233',
        'Error creating leases: error creating storage factory: context deadline exceeded',
      );
      context.io.exit(255);
    },
    bootstrap: ({ context }) => {
      if (bootstrap(context)) context.io.raise({ type: 'BOOTSTRAPPED' });
    },
    listen: ({ context }) => {
      if (!serve(context)) return;
      klog(context.io, 'I', 'secure_serving.go:211', `Serving securely on [::]:${context.me.options.securePort}`);
    },
    startDuties: ({ context }) => {
      identityTick(context);
      compactTick(context);
    },
    stopListening: ({ context: { me, io } }) => {
      me.terminating = true;
      klog(io, 'I', 'genericapiserver.go:560', '"[graceful-termination] shutdown event" name="ShutdownInitiated"');
    },
    closeDown: ({ context }) => {
      const { me, io } = context;
      leaveList(context);
      io.unlisten(me.options.securePort);
      for (const call of [...me.watchers.keys()]) closeWatch(context, call, true);
      io.exit(0);
    },
  },
  delays: {
    etcdPatience: ETCD_PATIENCE_MS,
    shutdownDelay: ({ context }) => context.me.options.shutdownDelayMs,
  },
}).createMachine({
  id: 'kube-apiserver',
  context: givenByKernel,
  initial: 'starting',
  on: {
    REQUEST: { actions: ({ context, event }) => takeRequest(context, event) },
    CANCELLED: { actions: ({ context, event }) => callerGone(context, event.call) },
    REPLY: { actions: ({ context, event }) => replied(context, event) },
    STREAM: { actions: ({ context, event }) => streamed(context, event) },
    FILE_CHANGED: { actions: ({ context }) => reloadCredentials(context) },
    REWATCH: { actions: ({ context }) => openEtcdWatch(context) },
    LOAD: { actions: 'load' },
    BOOTSTRAP: { actions: 'bootstrap' },
    IDENTITY_TICK: { actions: ({ context }) => identityTick(context) },
    COMPACT_TICK: { actions: ({ context }) => compactTick(context) },
    MASTERS_CHANGED: { actions: ({ context }) => reconcileEndpoints(context) },
    BOOKMARKS: { actions: ({ context }) => sendBookmarks(context) },
    ASK_PROGRESS: { actions: ({ context }) => askProgress(context) },
    WATCH_TIMEOUT: { actions: ({ context, event }) => closeWatch(context, event.call, true) },
    RETRY_REQUEST: { actions: ({ context, event }) => retryRequest(context, event.request) },
    CHILDREN: { actions: ({ context, event }) => deleteChildren(context, event.request) },
    SIGTERM: '.shuttingDown',
  },
  states: {
    /** Flags and files are read. */
    starting: { entry: 'configure', on: { CONFIGURED: 'waitingForEtcd', FILE_CHANGED: {} } },
    /** Everything below /registry/ is being loaded. */
    waitingForEtcd: {
      entry: 'load',
      on: { LOADED: 'bootstrapping', FILE_CHANGED: { actions: ({ context }) => readAgain(context) } },
      after: { etcdPatience: { actions: 'giveUp' } },
    },
    /** It answers, but roles, namespaces and priority classes may still be missing. */
    bootstrapping: { entry: ['listen', 'bootstrap'], on: { BOOTSTRAPPED: 'ready' }, exit: 'startDuties' },
    ready: { on: { ETCD_LOST: 'storageUnavailable' } },
    /** etcd cannot be reached: /readyz fails, writes fail, the cache grows old. */
    storageUnavailable: { on: { ETCD_BACK: 'ready' } },
    shuttingDown: { entry: 'stopListening', on: { SIGTERM: {} }, after: { shutdownDelay: { actions: 'closeDown' } } },
  },
});

function replied(server: Server, event: KernelEvent): undefined {
  if (backendReplied(server, event)) return;
  const tag = event['tag'] as EtcdTag | undefined;
  switch (tag?.for) {
    case 'load':
      return loaded(server, event);
    case 'watch': {
      const reply = readEtcd(server, event);
      if (event['call'] !== server.me.etcd.watchCall) return;
      return lost(server, reply.ok ? 'etcdserver: watch canceled' : reply.message);
    }
    case 'identity':
      return identityAnswered(server, event);
    case 'hook':
      return tag.what === 'event-lease' ? eventLeaseGranted(server, event) : bootstrapAnswered(server, event);
    case 'progress':
      readEtcd(server, event);
  }
}

function streamed(server: Server, event: KernelEvent): undefined {
  if (backendStreamed(server, event)) return;
  if (event['call'] === server.me.etcd.watchCall) watched(server, event['item'] as WatchResponse);
}

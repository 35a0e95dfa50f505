/**
 * `kubeadm init` after the control plane answers: creates what the add-ons need, object by object, and marks the control planes; then it is done.
 * Models the phases upload-config, bootstrap-token, mark-control-plane and addon of cmd/kubeadm.
 */
import { setup } from 'xstate';
import type { HttpRequest } from '../api/http.ts';
import { formatApiPath, parseApiVersion } from '../api/path.ts';
import type { KubeObject } from '../api/types.ts';
import { type ApiClient, apiRequest, configFromKubeconfig, createApiClient, readReply } from '../client/api-client.ts';
import type { Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import type { ClusterSpec } from '../spec.ts';
import { addonManifests, controlPlaneMarks } from './addons.ts';

interface Kubeadm {
  readonly spec: ClusterSpec;
  client: ApiClient | undefined;
  /** Requests still to be made, first one next; unknown until the API answers. */
  todo: HttpRequest[] | undefined;
}

type Ctx = Context<Kubeadm, Io>;

/** The only one that may do anything before the rights of the ordinary administrator exist. */
const KUBECONFIG = '/etc/kubernetes/super-admin.conf';
const RETRY_MS = 500;

export const kubeadmMachine = setup({
  types: {} as { context: Ctx; events: KernelEvent },
  actions: {
    configure: ({ context: { me, io } }) => {
      const config = configFromKubeconfig(io.readFile(KUBECONFIG), KUBECONFIG, 'kubeadm');
      if (config.ok) me.client = createApiClient(config.config);
      else io.log(config.error);
    },
    askHealth: ({ context: { me, io } }) => {
      if (me.client !== undefined) apiRequest(me.client, io, { method: 'GET', path: '/readyz' }, 'health', 2_000);
    },
    ask: ({ context: { me, io } }) => {
      me.todo ??= requests(me.spec);
      const next = me.todo[0];
      if (next !== undefined && me.client !== undefined) apiRequest(me.client, io, next, 'apply', 5_000);
    },
    answered: ({ context: { me, io }, event }) => {
      const reply = readReply(event);
      if (!reply.ok && reply.status !== 409) io.log(`[kubeadm] ${me.todo?.[0]?.path}: ${reply.error}`);
      if (reply.ok || reply.status === 409) me.todo?.shift();
    },
    finish: ({ context: { io } }) => {
      io.note('kubeadm: the control plane has initialized successfully');
      io.exit(0);
    },
  },
  guards: {
    healthy: ({ event }) => readReply(event).ok,
    done: ({ context }) => context.me.todo?.length === 0,
    accepted: ({ event }) => {
      const reply = readReply(event);
      return reply.ok || reply.status === 409;
    },
  },
}).createMachine({
  id: 'kubeadm',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: { entry: 'configure', always: 'waiting' },
    /** For the API server to come up. */
    waiting: {
      entry: 'askHealth',
      on: { REPLY: [{ guard: 'healthy', target: 'applying' }, { target: 'resting' }] },
    },
    resting: { after: { [RETRY_MS]: 'waiting' } },
    applying: {
      entry: 'ask',
      always: { guard: 'done', target: 'done' },
      on: {
        REPLY: [
          { guard: 'accepted', target: 'applying', reenter: true, actions: 'answered' },
          { target: 'retrying', actions: 'answered' },
        ],
      },
    },
    /** A node that has not registered yet, an API server that went away for a moment. */
    retrying: { after: { [RETRY_MS]: 'applying' } },
    done: { entry: 'finish' },
  },
});

export const kubeadmProgram: Program = {
  name: 'kubeadm',
  machine: kubeadmMachine,
  init: (start): Kubeadm => ({ spec: start.config as ClusterSpec, client: undefined, todo: undefined }),
};

function requests(spec: ClusterSpec): HttpRequest[] {
  const creates = addonManifests(spec).map(
    (object): HttpRequest => ({ method: 'POST', path: collectionOf(object), body: object }),
  );
  const marks = controlPlaneMarks(spec).map(
    ({ node, patch }): HttpRequest => ({
      method: 'PATCH',
      path: `/api/v1/nodes/${node}`,
      body: patch,
      contentType: 'application/strategic-merge-patch+json',
    }),
  );
  return [...creates, ...marks];
}

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  ServiceAccount: 'serviceaccounts',
  Service: 'services',
  Deployment: 'deployments',
  DaemonSet: 'daemonsets',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};

function collectionOf(object: KubeObject): string {
  const { group, version } = parseApiVersion(object.apiVersion);
  const resource = PLURALS[object.kind];
  if (resource === undefined) throw new Error(`kubeadm creates no ${object.kind}`);
  return formatApiPath({ group, version, resource, namespace: object.metadata.namespace });
}

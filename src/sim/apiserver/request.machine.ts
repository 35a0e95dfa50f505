/**
 * One request as the API server works on it: who is it, may they, what do the admission plugins make of it, is it valid, does etcd take it.
 * Models the handler chain of staging/src/k8s.io/apiserver (pkg/server/config.go DefaultBuildHandlerChain, pkg/endpoints/handlers).
 */
import { setup } from 'xstate';
import type { TxnResponse } from '../api/etcd.ts';
import { unauthorized } from '../api/status.ts';
import { givenByKernel } from '../kernel/run-machine.ts';
import { authenticate, impersonated, logRefusal } from './authentication.ts';
import { authorize, forbiddenStatus } from './authorization.ts';
import { type ComponentTag, componentAnswered } from './component-status.ts';
import { answerNonResource } from './discovery.ts';
import { type EtcdAnswer, etcdFailure } from './etcd-connection.ts';
import { type KubeletTag, kubeletAnswered, proxyRequest } from './kubelet-proxy.ts';
import type { ApiRequest, Server } from './memory.ts';
import { quotaAnswered } from './quota.ts';
import { read, readAnswered, readFresh } from './reads.ts';
import { answer, isProxied, isRead, kindOf, refuse } from './request.ts';
import { isServed } from './resources.ts';
import { admit, admittingAnswered, fetched, mustRetry, store, stored, validate } from './writes.ts';

export interface RequestContext {
  readonly server: Server;
  readonly request: ApiRequest;
  /** Answers the caller, whoever it is. */
  readonly respond: (server: Server, request: ApiRequest) => void;
}

export type RequestEvent =
  | { type: 'ETCD'; reply: EtcdAnswer }
  | { type: 'KUBELET'; tag: KubeletTag; ok: boolean; body: unknown }
  | { type: 'COMPONENT'; tag: ComponentTag; ok: boolean; body: unknown }
  | { type: 'FRESH'; revision: number }
  | { type: 'RETRY' }
  | { type: 'LEASE'; reply: EtcdAnswer }
  | { type: 'CHILD' };

const answered = { target: 'responding', guard: 'answered' } as const;

export const requestMachine = setup({
  types: {} as { context: RequestContext; events: RequestEvent },
  guards: {
    answered: ({ context }) => context.request.answer !== undefined,
    reads: ({ context }) => isRead(context.request),
    streams: ({ context }) => context.request.step === 'streaming',
    admitted: ({ context }) => context.request.change !== undefined && context.request.backend === 0,
    charged: ({ context }) => context.request.change !== undefined && context.request.backend === 0,
    refetched: ({ context }) => context.request.step === 'fetch',
    mustRetry: ({ context }) => mustRetry(context.request),
  },
  actions: {
    authenticate: ({ context }) => identify(context.server, context.request),
    authorize: ({ context }) => permit(context.server, context.request),
    read: ({ context: { server, request } }) => {
      if (request.attributes.path !== '') answerNonResource(server, request);
      else if (!isServed(server.me.options, request.attributes.group, request.attributes.version))
        answer(request, 404, '404 page not found\n');
      else if (isProxied(request.attributes)) proxyRequest(server, request);
      else read(server, request);
    },
    admit: ({ context: { server, request } }) => {
      if (request.answer !== undefined) return;
      if (isServed(server.me.options, request.attributes.group, request.attributes.version)) admit(server, request);
      else answer(request, 404, '404 page not found\n');
    },
    validate: ({ context }) => validate(context.server, context.request),
    store: ({ context }) => store(context.server, context.request),
    respond: ({ context }) => context.respond(context.server, context.request),
  },
}).createMachine({
  id: 'request',
  context: givenByKernel,
  initial: 'authenticating',
  states: {
    authenticating: { entry: 'authenticate', always: [answered, 'authorizing'] },
    authorizing: { entry: 'authorize', always: [answered, { target: 'reading', guard: 'reads' }, 'admitting'] },
    /** get, list, watch, and what the kubelet answers. */
    reading: {
      entry: 'read',
      on: {
        ETCD: { actions: ({ context, event }) => readAnswered(context.server, context.request, event.reply) },
        FRESH: { actions: ({ context, event }) => readFresh(context.server, context.request, event.revision) },
        COMPONENT: {
          actions: ({ context: { server, request }, event }) => {
            const kind = kindOf(request);
            if (kind !== undefined) componentAnswered(server, request, kind, event.tag, event.ok, event.body);
          },
        },
        KUBELET: { actions: ({ context, event }) => kubeletAnswered(context.request, event.tag, event.ok, event.body) },
      },
      always: [answered, { target: 'streaming', guard: 'streams' }],
    },
    /** An open watch. */
    streaming: {},
    admitting: {
      entry: 'admit',
      on: {
        ETCD: { actions: ({ context, event }) => admittingAnswered(context.server, context.request, event.reply) },
        RETRY: { actions: 'admit' },
        CHILD: {},
      },
      always: [answered, { target: 'validating', guard: 'admitted' }],
    },
    validating: {
      entry: 'validate',
      on: {
        ETCD: [
          {
            guard: 'refetched',
            target: 'admitting',
            actions: ({ context, event }) => fetched(context.request, event.reply),
          },
          {
            actions: ({ context: { server, request }, event }) => {
              if (event.reply.ok) quotaAnswered(server, request, event.reply.body as TxnResponse);
              else request.answer = etcdFailure(event.reply);
            },
          },
        ],
        RETRY: 'admitting',
      },
      always: [answered, { target: 'storing', guard: 'charged' }],
    },
    storing: {
      entry: 'store',
      on: {
        ETCD: { actions: ({ context, event }) => stored(context.server, context.request, event.reply) },
        LEASE: {
          actions: ({ context: { server, request }, event }) => {
            if (event.reply.ok) store(server, request);
            else request.answer = etcdFailure(event.reply);
          },
        },
      },
      always: [answered, { target: 'admitting', guard: 'mustRetry' }],
    },
    responding: { entry: 'respond' },
  },
});

function identify(server: Server, request: ApiRequest): undefined {
  // What the server asks of itself comes with its own identity.
  if (request.call < 0) return;
  const { http } = request;
  const result = authenticate(server, request.certificate, http.token);
  if (!result.ok) {
    logRefusal(server, result.errors);
    refuse(request, unauthorized());
    return;
  }
  request.attributes = { ...request.attributes, user: result.user };
}

function permit(server: Server, request: ApiRequest): undefined {
  if (request.call < 0) return;
  const { impersonate } = request.http;
  if (impersonate !== undefined && !mayImpersonate(server, request, impersonate.user, impersonate.groups ?? [])) return;
  const decision = authorize(server.me, request.attributes);
  if (decision.allowed) return;
  const status = forbiddenStatus(request.attributes, decision.reason);
  server.io.note(`denied by ${server.me.options.authorizationModes.join(',')}: ${status.message}`);
  refuse(request, status);
}

/** @source staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation */
function mayImpersonate(server: Server, request: ApiRequest, user: string, groups: readonly string[]): boolean {
  const base = {
    ...request.attributes,
    verb: 'impersonate',
    group: '',
    version: 'v1',
    subresource: '',
    path: '',
    fields: [],
  };
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const wanted = [
    account === null
      ? { ...base, resource: 'users', namespace: '', name: user }
      : { ...base, resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! },
    ...groups.map((name) => ({ ...base, resource: 'groups', namespace: '', name })),
  ];
  for (const attributes of wanted) {
    const decision = authorize(server.me, attributes);
    if (decision.allowed) continue;
    refuse(request, forbiddenStatus(attributes, decision.reason));
    return false;
  }
  request.attributes = { ...request.attributes, user: impersonated(user, groups) };
  return true;
}

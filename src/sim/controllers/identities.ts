/**
 * Under --use-service-account-credentials every controller acts as a ServiceAccount of its own, so that RBAC can tell them apart: the account is
 * created, a token asked for, and renewed before it expires. Models pkg/controller clientbuilder (dynamic client builder).
 */
import { type ApiClient, apiClientEvent, apiRequest, createApiClient, readReply } from '../client/api-client.ts';
import { flagBool, flagInt } from '../client/flags.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import type { Controller } from './controller.ts';
import type { ControllerManager } from './controller-manager.machine.ts';
import { controllers } from './controllers.ts';

interface Tag {
  readonly account: string;
  readonly step: 'create' | 'token';
}

const RENEW = 'ACCOUNT_TOKEN';
const ACCOUNTS = '/api/v1/namespaces/kube-system/serviceaccounts';
const TOKEN_SECONDS = 3_600;
/** Renewed at four fifths of its life. */
const RENEW_US = TOKEN_SECONDS * 0.8 * SECOND;
const RETRY_US = SECOND;

const ONCE = { qps: 1, burst: 1 };
const throughputs = new Map(controllers.map(({ account, throughput }) => [account, throughput ?? ONCE]));

/** Asks for every account that a running controller needs. */
export function startIdentities(me: ControllerManager, io: Io): void {
  if (me.flags === undefined || !flagBool(me.flags, 'use-service-account-credentials')) return;
  const accounts = controllers.filter(({ name }) => me.queues.has(name)).map(({ account }) => account);
  for (const account of new Set(accounts)) create(me, io, account);
}

/** The client a controller writes with; undefined while its token has not come. */
export function clientOf(me: ControllerManager, controller: Controller): ApiClient | undefined {
  if (me.flags === undefined || !flagBool(me.flags, 'use-service-account-credentials')) return me.client;
  return me.identities.get(controller.account);
}

/** Give every event here; true when it was about an account, or a token of its rate limit. */
export function identityEvent(me: ControllerManager, io: Io, event: KernelEvent): boolean {
  if (event.type === RENEW) {
    ask(me, io, event['account'] as string);
    return true;
  }
  const client = me.identities.get(event['client'] as string);
  if (client !== undefined && apiClientEvent(client, io, event)) return true;
  if (event.type !== 'REPLY') return false;
  const tag = event['tag'] as Partial<Tag> | undefined;
  if (tag?.account === undefined || me.client === undefined) return false;
  const reply = readReply(event);
  if (tag.step === 'create') {
    if (reply.ok || reply.status === 409) ask(me, io, tag.account);
    else io.setTimer(`account:${tag.account}`, RETRY_US, { type: RENEW, account: tag.account });
    return true;
  }
  if (!reply.ok) {
    if (reply.status === 404) create(me, io, tag.account);
    else io.setTimer(`account:${tag.account}`, RETRY_US, { type: RENEW, account: tag.account });
    return true;
  }
  const { token } = (reply.body as { status: { token: string } }).status;
  const { server, tls, userAgent } = me.client.config;
  const known = me.identities.get(tag.account);
  const config = {
    server,
    tls: { ca: tls.ca, serverName: tls.serverName },
    token,
    userAgent: `${userAgent}/${tag.account}`,
  };
  const flags = me.flags!;
  const { qps, burst } = throughputs.get(tag.account) ?? ONCE;
  const fresh = createApiClient(
    config,
    flagInt(flags, 'kube-api-qps') * qps,
    flagInt(flags, 'kube-api-burst') * burst,
    tag.account,
  );
  // What still waits for its turn goes on with the new token.
  if (known !== undefined) fresh.waiting.push(...known.waiting);
  me.identities.set(tag.account, fresh);
  io.setTimer(`account:${tag.account}`, RENEW_US, { type: RENEW, account: tag.account });
  return true;
}

function create(me: ControllerManager, io: Io, account: string): void {
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: 'kube-system' } };
  if (me.client !== undefined)
    apiRequest(me.client, io, { method: 'POST', path: ACCOUNTS, body }, { account, step: 'create' } satisfies Tag);
}

function ask(me: ControllerManager, io: Io, account: string): void {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: { expirationSeconds: TOKEN_SECONDS },
  };
  if (me.client !== undefined)
    apiRequest(me.client, io, { method: 'POST', path: `${ACCOUNTS}/${account}/token`, body }, {
      account,
      step: 'token',
    } satisfies Tag);
}

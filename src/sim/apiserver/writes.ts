/**
 * Changing what etcd holds: propose, admit, validate, then one transaction that only succeeds if nobody else was faster; else it all starts
 * again from what is there now.
 * @source staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, pkg/storage/etcd3/store.go GuaranteedUpdate
 */
import { deepEqual } from '../api/equal.ts';
import { createTxn, type EtcdKeyValue, type TxnRequest, type TxnResponse } from '../api/etcd.ts';
import { generateName } from '../api/names.ts';
import {
  alreadyExists,
  conflict,
  generateNameConflict,
  invalidObject,
  methodNotAllowed,
  requestEntityTooLarge,
  resourceNotFound,
} from '../api/status.ts';
import type { KubeObject } from '../api/types.ts';
import { MILLISECOND } from '../kernel/units.ts';
import { type Admission, admitChange, isRefusal, judgeChange, type Refusal } from './admission.ts';
import { proposeDelete, proposeDeleteCollection } from './deletion.ts';
import { askEtcd, type EtcdAnswer, etcdFailure } from './etcd-connection.ts';
import { eventLease } from './event-leases.ts';
import type { ApiRequest, Change, Server } from './memory.ts';
import { proposeCreate, proposeUpdate, wrongDryRun } from './proposal.ts';
import { chargeQuotas } from './quota.ts';
import { escalation } from './rbac-escalation.ts';
import { scaleOf } from './reads.ts';
import { answer, isDryRun, kindOf, refuse, storageKey, warnOfDeprecation } from './request.ts';
import { mustKind } from './resources.ts';
import { answerReview, isReview } from './reviews.ts';
import { allocateService, releaseService } from './service-allocation.ts';
import { proposeSubresource, subresourceAnswered } from './subresources.ts';
import { decodeStored, withRevision } from './watch-cache.ts';

const MAX_ATTEMPTS = 20;
const MAX_NAME_ATTEMPTS = 8;

/** Entry of `admitting`: what is to be stored, as the plugins want it. */
export function admit(server: Server, request: ApiRequest): undefined {
  request.change = undefined;
  request.step = '';
  propose(server, request);
  if (retryFresh(server, request) || request.answer !== undefined || request.change === undefined) return;
  const change: Change = request.change;
  const admission = admissionOf(server, request, change);
  if (change.operation === 'DELETE') return;
  const admitted = admitChange(admission, change.object);
  if (isRefusal(admitted)) {
    if (waitAndRetry(server, request, admitted)) return;
    noteRefusal(server, admitted);
    refuse(request, admitted.refused);
  } else if (admitted !== change.object) request.change = { ...change, object: admitted };
  retryFresh(server, request);
}

/** etcd has answered while admitting: the object was read, or an operation of several steps goes on. */
export function admittingAnswered(server: Server, request: ApiRequest, reply: EtcdAnswer): undefined {
  if (request.step === 'fetch') {
    fetched(request, reply);
    if (request.answer === undefined) admit(server, request);
  } else if (reply.ok) subresourceAnswered(server, request, reply);
  else request.answer = etcdFailure(reply);
}

/** The object as etcd has it. */
export function fetched(request: ApiRequest, reply: EtcdAnswer): undefined {
  request.step = '';
  if (!reply.ok) {
    request.answer = etcdFailure(reply);
    return;
  }
  const kvs = 'kvs' in reply.body ? (reply.body.kvs as readonly EtcdKeyValue[]) : [];
  request.existing = { object: kvs[0] === undefined ? undefined : decodeStored(kvs[0]), fresh: true };
}

/** A signing request carries the name of whoever made it; nobody can ask in another's name. */
function requestedBy(request: ApiRequest, { plural }: { readonly plural: string }, object: KubeObject): KubeObject {
  if (plural !== 'certificatesigningrequests') return object;
  const { name, uid, groups, extra } = request.attributes.user;
  const asked = object['spec'] as object | undefined;
  const spec = { ...asked, username: name, uid: uid === '' ? undefined : uid, groups, extra };
  return { ...object, spec };
}

/** Entry of `validating`: strategy, validation, judging plugins, quotas. */
export function validate(server: Server, request: ApiRequest): undefined {
  const { change } = request;
  if (change === undefined) return;
  const kind = mustKind(change.prefix);
  const { subresource, old } = change;
  let { object } = change;
  if (change.operation === 'CREATE') {
    object = kind.prepareCreate(requestedBy(request, kind, object));
    const allocated = allocateService(server, kind, object, undefined);
    object = allocated.object;
    request.change = { ...change, object, also: allocated.also };
    const errors = [...kind.validate(object), ...allocated.errors];
    if (errors.length > 0) return refuse(request, invalidObject(kind, object.metadata.name, errors));
  } else if (change.operation === 'UPDATE' && old !== undefined && !change.remove) {
    const status = subresource === 'status';
    const prepared =
      subresource === '' || subresource === 'scale'
        ? kind.prepareUpdate(object, old)
        : status
          ? kind.prepareStatusUpdate(object, old)
          : object;
    object = prepared;
    let errors = status
      ? kind.validateStatusUpdate(object, old)
      : subresource === '' || subresource === 'scale'
        ? kind.validateUpdate(object, old)
        : [];
    if (subresource === '') {
      const allocated = allocateService(server, kind, object, old);
      object = allocated.object;
      if (allocated.errors.length > 0) errors = [...errors, ...allocated.errors];
      request.change = { ...change, object, also: allocated.also };
    } else request.change = { ...change, object };
    if (errors.length > 0) {
      refuse(request, invalidObject(kind, old.metadata.name, errors));
      retryFresh(server, request);
      return;
    }
  }
  if (change.operation !== 'DELETE') {
    for (const warning of kind.warnings(object, old))
      if (!request.warnings.includes(warning)) request.warnings.push(warning);
    warnOfDeprecation(request, kind);
  }
  const escalated =
    change.remove || change.operation === 'DELETE'
      ? undefined
      : escalation(server, request.attributes.user, kind, object);
  if (escalated !== undefined) return refuse(request, escalated);
  const refused = judgeChange(admissionOf(server, request, change), change.operation === 'DELETE' ? undefined : object);
  if (refused !== undefined) {
    if (waitAndRetry(server, request, refused)) return;
    noteRefusal(server, refused);
    refuse(request, refused.refused);
    retryFresh(server, request);
    return;
  }
  if (change.operation !== 'UPDATE' && !QUIET.has(change.prefix)) {
    const verb = change.operation === 'CREATE' ? 'create' : 'delete';
    server.io.note(`admitted: ${verb} ${kind.plural} ${change.key} for ${request.attributes.user.name}`);
  }
  chargeQuotas(server, request);
}

/** Too many and too dull for the trace. */
const QUIET: ReadonlySet<string> = new Set(['/registry/events', '/registry/leases']);

function noteRefusal({ io }: Server, { refused }: Refusal): undefined {
  io.note(`denied by admission: ${refused.message}`);
}

/** Entry of `storing`: one transaction. */
export function store(server: Server, request: ApiRequest): undefined {
  let { change } = request;
  if (change === undefined) return;
  const { old } = change;
  if (isDryRun(request)) return answerStored(request, change, old?.metadata.resourceVersion);
  if (change.operation === 'UPDATE' && !change.remove) {
    if (goesNow(change.object)) {
      change = { ...change, remove: true };
      request.change = change;
    } else if (old !== undefined && deepEqual(change.object, old))
      return answer(request, change.status, change.reply ?? old);
  }
  const key = `${change.prefix}/${change.key}`;
  const revision = Number(old?.metadata.resourceVersion ?? 0);
  let txn: TxnRequest;
  if (change.remove) {
    txn = guarded(key, revision, { method: 'DeleteRange', key });
    if (change.prefix === '/registry/services/specs')
      change = { ...change, also: releaseService(server, old ?? change.object) };
  } else {
    const value = withoutRevision(change.object);
    if (sizeOf(value) > MAX_OBJECT_UNITS) {
      return refuse(request, requestEntityTooLarge('limit is 3145728'));
    }
    if (change.prefix === '/registry/events') {
      const lease = eventLease(server, request.call);
      if (lease === undefined) return;
      txn =
        revision === 0 ? createTxn(key, value, lease) : guarded(key, revision, { method: 'Put', key, value, lease });
    } else txn = guarded(key, revision, { method: 'Put', key, value });
  }
  if (change.also !== undefined) {
    const failure = [
      ...txn.failure,
      ...change.also.compare.map(({ key: other }) => ({ method: 'Range', key: other }) as const),
    ];
    txn = {
      ...txn,
      compare: [...txn.compare, ...change.also.compare],
      success: [...txn.success, ...change.also.success],
      failure,
    };
  }
  request.backend = askEtcd(server, txn, { for: 'request', request: request.call, call: txn, tries: 0 });
}

/** etcd has answered the transaction. */
export function stored(server: Server, request: ApiRequest, reply: EtcdAnswer): undefined {
  const { change } = request;
  if (change === undefined) return;
  if (!reply.ok) {
    request.answer = etcdFailure(reply);
    return;
  }
  const body = reply.body as TxnResponse;
  if (body.succeeded) return answerStored(request, change, String(body.header.revision));
  const kind = mustKind(change.prefix);
  const first = body.responses[0];
  const kv = first?.method === 'Range' ? first.kvs[0] : undefined;
  const resource = { group: kind.group, resource: kind.plural };
  request.attempts++;
  if (change.operation === 'CREATE') {
    if (kv === undefined) {
      // Not the object but an allocation made in the same transaction was in the way.
      if (request.attempts >= MAX_ATTEMPTS) refuse(request, conflict(resource, change.object.metadata.name));
      else request.step = 'retry';
      return;
    }
    const { generateName: prefix, name } = change.object.metadata;
    const generated =
      (prefix ?? '') !== '' && (request.http.body as KubeObject | undefined)?.metadata?.name === undefined;
    if (!generated) return refuse(request, alreadyExists(resource, name));
    if (request.attempts >= MAX_NAME_ATTEMPTS) return refuse(request, generateNameConflict(resource, name, 1));
    const next = generateName(prefix ?? '', (n) => Math.floor(server.io.random() * n));
    const object = { ...change.object, metadata: { ...change.object.metadata, name: next } };
    request.change = { ...change, object, key: storageKey(kind, change.object.metadata.namespace ?? '', next) };
    store(server, request);
    return;
  }
  if (request.attempts >= MAX_ATTEMPTS) return refuse(request, conflict(resource, request.attributes.name));
  request.existing = { object: kv === undefined ? undefined : decodeStored(kv), fresh: true };
  request.step = 'retry';
}

/** Whether the change has to be proposed again, because somebody else changed the object. */
export function mustRetry(request: ApiRequest): boolean {
  return request.step === 'retry';
}

function propose(server: Server, request: ApiRequest): undefined {
  const { verb, subresource } = request.attributes;
  const kind = kindOf(request);
  if (kind === undefined || (!kind.namespaced && request.attributes.namespace !== '' && kind.plural !== 'namespaces')) {
    return refuse(request, resourceNotFound());
  }
  const dryRun = wrongDryRun(request);
  if (dryRun !== undefined) return refuse(request, dryRun);
  if (isReview(kind))
    return verb === 'create' ? answerReview(server, request, kind) : refuse(request, methodNotAllowed());
  if (subresource !== '' && !kind.subresources.includes(subresource)) return refuse(request, resourceNotFound());
  if (kind.plural === 'bindings' || (subresource !== '' && subresource !== 'status')) {
    return proposeSubresource(server, request, kind);
  }
  if (subresource === '' && !kind.verbs.includes(verb)) return refuse(request, methodNotAllowed());
  switch (verb) {
    case 'create':
      return request.attributes.name === ''
        ? proposeCreate(server, request, kind)
        : refuse(request, methodNotAllowed());
    case 'update':
    case 'patch':
      return request.attributes.name === ''
        ? refuse(request, methodNotAllowed())
        : proposeUpdate(server, request, kind);
    case 'delete':
      return subresource === '' ? proposeDelete(server, request, kind) : refuse(request, methodNotAllowed());
    case 'deletecollection':
      return proposeDeleteCollection(server, request, kind);
    default:
      return refuse(request, methodNotAllowed());
  }
}

/** What a plugin misses may be there in a moment: a namespace just made, its default service account. */
function waitAndRetry({ io }: Server, request: ApiRequest, refusal: Refusal): boolean {
  if (request.waits >= (refusal.retries ?? 0)) return false;
  request.waits++;
  request.change = undefined;
  const delayUs = Math.round((100 + io.random() * 100) * MILLISECOND);
  io.setTimer(`request-${request.call}`, delayUs, { type: 'RETRY_REQUEST', request: request.call });
  return true;
}

/** A refusal that rests on what the cache holds is not final: the object is read from etcd and everything done again. */
function retryFresh(server: Server, request: ApiRequest): boolean {
  const { existing } = request;
  const failed = request.answer !== undefined && request.answer.status >= 400;
  if (!failed || existing === undefined || existing.fresh) return false;
  const kind = kindOf(request);
  if (kind === undefined) return false;
  request.answer = undefined;
  request.change = undefined;
  request.step = 'fetch';
  const { namespace, name } = request.attributes;
  const call = { method: 'Range', key: `${kind.storagePrefix}/${storageKey(kind, namespace, name)}` } as const;
  request.backend = askEtcd(server, call, { for: 'request', request: request.call, call, tries: 0 });
  return true;
}

function admissionOf(server: Server, request: ApiRequest, change: Change): Admission {
  const { name, namespace } = change.object.metadata;
  return {
    server,
    user: request.attributes.user,
    kind: mustKind(change.prefix),
    operation: change.operation,
    subresource: change.subresource,
    namespace: namespace ?? '',
    name,
    old: change.old,
    warnings: request.warnings,
  };
}

function answerStored(request: ApiRequest, change: Change, revision: string | undefined): undefined {
  if (change.reply !== undefined) return answer(request, change.status, change.reply);
  const object =
    revision === undefined ? withoutRevision(change.object) : withRevision(change.object, Number(revision));
  if (change.subresource === 'scale') return answer(request, change.status, scaleOf(mustKind(change.prefix), object));
  answer(request, change.status, object);
}

/** An object marked for deletion goes as soon as nothing holds it any more. */
function goesNow({ metadata, spec, kind }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers?.length ?? 0) > 0) return false;
  if ((metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  const finalizers = (spec as { readonly finalizers?: readonly string[] } | undefined)?.finalizers;
  return kind !== 'Namespace' || (finalizers?.length ?? 0) === 0;
}

function guarded(key: string, modRevision: number, op: TxnRequest['success'][number]): TxnRequest {
  return {
    method: 'Txn',
    compare: [{ key, target: 'MOD', result: 'EQUAL', operand: modRevision }],
    success: [op],
    failure: [{ method: 'Range', key }],
  };
}

/** Objects are stored without the revision that only storing them gives. */
export function withoutRevision(object: KubeObject): KubeObject {
  const { resourceVersion: _revision, ...metadata } = object.metadata;
  return Object.freeze({ ...object, metadata });
}

const MAX_OBJECT_UNITS = 3_145_728;

/** Roughly the size of what may be large: texts in data. Exact sizes are etcd's to judge. */
function sizeOf(object: KubeObject): number {
  const data = object['data'];
  if (typeof data !== 'object' || data === null) return 0;
  let size = 0;
  for (const text of Object.values(data)) size += typeof text === 'string' ? text.length : 0;
  return size;
}

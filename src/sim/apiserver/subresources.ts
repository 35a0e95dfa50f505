/**
 * Writes to subresources that do more than replace a status: scale, binding, eviction, token, finalize, approval,
 * ephemeralcontainers, resize.
 * @source pkg/registry/core/pod/storage/{storage,eviction}.go, pkg/registry/core/serviceaccount/storage/token.go
 */
import type { TxnResponse } from '../api/etcd.ts';
import { forbiddenField, invalid } from '../api/field-error.ts';
import type { Kind } from '../api/kind.ts';
import { podQosClass } from '../api/pod-resources.ts';
import { badRequest, conflict, invalidObject, methodNotAllowed, notFound, success } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Binding, Condition, KubeObject, Pod, PodSpec } from '../api/types.ts';
import { deletionOf } from './deletion.ts';
import type { EtcdAnswer } from './etcd-connection.ts';
import { budgetAnswered, chargeBudget } from './eviction.ts';
import type { ApiRequest, Change, Server } from './memory.ts';
import { patchObject } from './patching.ts';
import { decodeBody, existingOf } from './proposal.ts';
import { scaleOf } from './reads.ts';
import { refuse, storageKey } from './request.ts';
import { mustKind } from './resources.ts';
import { answerTokenRequest } from './token-request.ts';
import { admit } from './writes.ts';

const PODS = '/registry/pods';

export function proposeSubresource(server: Server, request: ApiRequest, kind: Kind): undefined {
  const { verb, subresource, name } = request.attributes;
  const changing = verb === 'update' || verb === 'patch';
  if (kind.plural === 'bindings')
    return verb === 'create' ? bind(server, request) : refuse(request, methodNotAllowed());
  if (name === '') return refuse(request, methodNotAllowed());
  switch (subresource) {
    case 'scale':
      return changing ? scale(server, request, kind) : refuse(request, methodNotAllowed());
    case 'binding':
      return verb === 'create' ? bind(server, request) : refuse(request, methodNotAllowed());
    case 'eviction':
      return verb === 'create' ? evict(server, request) : refuse(request, methodNotAllowed());
    case 'token':
      return verb === 'create' ? answerTokenRequest(server, request) : refuse(request, methodNotAllowed());
    case 'finalize':
      return verb === 'update' ? withPart(server, request, kind, finalizersOf) : refuse(request, methodNotAllowed());
    case 'approval':
      return changing ? withPart(server, request, kind, conditionsOf) : refuse(request, methodNotAllowed());
    case 'ephemeralcontainers':
      return changing ? ephemeral(server, request, kind) : refuse(request, methodNotAllowed());
    case 'resize':
      return changing ? resize(server, request, kind) : refuse(request, methodNotAllowed());
    default:
      return refuse(request, methodNotAllowed());
  }
}

/** etcd has answered a step of a subresource. */
export function subresourceAnswered(
  server: Server,
  request: ApiRequest,
  reply: Extract<EtcdAnswer, { ok: true }>,
): undefined {
  if (request.step !== 'budget') return;
  budgetAnswered(request, reply.body as TxnResponse);
  if (request.answer === undefined) admit(server, request);
}

function scale(server: Server, request: ApiRequest, kind: Kind): undefined {
  const old = found(server, request, kind);
  if (old === undefined || kind.scale === undefined) return;
  const before = scaleOf(kind, old);
  const { http, attributes } = request;
  let wanted: unknown = http.body;
  if (http.method === 'PATCH') {
    const scaleKind = { ...kind, schema: 'scale.Scale' };
    const patched = patchObject(http.contentType ?? '', http.body, before, scaleKind, context(server));
    if (!patched.ok) return refuse(request, patched.status);
    wanted = patched.object;
  }
  const decoded = decodeBody(request, SCALE, wanted, 'scale.Scale');
  if (!decoded.ok) return refuse(request, decoded.status);
  const version = decoded.object.metadata.resourceVersion ?? '';
  if (version !== '' && version !== old.metadata.resourceVersion) {
    return refuse(request, conflict({ group: kind.group, resource: kind.plural }, attributes.name));
  }
  const replicas = (decoded.object['spec'] as { readonly replicas?: number } | undefined)?.replicas ?? 0;
  if (replicas < 0) {
    const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    return refuse(request, invalidObject({ group: 'autoscaling', kind: 'Scale' }, attributes.name, [error]));
  }
  request.change = update(kind, request, old, kind.scale.withReplicas(old, replicas));
}

const SCALE = { kind: 'Scale', version: 'v1', apiVersion: 'autoscaling/v1' };

/** POST of a Binding: the scheduler puts the pod on a node, once and for all. */
function bind(server: Server, request: ApiRequest): undefined {
  const pods = mustKind(PODS);
  const body = request.http.body as Binding | undefined;
  const name = request.attributes.name === '' ? (body?.metadata?.name ?? '') : request.attributes.name;
  const { namespace } = request.attributes;
  const target = body?.target?.name ?? '';
  if (target === '') {
    const error = { type: 'FieldValueRequired', field: 'target.name', body: 'Required value' } as const;
    return refuse(request, invalidObject({ group: '', kind: 'Binding' }, name, [error]));
  }
  const pod = existingOf(server, request, pods, storageKey(pods, namespace, name)) as Pod | undefined;
  if (pod === undefined) return refuse(request, notFound({ group: '', resource: 'pods' }, name));
  const resource = { group: '', resource: 'pods/binding' };
  if ((body?.metadata?.uid ?? '') !== '' && body?.metadata?.uid !== pod.metadata.uid) {
    const detail = `Precondition failed: UID in precondition: ${body?.metadata?.uid}, UID in object meta: ${pod.metadata.uid}`;
    return refuse(request, conflict({ group: '', resource: 'pods/binding' }, name, detail));
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return refuse(request, conflict(resource, name, `pod ${name} is being deleted, cannot be assigned to a host`));
  }
  if ((pod.spec.nodeName ?? '') !== '') {
    return refuse(request, conflict(resource, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`));
  }
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) {
    return refuse(request, conflict(resource, name, `pod ${name} has non-empty .spec.schedulingGates`));
  }
  const scheduled: Condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(server.io.wallMs()),
  };
  const annotations = body?.metadata?.annotations;
  const metadata =
    annotations === undefined
      ? pod.metadata
      : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } };
  const object: Pod = {
    ...pod,
    metadata,
    spec: { ...pod.spec, nodeName: target },
    status: { ...pod.status, conditions: withCondition(pod.status?.conditions, scheduled) },
  };
  const reply = success();
  request.change = {
    ...update(pods, request, pod, object),
    subresource: 'binding',
    key: storageKey(pods, namespace, name),
    status: 201,
    reply,
  };
}

/** The condition of this type replaced; its transition time stays when the status does. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
): readonly Condition[] {
  const others = conditions ?? [];
  const at = others.findIndex(({ type }) => type === condition.type);
  if (at < 0) return [...others, condition];
  const old = others[at]!;
  const same = old.status === condition.status;
  const next =
    same && old.lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime: old.lastTransitionTime }
      : condition;
  return others.map((one, i) => (i === at ? next : one));
}

/** The eviction API: a deletion that a PodDisruptionBudget may refuse. */
function evict(server: Server, request: ApiRequest): undefined {
  const pods = mustKind(PODS);
  const { namespace, name } = request.attributes;
  const key = storageKey(pods, namespace, name);
  const pod = existingOf(server, request, pods, key) as Pod | undefined;
  if (pod === undefined) return refuse(request, notFound({ group: '', resource: 'pods' }, name));
  if (!chargeBudget(server, request, pod)) return;
  const body = request.http.body as { readonly deleteOptions?: Parameters<typeof deletionOf>[3] } | undefined;
  const evicted: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(server.io.wallMs()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const marked: Pod = { ...pod, status: { ...pod.status, conditions: withCondition(pod.status?.conditions, evicted) } };
  const change = deletionOf(pods, key, marked, body?.deleteOptions ?? {}, server.io.wallMs());
  const reply = success();
  request.change =
    change === undefined
      ? { ...update(pods, request, pod, pod), status: 201, reply }
      : { ...change, old: pod, status: 201, reply };
}

type Part = (object: KubeObject, wanted: KubeObject) => KubeObject;

const finalizersOf: Part = (object, wanted) => ({
  ...object,
  metadata:
    wanted.metadata.finalizers === undefined
      ? object.metadata
      : { ...object.metadata, finalizers: wanted.metadata.finalizers },
  spec: {
    ...(object['spec'] as object | undefined),
    finalizers: (wanted['spec'] as { finalizers?: readonly string[] } | undefined)?.finalizers,
  },
});

const conditionsOf: Part = (object, wanted) => ({
  ...object,
  status: {
    ...(object['status'] as object | undefined),
    conditions: (wanted['status'] as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [],
  },
});

/** An update that only takes over one part of what the client sent. */
function withPart(server: Server, request: ApiRequest, kind: Kind, part: Part): undefined {
  const old = found(server, request, kind);
  if (old === undefined) return;
  const wanted = wantedObject(server, request, kind, old);
  if (wanted === undefined) return;
  request.change = update(kind, request, old, part(old, wanted));
}

function ephemeral(server: Server, request: ApiRequest, kind: Kind): undefined {
  const old = found(server, request, kind) as Pod | undefined;
  if (old === undefined) return;
  const wanted = wantedObject(server, request, kind, old) as Pod | undefined;
  if (wanted === undefined) return;
  const containers = wanted.spec.ephemeralContainers ?? [];
  const errors = containers.flatMap((container, i) => {
    const field = `spec.ephemeralContainers[${i}]`;
    const names = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];
    return names
      .filter((name) => container[name] !== undefined)
      .map((name) => forbiddenField(`${field}.${name}`, 'cannot be set for an Ephemeral Container'));
  });
  for (const before of old.spec.ephemeralContainers ?? []) {
    if (!containers.some(({ name }) => name === before.name)) {
      errors.push(
        forbiddenField('spec.ephemeralContainers', `existing ephemeral containers "${before.name}" may not be removed`),
      );
    }
  }
  if (errors.length > 0) return refuse(request, invalidObject(kind, old.metadata.name, errors));
  const generation = (old.metadata.generation ?? 0) + 1;
  const object = {
    ...old,
    metadata: { ...old.metadata, generation },
    spec: { ...old.spec, ephemeralContainers: containers },
  };
  request.change = update(kind, request, old, object);
}

function resize(server: Server, request: ApiRequest, kind: Kind): undefined {
  const old = found(server, request, kind) as Pod | undefined;
  if (old === undefined) return;
  const wanted = wantedObject(server, request, kind, old) as Pod | undefined;
  if (wanted === undefined) return;
  const spec: PodSpec = {
    ...old.spec,
    containers: old.spec.containers.map((container) => {
      const resources = wanted.spec.containers.find(({ name }) => name === container.name)?.resources;
      return resources === undefined ? container : { ...container, resources };
    }),
  };
  const generation = (old.metadata.generation ?? 0) + 1;
  const object: Pod = { ...old, metadata: { ...old.metadata, generation }, spec };
  if (podQosClass(object) !== podQosClass(old)) {
    const error = invalid('spec', podQosClass(old), 'Pod QOS Class may not change as a result of resizing');
    return refuse(request, invalidObject(kind, old.metadata.name, [error]));
  }
  request.change = update(kind, request, old, object);
}

function wantedObject(server: Server, request: ApiRequest, kind: Kind, old: KubeObject): KubeObject | undefined {
  const { http, attributes } = request;
  let body: unknown = http.body;
  if (http.method === 'PATCH') {
    const patched = patchObject(http.contentType ?? '', http.body, old, kind, context(server));
    if (!patched.ok) {
      refuse(request, patched.status);
      return undefined;
    }
    body = patched.object;
  }
  const decoded = decodeBody(request, kind, body, kind.schema);
  if (!decoded.ok) {
    refuse(request, decoded.status);
    return undefined;
  }
  const version = decoded.object.metadata.resourceVersion ?? '';
  if (version !== '' && version !== old.metadata.resourceVersion) {
    refuse(request, conflict({ group: kind.group, resource: kind.plural }, attributes.name));
    return undefined;
  }
  if ((decoded.object.metadata.name ?? attributes.name) !== attributes.name) {
    refuse(
      request,
      badRequest(
        `the name of the object (${decoded.object.metadata.name}) does not match the name on the URL (${attributes.name})`,
      ),
    );
    return undefined;
  }
  return decoded.object;
}

function found(server: Server, request: ApiRequest, kind: Kind): KubeObject | undefined {
  const { namespace, name } = request.attributes;
  const old = existingOf(server, request, kind, storageKey(kind, namespace, name));
  if (old === undefined) refuse(request, notFound({ group: kind.group, resource: kind.plural }, name));
  return old;
}

function update(kind: Kind, { attributes }: ApiRequest, old: KubeObject, object: KubeObject): Change {
  return {
    operation: 'UPDATE',
    prefix: kind.storagePrefix,
    subresource: attributes.subresource,
    key: storageKey(kind, old.metadata.namespace ?? '', old.metadata.name),
    old,
    object,
    remove: false,
    status: 200,
  };
}

function context(server: Server) {
  return { manager: '', force: false, time: formatTime(server.io.wallMs()), subresource: '' };
}

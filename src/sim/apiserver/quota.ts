/**
 * ResourceQuota: a creation is charged to every quota of its namespace before it is stored, and refused where one would be exceeded.
 * @source staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, pkg/quota/v1/evaluator/core
 */
import type { EtcdKeyValue, TxnRequest, TxnResponse } from '../api/etcd.ts';
import type { Kind } from '../api/kind.ts';
import { addQuantities, compareQuantities, subtractQuantities } from '../api/quantity.ts';
import { inScope, usageOf } from '../api/quota-usage.ts';
import { conflict, forbidden } from '../api/status.ts';
import type { KubeObject, Pod, ResourceList } from '../api/types.ts';
import { askEtcd } from './etcd-connection.ts';
import type { ApiRequest, Server } from './memory.ts';
import { isDryRun, refuse } from './request.ts';
import { mustKind } from './resources.ts';
import { cachedIn, decodeStored } from './watch-cache.ts';
import { withoutRevision } from './writes.ts';

const QUOTAS = '/registry/resourcequotas';
const MAX_TRIES = 5;

interface ResourceQuota extends KubeObject {
  readonly spec?: { readonly hard?: ResourceList; readonly scopes?: readonly string[] };
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}

/** Charges quotas, perhaps through etcd (then `request.backend` is set); refuses when one would be exceeded. */
export function chargeQuotas(server: Server, request: ApiRequest, quotas?: readonly ResourceQuota[]): undefined {
  const { change } = request;
  if (change === undefined || change.remove || change.operation === 'DELETE' || change.subresource !== '') return;
  if (!server.me.options.admissionPlugins.includes('ResourceQuota')) return;
  const kind = mustKind(change.prefix);
  const namespace = change.object.metadata.namespace ?? '';
  const known = quotas ?? (cachedIn(server.me, QUOTAS, namespace) as readonly ResourceQuota[]);
  if (!kind.namespaced || known.length === 0) return;
  const usage = usageOf(kind, change.object);
  const before = change.old === undefined ? {} : usageOf(kind, change.old);
  const charges: { quota: ResourceQuota; used: ResourceList }[] = [];
  for (const quota of known) {
    const hard = quota.status?.hard ?? quota.spec?.hard ?? {};
    if (!inScope(quota.spec?.scopes ?? [], kind, change.object)) continue;
    const names = Object.keys(hard).filter((name) => usage[name] !== undefined);
    const refused = (detail: string) =>
      refuse(request, forbidden({ group: kind.group, resource: kind.plural }, change.object.metadata.name, detail));
    const missing = change.operation === 'CREATE' ? mustSpecify(kind, change.object, Object.keys(hard)) : '';
    if (missing !== '') return refused(`failed quota: ${quota.metadata.name}: must specify ${missing}`);
    const delta = Object.fromEntries(
      names.map((name) => [name, subtractQuantities(usage[name] ?? '0', before[name] ?? '0')]),
    );
    const positive = names.filter((name) => compareQuantities(delta[name] ?? '0', '0') > 0);
    const used = (name: string) => quota.status?.used?.[name] ?? '0';
    const over = positive
      .filter((name) => compareQuantities(addQuantities(used(name), delta[name] ?? '0'), hard[name] ?? '0') > 0)
      .sort();
    if (over.length > 0) {
      const show = (value: (name: string) => unknown) => over.map((name) => `${name}=${value(name)}`).join(',');
      return refused(
        `exceeded quota: ${quota.metadata.name}, requested: ${show((name) => delta[name])}, used: ${show(used)}, limited: ${show((name) => hard[name])}`,
      );
    }
    const changed = names.filter((name) => compareQuantities(delta[name] ?? '0', '0') !== 0);
    if (changed.length === 0) continue;
    const next: Record<string, string | number> = { ...quota.status?.used };
    for (const name of changed) next[name] = addQuantities(used(name), delta[name] ?? '0');
    charges.push({ quota, used: next });
  }
  if (charges.length === 0 || isDryRun(request)) return;
  const compare = charges.map(
    ({ quota }) =>
      ({
        key: keyOf(quota),
        target: 'MOD',
        result: 'EQUAL',
        operand: Number(quota.metadata.resourceVersion),
      }) as const,
  );
  const success = charges.map(({ quota, used }) => {
    const hard = quota.status?.hard ?? quota.spec?.hard;
    return {
      method: 'Put',
      key: keyOf(quota),
      value: withoutRevision({ ...quota, status: { ...quota.status, hard, used } }),
    } as const;
  });
  const failure = known.map((quota) => ({ method: 'Range', key: keyOf(quota) }) as const);
  const txn: TxnRequest = { method: 'Txn', compare, success, failure };
  request.step = 'quota';
  request.backend = askEtcd(server, txn, { for: 'request', request: request.call, call: txn, tries: 0 });
}

/** Charged; or somebody else was faster, and the sums are done again on what is there now. */
export function quotaAnswered(server: Server, request: ApiRequest, body: TxnResponse): undefined {
  request.step = '';
  if (body.succeeded) return;
  request.waits++;
  const { change } = request;
  if (change === undefined) return;
  if (request.waits > MAX_TRIES) {
    return refuse(request, conflict({ group: '', resource: 'resourcequotas' }, ''));
  }
  const kvs: readonly EtcdKeyValue[] = body.responses.flatMap((response) =>
    response.method === 'Range' ? response.kvs : [],
  );
  chargeQuotas(
    server,
    request,
    kvs.map((kv) => decodeStored(kv) as ResourceQuota),
  );
}

/** A quota on cpu or memory forces every container to say how much it wants: `limits.memory for: p; requests.cpu for: p`. */
function mustSpecify(kind: Kind, object: KubeObject, constrained: readonly string[]): string {
  if (kind.plural !== 'pods' || kind.group !== '') return '';
  const { spec } = object as Pod;
  const missing: string[] = [];
  for (const name of [...constrained].sort()) {
    const match = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name);
    if (match === null || match[2] === 'ephemeral-storage') continue;
    const list = match[1] === 'limits' ? 'limits' : 'requests';
    const without = [...spec.containers, ...(spec.initContainers ?? [])].filter(
      ({ resources }) => resources?.[list]?.[match[2]!] === undefined,
    );
    if (without.length > 0) missing.push(`${name} for: ${without.map((container) => container.name).join(',')}`);
  }
  return missing.join('; ');
}

function keyOf(quota: ResourceQuota): string {
  return `${QUOTAS}/${quota.metadata.namespace}/${quota.metadata.name}`;
}

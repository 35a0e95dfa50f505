/**
 * What a new cluster finds: system namespaces, bootstrap roles and bindings, priority classes, the `kubernetes` Service.
 * Each is created only where it is missing, in a few transactions.
 * @source pkg/registry/rbac/rest/storage_rbac.go, pkg/registry/scheduling/rest/storage_scheduling.go, pkg/controlplane/controller
 */
import { formatIp, parseCidr } from '../api/address.ts';
import { semanticEqual } from '../api/equal.ts';
import type { TxnCompare, TxnOp, TxnResponse } from '../api/etcd.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { formatTime } from '../api/time.ts';
import type { KubeObject, LabelSelector, PolicyRule } from '../api/types.ts';
import { klog } from '../client/klog.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND } from '../kernel/units.ts';
import { HOOKS } from './discovery.ts';
import { askEtcd, readEtcd } from './etcd-connection.ts';
import type { Server } from './memory.ts';
import rbac from './rbac-bootstrap.json' with { type: 'json' };
import { newUid, storageKey } from './request.ts';
import { kindOfObject } from './resources.ts';
import { ipAddress } from './service-allocation.ts';
import { cached, IP_ADDRESSES } from './watch-cache.ts';
import { withoutRevision } from './writes.ts';

/** etcd takes at most 128 operations in a transaction. */
const CHUNK = 100;
const RETRY_US = 100 * MILLISECOND;

/** Creates what is missing. True when nothing is. */
export function bootstrap(server: Server): boolean {
  const { me, io } = server;
  const compare: TxnCompare[] = [];
  const success: TxnOp[] = [];
  const add = (key: string, value: object) => {
    compare.push({ key, target: 'MOD', result: 'EQUAL', operand: 0 });
    success.push({ method: 'Put', key, value });
  };
  for (const object of wantedObjects(server)) {
    if (success.length >= CHUNK) break;
    const kind = kindOfObject(object);
    if (kind === undefined) continue;
    const key = storageKey(kind, object.metadata.namespace ?? '', object.metadata.name);
    const found = cached(me, kind.storagePrefix, key);
    if (found !== undefined) {
      const repaired = repairedRole(found, object);
      if (repaired === undefined) continue;
      const operand = Number(found.metadata.resourceVersion);
      compare.push({ key: `${kind.storagePrefix}/${key}`, target: 'MOD', result: 'EQUAL', operand });
      success.push({ method: 'Put', key: `${kind.storagePrefix}/${key}`, value: withoutRevision(repaired) });
      continue;
    }
    const metadata = { ...object.metadata, uid: newUid(server), creationTimestamp: formatTime(io.wallMs()) };
    const prepared = kind.prepareCreate(kind.defaults({ ...object, metadata }));
    add(`${kind.storagePrefix}/${key}`, Object.freeze(prepared));
    if (object.kind === 'Service') {
      const ip = firstServiceIp(server);
      add(IP_ADDRESSES + ip, ipAddress(server, object.metadata, ip));
    }
  }
  if (success.length === 0) {
    for (const hook of HOOKS) me.hooks.add(hook);
    klog(io, 'I', 'storage_rbac.go:321', 'system roles, namespaces and priority classes are in place');
    return true;
  }
  askEtcd(server, { method: 'Txn', compare, success, failure: [] }, { for: 'hook', what: 'bootstrap', tries: 0 });
  return false;
}

/** One transaction is done, or another server was faster: look again when the cache has seen it. */
export function bootstrapAnswered(server: Server, event: KernelEvent): undefined {
  const reply = readEtcd(server, event);
  const revision = reply.ok ? (reply.body as TxnResponse).header.revision : 0;
  const caughtUp = reply.ok && server.me.cache.revision >= revision;
  server.io.setTimer('bootstrap', caughtUp ? 0 : RETRY_US, { type: 'BOOTSTRAP' });
}

export function firstServiceIp({ me }: Server): string {
  const range = parseCidr(me.options.serviceClusterIpRange);
  return formatIp({ family: 4, words: [((range?.words[0] ?? 0x0a000000) + 1) >>> 0] });
}

/**
 * Roles and bindings of the system get back what was taken from them, unless they are annotated otherwise; what was added stays.
 * @source pkg/registry/rbac/reconciliation
 */
function repairedRole(found: KubeObject, wanted: KubeObject): KubeObject | undefined {
  if (!wanted.apiVersion.startsWith('rbac.') || found.metadata.annotations?.[AUTOUPDATE] === 'false') return undefined;
  if ((wanted as BootstrapRole).aggregationRule !== undefined) return undefined;
  const field = wanted['rules'] === undefined ? 'subjects' : 'rules';
  const have = (found[field] as readonly unknown[] | null | undefined) ?? [];
  const missing = ((wanted[field] as readonly unknown[] | null | undefined) ?? []).filter(
    (one) => !have.some((other) => semanticEqual(one, other)),
  );
  return missing.length === 0 ? undefined : { ...found, [field]: [...have, ...missing] };
}

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

function wantedObjects(server: Server): readonly KubeObject[] {
  return [...NAMESPACES, ...PRIORITIES, ...RBAC, serviceCidr(server), kubernetesService(server)];
}

const NAMESPACES: readonly KubeObject[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
}));

const PRIORITIES: readonly KubeObject[] = [
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
];

function priorityClass(name: string, value: number, description: string): KubeObject {
  const head = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name, generation: 1 } };
  return { ...head, value, description, preemptionPolicy: 'PreemptLowerPriority' };
}

interface BootstrapRole extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

const CLUSTER_ROLES = rbac.clusterRoles as unknown as readonly BootstrapRole[];

/** Aggregated roles start with the rules that the aggregation controller would give them at once. */
const RBAC: readonly KubeObject[] = [
  ...CLUSTER_ROLES.map((role) =>
    role.aggregationRule === undefined ? role : { ...role, rules: aggregatedRules(role, new Set()) },
  ),
  ...(rbac.clusterRoleBindings as unknown as readonly KubeObject[]),
  ...(rbac.namespaced as unknown as readonly KubeObject[]),
];

function aggregatedRules(role: BootstrapRole, seen: Set<string>): readonly PolicyRule[] {
  if (role.aggregationRule === undefined) return role.rules ?? [];
  const rules: PolicyRule[] = [];
  for (const other of CLUSTER_ROLES) {
    if (other === role || seen.has(other.metadata.name)) continue;
    const selected = role.aggregationRule.clusterRoleSelectors?.some((selector) =>
      matchesSelector(selectorOf(selector), other.metadata.labels),
    );
    if (selected === true) rules.push(...aggregatedRules(other, new Set([...seen, role.metadata.name])));
  }
  return rules;
}

function serviceCidr(server: Server): KubeObject {
  const ready = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: formatTime(server.io.wallMs()),
    reason: '',
    message: 'Kubernetes Service CIDR is ready',
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes', finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    spec: { cidrs: [server.me.options.serviceClusterIpRange] },
    status: { conditions: [ready] },
  };
}

function kubernetesService(server: Server): KubeObject {
  const ip = firstServiceIp(server);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: server.me.options.securePort }],
      clusterIP: ip,
      clusterIPs: [ip],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    },
  };
}

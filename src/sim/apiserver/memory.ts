/** What one kube-apiserver process keeps in memory: plain data only. */
import type { EtcdId, TxnRequest } from '../api/etcd.ts';
import type { FieldSelector } from '../api/field-selector.ts';
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import type { Selector } from '../api/selector.ts';
import type { TokenClaims } from '../api/service-account-token.ts';
import type { KubeObject, PolicyRule, Status, WatchEvent } from '../api/types.ts';
import type { CallId, ClientTls, Io } from '../kernel/io.ts';
import type { ProcessStart } from '../kernel/kernel.ts';
import type { Context } from '../kernel/run-machine.ts';
import type { Us } from '../kernel/units.ts';
import type { Options } from './options.ts';

export type Server = Context<ApiServer, Io>;

export interface ApiServer {
  readonly args: readonly string[];
  readonly ip: string;
  readonly host: string;
  /** Known once the flags have been parsed. */
  options: Options;
  credentials: Credentials;
  readonly etcd: EtcdConnection;
  readonly cache: WatchCache;
  readonly rbac: RbacIndex;
  /** Tokens already read, by their text. */
  readonly tokens: Map<string, TokenClaims | null>;
  readonly requests: Map<number, ApiRequest>;
  /** Requests this server makes of itself have negative numbers. */
  nextInternal: number;
  readonly watchers: Map<CallId, Watcher>;
  bookmarksArmed: boolean;
  /** Requests that wait until the cache has seen a revision. */
  readonly waiting: { readonly revision: number; readonly request: number; readonly since: Us }[];
  /** Post-start hooks that have finished. */
  readonly hooks: Set<string>;
  readonly identity: Identity;
  terminating: boolean;
  startedAt: Us;
}

/** Contents of the files that the flags name. */
export interface Credentials {
  readonly clientCa: string;
  readonly servingCertificate: string;
  readonly servingKey: string;
  /** Keys that verify service-account tokens. */
  readonly serviceAccountKeys: readonly string[];
  /** The key that signs them. */
  readonly signingKey: string;
  readonly etcdTls: ClientTls | undefined;
  readonly kubeletTls: ClientTls;
}

export interface EtcdConnection {
  /** `host:port`, in the order of --etcd-servers. */
  endpoints: readonly string[];
  /** The one that is used until it fails. */
  current: number;
  /** The one watch over /registry/, 0 when there is none. */
  watchCall: CallId;
  /** Why etcd cannot be reached, '' when it can. */
  error: string;
  /** When it last answered. */
  answeredAt: Us;
  /** Lease that events hang on, and until when it is reused. */
  readonly eventLeases: { id: EtcdId; reusableUntil: Us; count: number; waiting: number[]; asking: boolean };
}

export interface Identity {
  /** `apiserver-…`, the name of its Lease. */
  name: string;
  /** etcd lease of the entry under /registry/masterleases/. */
  masterLease: EtcdId;
  masterRegistered: boolean;
  compactRevision: number;
  compactVersion: number;
}

/** The state of etcd below /registry/ as of one revision, and the latest changes. */
export interface WatchCache {
  /** Everything up to here has been seen. */
  revision: number;
  synced: boolean;
  readonly resources: Map<string, ResourceCache>;
  /** Addresses of all live API servers, from /registry/masterleases/. */
  readonly masters: Map<string, number>;
  /** Mod revision and allocated ports of /registry/ranges/servicenodeports. */
  nodePorts: { revision: number; readonly used: Set<number> };
}

export interface ResourceCache {
  /** `/registry/pods` */
  readonly prefix: string;
  /** By what follows the prefix and its slash: `default/web`. */
  readonly objects: Map<string, KubeObject>;
  /** The same keys, sorted. */
  readonly keys: string[];
  /** Pods by spec.nodeName. */
  readonly byNode: Map<string, Set<string>>;
  /** The window of recent changes, oldest first from `head`. */
  readonly events: CacheEvent[];
  head: number;
  capacity: number;
  /** Changes after this revision are all in the window. */
  since: number;
  readonly watchers: WatcherIndex;
}

/** Where watchers are found by what they are interested in; each is in one place only. */
export interface WatcherIndex {
  readonly all: Set<CallId>;
  readonly byNamespace: Map<string, Set<CallId>>;
  /** By `namespace/name`. */
  readonly byKey: Map<string, Set<CallId>>;
  readonly byNode: Map<string, Set<CallId>>;
}

export interface CacheEvent {
  readonly revision: number;
  readonly at: Us;
  readonly key: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  /** What a watcher without selectors is sent; shared by all of them. */
  readonly wire: WatchEvent;
}

export interface Watcher {
  readonly call: CallId;
  readonly prefix: string;
  readonly index: keyof WatcherIndex;
  readonly value: string;
  readonly namespace: string;
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly bookmarks: boolean;
  readonly table: boolean;
  readonly wholeObject: boolean;
  sentColumns: boolean;
  /** Sent with the end of the change at hand. */
  readonly pending: WatchEvent[];
  /** Not told anything about changes up to here. */
  from: number;
  /** The revision its last item or bookmark carried. */
  told: number;
}

export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface Attributes {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Set for non-resource requests; then the rest is empty. */
  readonly path: string;
  /** `spec.nodeName`, … as far as a list or watch is restricted to it. */
  readonly fields: FieldSelector;
}

/** A request on its way: an instance of request.machine.ts. */
export interface ApiRequest {
  state: string;
  /** The call to answer; negative: asked by the server itself. */
  readonly call: number;
  readonly http: HttpRequest;
  readonly fromIp: string;
  readonly certificate: string | undefined;
  attributes: Attributes;
  answer: HttpResponse | undefined;
  /** What is still to come: decided by the operation. */
  step: string;
  /** The object in question as last read. `fresh`: straight from etcd, not from the cache. */
  existing: { readonly object: KubeObject | undefined; readonly fresh: boolean } | undefined;
  change: Change | undefined;
  attempts: number;
  /** How often it has waited for something to appear. */
  waits: number;
  readonly warnings: string[];
  /** Open call of ours on its behalf: etcd or a kubelet; 0 when none. */
  backend: number;
  /** For a server's own request: who is told when it is done. */
  readonly parent: { readonly request: number; readonly tag: string } | undefined;
  /** Children not yet done, and their failures. */
  children: number;
  childFailure: Status | undefined;
  childObjects: KubeObject[];
  /** Data of the operation between its steps. */
  scratch: unknown;
}

/** What a write is about to do to etcd. */
export interface Change {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** Storage prefix of the kind, which is the key into the registry. */
  readonly prefix: string;
  readonly subresource: string;
  /** `namespace/name` or `name`. */
  readonly key: string;
  readonly old: KubeObject | undefined;
  /** The object to be stored; for a deletion the object that goes. */
  readonly object: KubeObject;
  /** Take the key away instead of storing `object`. */
  readonly remove: boolean;
  readonly status: number;
  /** What to answer instead of the stored object. */
  readonly reply?: unknown;
  /** Compared and changed in the same transaction: allocations. */
  readonly also?: Pick<TxnRequest, 'compare' | 'success'> | undefined;
}

/** Bindings by subject, and what was worked out from them for each user. */
export interface RbacIndex {
  /** `u:name`, `g:group`, `s:ns:name` → keys of bindings: `ns/name` of RoleBindings, `/name` of ClusterRoleBindings. */
  readonly bindings: Map<string, Set<string>>;
  /** Worked-out rules by user; dropped whenever a role or binding changes. */
  readonly users: Map<string, UserRules>;
}

export interface UserRules {
  readonly everywhere: readonly HeldRule[];
  readonly inNamespace: Map<string, HeldRule[]>;
  /** Errors met on the way: roles that do not exist. By namespace, '' for cluster-wide ones. */
  readonly missing: Map<string, string[]>;
  /** Decisions already made: by which binding it is allowed, '' when by none. */
  readonly decisions: Map<string, string>;
}

/** A rule and how the user comes by it: `RoleBinding "b/ns" of Role "r" to User "jane"`. */
export interface HeldRule {
  readonly rule: PolicyRule;
  readonly by: string;
}

export function createMemory(start: ProcessStart, options: Options): ApiServer {
  return {
    args: start.args,
    ip: start.ip,
    host: start.host,
    options,
    credentials: NO_CREDENTIALS,
    etcd: {
      endpoints: [],
      current: 0,
      watchCall: 0,
      error: '',
      answeredAt: 0,
      eventLeases: { id: '0', reusableUntil: 0, count: 0, waiting: [], asking: false },
    },
    cache: {
      revision: 0,
      synced: false,
      resources: new Map(),
      masters: new Map(),
      nodePorts: { revision: 0, used: new Set() },
    },
    rbac: { bindings: new Map(), users: new Map() },
    tokens: new Map(),
    requests: new Map(),
    nextInternal: -1,
    watchers: new Map(),
    bookmarksArmed: false,
    waiting: [],
    hooks: new Set(),
    identity: { name: '', masterLease: '0', masterRegistered: false, compactRevision: 0, compactVersion: 0 },
    terminating: false,
    startedAt: 0,
  };
}

const NO_CREDENTIALS: Credentials = Object.freeze({
  clientCa: '',
  servingCertificate: '',
  servingKey: '',
  serviceAccountKeys: [],
  signingKey: '',
  etcdTls: undefined,
  kubeletTls: {},
});

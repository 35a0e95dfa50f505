/** What travels between a client and the API server (and the kubelet's port): HTTP as plain data, bodies as objects, not bytes. */
import type { KubeObject, WatchEvent } from './types.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without query: `/api/v1/namespaces/default/pods/web/log`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** An API object, DeleteOptions, a patch (array or object), or undefined. */
  readonly body?: unknown;
  /** Of the body; patches: `application/json-patch+json`, `application/merge-patch+json`, `application/strategic-merge-patch+json`,
   *  `application/apply-patch+yaml`. Default `application/json`. */
  readonly contentType?: string | undefined;
  /** `table` asks for a meta.k8s.io/v1 Table (kubectl get), `discovery` for aggregated discovery; default objects. */
  readonly accept?: 'json' | 'table' | 'discovery' | undefined;
  /** Bearer token, when there is no client certificate on the connection. */
  readonly token?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] | undefined } | undefined;
}

/**
 * The answer. A watch (`query.watch`) streams batches of WatchEvent first (`STREAM {item: readonly WatchEvent[]}`) and ends with an HttpResponse;
 * a followed log streams strings.
 */
export interface HttpResponse {
  readonly status: number;
  /** Object, List, Table, Status, or text. */
  readonly body: unknown;
  /** `Warning: 299` headers. */
  readonly warnings?: readonly string[] | undefined;
}

export type WatchBatch = readonly WatchEvent<KubeObject>[];

/** HTTP between programs in pods: what `curl`, `wget` and probes send to an IP and port. Bodies are texts. */
export interface AppRequest {
  readonly method: string;
  /** With its query: `/hostname?x=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface AppResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: string;
}

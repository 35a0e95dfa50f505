/**
 * What a REST path of the API server names.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `pods`. */
  readonly resource: string;
  /** Empty for cluster-scoped resources and for lists over all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Empty, or `status`, `scale`, `log`, `exec`, `binding`, … */
  readonly subresource: string;
  /** What follows the subresource: the path a proxy request goes on to. */
  readonly rest: string;
  /** The old `/api/v1/watch/…` form. */
  readonly watch: boolean;
}

export type ApiPath =
  | ({ readonly type: 'resource' } & ResourcePath)
  /** `/healthz`, `/version`, `/apis`, `/api/v1`: everything that is no resource. */
  | { readonly type: 'nonResource'; readonly path: string };

/** Subresources of a namespace; anything else behind a namespace's name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Splits a path (without its query). */
export function parseApiPath(path: string): ApiPath {
  const nonResource: ApiPath = { type: 'nonResource', path };
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeSegment);
  const root = parts[0];
  if (root !== 'api' && root !== 'apis') return nonResource;
  const grouped = root === 'apis';
  if (parts.length < (grouped ? 4 : 3)) return nonResource;
  const group = grouped ? (parts[1] ?? '') : '';
  const version = parts[grouped ? 2 : 1] ?? '';
  let rest = parts.slice(grouped ? 3 : 2);
  let watch = false;
  if (rest[0] === 'watch' || rest[0] === 'proxy') {
    watch = rest[0] === 'watch';
    rest = rest.slice(1);
    if (rest.length === 0) return nonResource;
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] ?? '';
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '')) rest = rest.slice(2);
  }
  return {
    type: 'resource',
    group,
    version,
    resource: rest[0] ?? '',
    namespace,
    name: rest[1] ?? '',
    subresource: rest[2] ?? '',
    rest: rest.slice(3).join('/'),
    watch,
  };
}

/** The path of an object, a collection or a subresource. */
export function formatApiPath(path: {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}): string {
  let text = path.group === '' ? `/api/${path.version}` : `/apis/${path.group}/${path.version}`;
  const inNamespace = path.namespace !== undefined && path.namespace !== '' && path.resource !== 'namespaces';
  if (inNamespace) text += `/namespaces/${encodeURIComponent(path.namespace ?? '')}`;
  text += `/${path.resource}`;
  if (path.name !== undefined && path.name !== '') text += `/${encodeURIComponent(path.name)}`;
  if (path.subresource !== undefined && path.subresource !== '') text += `/${path.subresource}`;
  return text;
}

/** `apps/v1` → group and version; `v1` → the core group. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  if (slash < 0) return { group: '', version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The inverse of `parseApiVersion`. */
export function formatApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Reading a request and answering it: what every operation shares. */
import { exactFieldValue, type FieldSelector, parseFieldSelector } from '../api/field-selector.ts';
import type { HttpRequest } from '../api/http.ts';
import type { Kind } from '../api/kind.ts';
import { type ApiPath, parseApiPath, type ResourcePath } from '../api/path.ts';
import type { Status } from '../api/types.ts';
import { ANONYMOUS } from './authentication.ts';
import type { ApiRequest, Attributes, Server } from './memory.ts';
import { kindOfResource } from './resources.ts';

const READ_VERBS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** A request that has just come in. */
export function createRequest(
  call: number,
  http: HttpRequest,
  fromIp: string,
  certificate: string | undefined,
  parent: ApiRequest['parent'] = undefined,
): ApiRequest {
  return {
    state: '',
    call,
    http,
    fromIp,
    certificate,
    attributes: attributesOf(http),
    answer: undefined,
    step: '',
    existing: undefined,
    change: undefined,
    attempts: 0,
    waits: 0,
    warnings: [],
    backend: 0,
    parent,
    children: 0,
    childFailure: undefined,
    childObjects: [],
    scratch: undefined,
  };
}

/** What the request wants, before it is known who asks. */
export function attributesOf(http: HttpRequest): Attributes {
  const path = parsePath(http.path);
  if (path.type === 'nonResource') {
    return {
      user: ANONYMOUS,
      verb: http.method.toLowerCase(),
      group: '',
      version: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: path.path,
      fields: NO_FIELDS,
    };
  }
  const verb = verbOf(http, path);
  const query = http.query?.['fieldSelector'];
  const selecting = query !== undefined && (verb === 'list' || verb === 'watch' || verb === 'deletecollection');
  const selector = selecting ? parseFieldSelector(query) : undefined;
  const fields = selector?.ok === true ? selector.selector : NO_FIELDS;
  return {
    user: ANONYMOUS,
    verb,
    group: path.group,
    version: path.version,
    resource: path.resource,
    subresource: path.subresource,
    namespace: path.namespace,
    // A list of one object by name is authorized like a get of it.
    name:
      path.name === '' && verb !== 'deletecollection' ? (exactFieldValue(fields, 'metadata.name') ?? '') : path.name,
    path: '',
    fields,
  };
}

function verbOf(http: HttpRequest, path: ResourcePath): string {
  switch (http.method) {
    case 'GET':
      if (path.watch) return 'watch';
      if (path.name !== '') return 'get';
      return isTrue(http.query?.['watch'] ?? 'false') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    default:
      return path.name === '' ? 'deletecollection' : 'delete';
  }
}

const NO_FIELDS: FieldSelector = [];
const paths = new Map<string, ApiPath>();

/** Clients ask for the same paths again and again. */
function parsePath(text: string): ApiPath {
  let path = paths.get(text);
  if (path === undefined) {
    path = parseApiPath(text);
    if (paths.size > 20_000) paths.clear();
    paths.set(text, path);
  }
  return path;
}

export function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1' || value === '';
}

export function isRead({ attributes }: ApiRequest): boolean {
  return attributes.path !== '' || READ_VERBS.has(attributes.verb) || isProxied(attributes);
}

/** Subresources that the kubelet answers. */
export function isProxied({ resource, subresource, verb }: Attributes): boolean {
  if (resource !== 'pods' && resource !== 'nodes' && resource !== 'services') return false;
  if (subresource === 'proxy') return true;
  return PROXIED.has(subresource) && (verb === 'get' || verb === 'create');
}

const PROXIED: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward']);

/** The kind a request is about. */
export function kindOf({ attributes }: ApiRequest): Kind | undefined {
  return kindOfResource(attributes.group, attributes.version, attributes.resource);
}

export function isDryRun({ http }: ApiRequest): boolean {
  return http.query?.['dryRun'] === 'All' || optionsOf(http.body)?.['dryRun'] !== undefined;
}

/** DeleteOptions in the body of a DELETE. */
function optionsOf(body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof body !== 'object' || body === null || !('kind' in body) || body.kind !== 'DeleteOptions') return undefined;
  return body as unknown as Readonly<Record<string, unknown>>;
}

export function answer(request: ApiRequest, status: number, body: unknown): undefined {
  request.answer = { status, body, ...(request.warnings.length > 0 && { warnings: request.warnings }) };
}

/** Using a deprecated API is answered with a `Warning:` header. */
export function warnOfDeprecation({ warnings }: ApiRequest, { deprecation }: Kind): undefined {
  if (deprecation !== undefined && !warnings.includes(deprecation)) warnings.push(deprecation);
}

export function refuse(request: ApiRequest, status: Status): undefined {
  answer(request, status.code, status);
}

/** `namespace/name`, or `name` for cluster-scoped kinds. */
export function storageKey(kind: Kind, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

/** A random UUID (version 4) from the process's own stream. */
export function newUid({ io }: Server): string {
  const word = () => Math.floor(io.random() * 0x100000000);
  const hex = (value: number, digits: number) => value.toString(16).padStart(8, '0').slice(-digits);
  const [a, b, c, d] = [word(), word(), word(), word()];
  const low = hex(b, 8);
  const high = hex(c, 8);
  const variant = '89ab'[d & 3]!;
  return `${hex(a, 8)}-${low.slice(0, 4)}-4${low.slice(5)}-${variant}${high.slice(1, 4)}-${high.slice(4)}${hex(d, 8)}`;
}

/** A server that only knows the objects it was given: answers GETs and lists, with selectors, and refuses the rest. */
import type { ApiConnection, HttpRequest, HttpResponse, JsonObject } from '../../../src/shell/kubectl/client.ts';
import { at, nameOf, namespaceOf, record, text } from '../../../src/shell/kubectl/fields.ts';
import { allKinds } from '../../../src/sim/api/kinds.ts';
import { matchesSelector, parseSelector } from '../../../src/sim/api/selector.ts';

export function replay(objects: readonly JsonObject[], nowMs: number): ApiConnection {
  return {
    server: 'https://cp-1:6443',
    request: async (request) => answer(objects, request),
    async *watch() {},
    async *stream() {},
    exec: async () => ({ error: 'not recorded' }),
    now: () => nowMs,
    sleep: async () => {},
  };
}

function answer(objects: readonly JsonObject[], request: HttpRequest): HttpResponse {
  const ok = (body: unknown): HttpResponse => ({ status: 200, body, warnings: [] });
  if (request.path === '/api') return ok(discovery(true));
  if (request.path === '/apis') return ok(discovery(false));
  const parts = request.path.split('/').filter((part) => part !== '');
  const apiVersion = parts[0] === 'api' ? (parts[1] ?? '') : `${parts[1]}/${parts[2]}`;
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? (rest[1] ?? '') : '';
  const [resource = '', name] = namespace === '' ? rest : rest.slice(2);
  const kind = allKinds.find((each) => each.plural === resource && apiVersionOf(each) === apiVersion);
  const found = objects.filter(
    (each) =>
      text(each, 'kind') === kind?.kind &&
      text(each, 'apiVersion') === apiVersion &&
      (namespace === '' || namespaceOf(each) === namespace),
  );
  if (name === undefined)
    return ok({ apiVersion, kind: `${kind?.kind}List`, metadata: {}, items: found.filter(chosen(request)) });
  const one = found.find((each) => nameOf(each) === name);
  return one === undefined ? notFound(resource, name) : ok(one);
}

function chosen({ query = {} }: HttpRequest): (object: JsonObject) => boolean {
  const labels = parseSelector(query['labelSelector'] ?? '');
  const fields = (query['fieldSelector'] ?? '').split(',').filter((part) => part !== '');
  return (object) => {
    const own = Object.fromEntries(
      Object.entries(record(object, 'metadata', 'labels')).map(([key, value]) => [key, String(value)]),
    );
    if (!labels.ok || !matchesSelector(labels.selector, own)) return false;
    return fields.every((field) => {
      const [, path = '', sign, value] = /^([\w.]+)(!?=)(.*)$/.exec(field) ?? [];
      return (String(at(object, ...path.split('.')) ?? '') === value) === (sign === '=');
    });
  };
}

function notFound(resource: string, name: string): HttpResponse {
  const message = `${resource} "${name}" not found`;
  return {
    status: 404,
    body: { kind: 'Status', status: 'Failure', reason: 'NotFound', message, code: 404 },
    warnings: [],
  };
}

const apiVersionOf = (kind: { readonly group: string; readonly version: string }): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;

/** Aggregated discovery of every kind that the simulation knows. */
function discovery(core: boolean): JsonObject {
  const kinds = allKinds.filter((kind) => (kind.group === '') === core);
  const groups = [...new Set(kinds.map((kind) => kind.group))];
  const items = groups.map((group) => ({
    metadata: { name: group },
    versions: [...new Set(kinds.filter((kind) => kind.group === group).map((kind) => kind.version))].map((version) => ({
      version,
      resources: kinds
        .filter((kind) => kind.group === group && kind.version === version)
        .map((kind) => ({
          resource: kind.plural,
          responseKind: { group, version, kind: kind.kind },
          scope: kind.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: kind.singular,
          shortNames: kind.shortNames,
        })),
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', items };
}

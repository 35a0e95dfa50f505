/**
 * Which resources the server has, and which of them a word such as `po`, `deploy.apps` or `Widget` means.
 * Answers are kept in ~/.kube/cache/discovery for six hours, as the real client does.
 * @source staging/src/k8s.io/client-go/discovery, restmapper
 */
import type { JsonObject } from './client.ts';
import { has, isObject, objects, text, texts } from './fields.ts';

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural, as in paths: `deployments`. */
  readonly name: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
}

export class Discovery {
  readonly resources: readonly Resource[];
  constructor(resources: readonly Resource[]) {
    this.resources = resources;
  }

  /** By word as typed: plural, singular, short name, kind, with `.group` or `.version.group`. */
  find(word: string): Resource | undefined {
    const [name = '', ...rest] = word.split('.');
    const lower = name.toLowerCase();
    const exact = this.resources.filter((each) => each.name === lower || each.singular === lower || each.kind === name);
    const candidates =
      exact.length > 0
        ? exact
        : this.resources.filter((each) => each.shortNames.includes(lower) || each.kind.toLowerCase() === lower);
    if (rest.length === 0) return candidates[0];
    const suffix = rest.join('.');
    const [version = '', ...group] = rest;
    return (
      candidates.find((each) => each.version === version && each.group === group.join('.')) ??
      candidates.find((each) => each.group === suffix) ??
      candidates.find((each) => each.group.startsWith(`${suffix}.`) || (suffix === 'core' && each.group === ''))
    );
  }

  byKind(apiVersion: string, kind: string): Resource | undefined {
    const { group, version } = splitApiVersion(apiVersion);
    return this.resources.find((each) => each.group === group && each.version === version && each.kind === kind);
  }

  /** The resources of a category such as `all`, or undefined when there is no such category. */
  category(name: string): readonly Resource[] | undefined {
    const found = this.resources.filter((each) => each.categories.includes(name));
    return found.length === 0 ? undefined : found;
  }
}

export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash === -1
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

/** `deployment.apps`, `pod`: how results are named. */
export const kindName = (resource: Resource): string =>
  resource.group === '' ? resource.kind.toLowerCase() : `${resource.kind.toLowerCase()}.${resource.group}`;

/** `deployments.apps`, `pods`: how failures are named. */
export const qualifiedName = (resource: Resource): string =>
  resource.group === '' ? resource.name : `${resource.name}.${resource.group}`;

export function pathOf(resource: Resource, namespace: string, name = '', subresource = ''): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== '' ? `/namespaces/${namespace}` : '';
  const tail = name === '' ? '' : `/${name}${subresource === '' ? '' : `/${subresource}`}`;
  return `${base}${scope}/${resource.name}${tail}`;
}

/** Resources of an aggregated discovery document (`APIGroupDiscoveryList`). */
export function fromAggregated(list: unknown): Resource[] {
  return objects(list, 'items').flatMap((group) =>
    objects(group, 'versions').flatMap((version) =>
      objects(version, 'resources').map((entry) => ({
        group: text(entry, 'responseKind', 'group') || text(group, 'metadata', 'name'),
        version: text(version, 'version'),
        kind: text(entry, 'responseKind', 'kind'),
        name: text(entry, 'resource'),
        singular: text(entry, 'singularResource'),
        shortNames: texts(entry, 'shortNames'),
        namespaced: text(entry, 'scope') === 'Namespaced',
        verbs: texts(entry, 'verbs'),
        categories: texts(entry, 'categories'),
        subresources: objects(entry, 'subresources').map((each) => text(each, 'subresource')),
      })),
    ),
  );
}

/** Resources of an APIResourceList. */
export function fromResourceList(list: unknown): Resource[] {
  const { group, version } = splitApiVersion(text(list, 'groupVersion'));
  const entries = objects(list, 'resources');
  return entries
    .filter((entry) => !text(entry, 'name').includes('/'))
    .map((entry) => ({
      group: has(entry, 'group') ? text(entry, 'group') : group,
      version: has(entry, 'version') ? text(entry, 'version') : version,
      kind: text(entry, 'kind'),
      name: text(entry, 'name'),
      singular: text(entry, 'singularName') || text(entry, 'kind').toLowerCase(),
      shortNames: texts(entry, 'shortNames'),
      namespaced: entry['namespaced'] === true,
      verbs: texts(entry, 'verbs'),
      categories: texts(entry, 'categories'),
      subresources: subresourcesOf(entries, text(entry, 'name')),
    }));
}

function subresourcesOf(entries: readonly JsonObject[], name: string): string[] {
  return entries
    .map((entry) => text(entry, 'name'))
    .filter((each) => each.startsWith(`${name}/`))
    .map((each) => each.slice(name.length + 1));
}

/** `apps/v1`, `batch/v1` … of an APIGroupList, the preferred version of each group first. */
export function groupVersionsOf(groups: unknown): string[] {
  return objects(groups, 'groups').flatMap((group) => {
    const preferred = text(group, 'preferredVersion', 'groupVersion');
    const all = objects(group, 'versions').map((each) => text(each, 'groupVersion'));
    return [preferred, ...all.filter((each) => each !== preferred)].filter((each) => each !== '');
  });
}

export function isDiscovery(value: unknown): value is JsonObject {
  return isObject(value) && text(value, 'kind').endsWith('List');
}

/** The resource of a kind the client was built with, known without asking the server. */
export function builtinResource(object: JsonObject): Resource {
  const { group, version } = splitApiVersion(text(object, 'apiVersion'));
  const kind = text(object, 'kind');
  const singular = kind.toLowerCase();
  const namespaced = ![
    'Namespace',
    'Node',
    'PersistentVolume',
    'ClusterRole',
    'ClusterRoleBinding',
    'PriorityClass',
  ].includes(kind);
  const name = singular.endsWith('s') ? `${singular}es` : `${singular}s`;
  return {
    group,
    version,
    kind,
    name,
    singular,
    shortNames: [],
    namespaced,
    verbs: [],
    categories: [],
    subresources: [],
  };
}

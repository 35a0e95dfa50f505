/**
 * What is no resource: discovery, version, health.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/discovery, pkg/server/healthz
 */

import type { Kind } from '../api/kind.ts';
import { allKinds } from '../api/kinds.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer } from './request.ts';
import { isServed } from './resources.ts';

export const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-06-01T00:00:00Z',
  goVersion: 'go1.25.0',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** Hooks that run after the start, in the order in which /readyz lists them; those we simulate must have finished. */
export const HOOKS = [
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'start-system-namespaces-controller',
  'bootstrap-controller',
] as const;

export function answerNonResource(server: Server, request: ApiRequest): undefined {
  const path = request.attributes.path.length > 1 ? request.attributes.path.replace(/\/$/, '') : '/';
  const aggregated = request.http.accept === 'discovery';
  switch (path) {
    case '/version':
      return answer(request, 200, VERSION);
    case '/healthz':
    case '/livez':
    case '/readyz':
      return health(server, request, path.slice(1));
    case '/api':
      if (aggregated) return answer(request, 200, aggregatedDiscovery(['']));
      return answer(request, 200, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [
          {
            clientCIDR: '0.0.0.0/0',
            serverAddress: `${server.me.options.advertiseAddress}:${server.me.options.securePort}`,
          },
        ],
      });
    case '/apis':
      if (aggregated) return answer(request, 200, aggregatedDiscovery(groups(server)));
      return answer(request, 200, { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(server).map(groupOf) });
    case '/':
      return answer(request, 200, {
        paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'],
      });
    case '/openapi/v2':
    case '/openapi/v3':
    case '/metrics':
      return answer(request, 501, `not simulated: ${path}\n`);
  }
  if (path.startsWith('/livez/') || path.startsWith('/readyz/') || path.startsWith('/healthz/'))
    return oneCheck(server, request, path);
  const [, root, group = '', version = ''] = path.split('/');
  if (root === 'api' && group === 'v1' && version === '') return answer(request, 200, resourceList('', 'v1'));
  if (root === 'apis' && groups(server).includes(group)) {
    if (version === '') return answer(request, 200, { ...groupOf(group), kind: 'APIGroup', apiVersion: 'v1' });
    if (versionsOf(group).includes(version)) return answer(request, 200, resourceList(group, version));
  }
  answer(request, 404, '404 page not found\n');
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
}

function checks(server: Server, which: string): readonly Check[] {
  const { me } = server;
  const reachable = me.etcd.error === '' && me.etcd.watchCall !== 0;
  const hooks = HOOKS.map((name) => ({ name: `poststarthook/${name}`, ok: me.hooks.has(name) }));
  const list: Check[] = [
    { name: 'ping', ok: true },
    { name: 'log', ok: true },
    { name: 'etcd', ok: reachable },
  ];
  if (which === 'readyz')
    list.push({ name: 'etcd-readiness', ok: reachable }, { name: 'informer-sync', ok: me.cache.synced });
  list.push(...hooks);
  if (which === 'readyz') list.push({ name: 'shutdown', ok: !me.terminating });
  return list;
}

/** @source staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go */
function health(server: Server, request: ApiRequest, which: string): undefined {
  const excluded = (request.http.query?.['exclude'] ?? '').split(',');
  const list = checks(server, which).filter(({ name }) => !excluded.includes(name));
  const failed = list.some(({ ok }) => !ok);
  const lines = list.map(({ name, ok }) => (ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`)).join('\n');
  if (failed) return answer(request, 500, `${lines}\n${which} check failed\n`);
  answer(request, 200, request.http.query?.['verbose'] === undefined ? 'ok' : `${lines}\n${which} check passed\n`);
}

function oneCheck(server: Server, request: ApiRequest, path: string): undefined {
  const [, which = '', ...rest] = path.split('/');
  const check = checks(server, which).find(({ name }) => name === rest.join('/'));
  if (check === undefined) return answer(request, 404, '404 page not found\n');
  if (check.ok) return answer(request, 200, 'ok');
  answer(request, 500, 'internal server error: reason withheld\n');
}

function groups({ me }: Server): readonly string[] {
  const served = allKinds.filter(({ group, version }) => group !== '' && isServed(me.options, group, version));
  return [...new Set(served.map(({ group }) => group))];
}

function versionsOf(group: string): readonly string[] {
  return [...new Set(allKinds.filter((kind) => kind.group === group).map(({ version }) => version))];
}

function groupOf(name: string) {
  const versions = versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string) {
  const kinds = allKinds.filter((kind) => kind.group === group && kind.version === version);
  const resources = kinds.flatMap((kind) => [
    mainResource(kind),
    ...kind.subresources.map((name) => subresource(kind, name)),
  ]);
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources,
  };
}

function mainResource(kind: Kind) {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
  };
}

interface SubresourceInfo {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const CHANGING = ['get', 'patch', 'update'] as const;
const CONNECTING = ['create', 'get'] as const;
const SUBRESOURCES: Readonly<Record<string, SubresourceInfo>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: CHANGING },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  log: { kind: '', verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: CONNECTING },
  attach: { kind: 'PodAttachOptions', verbs: CONNECTING },
  portforward: { kind: 'PodPortForwardOptions', verbs: CONNECTING },
  finalize: { kind: '', verbs: ['update'] },
};

function subresource(kind: Kind, name: string) {
  const info = SUBRESOURCES[name];
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(info?.group !== undefined && { group: info.group, version: info.version }),
    kind: info === undefined || info.kind === '' ? kind.kind : info.kind,
    verbs: info?.verbs ?? CHANGING,
  };
}

/** apidiscovery.k8s.io/v2: everything in one answer. */
function aggregatedDiscovery(names: readonly string[]) {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: names.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versionsOf(group).map((version) => ({
        version,
        freshness: 'Current',
        resources: allKinds
          .filter((kind) => kind.group === group && kind.version === version)
          .map((kind) => aggregatedResource(kind)),
      })),
    })),
  };
}

function aggregatedResource(kind: Kind) {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(kind.subresources.length > 0 && {
      subresources: kind.subresources.map((name) => {
        const { group = kind.group, version = kind.version, kind: responseKind, verbs } = subresource(kind, name);
        return { subresource: name, responseKind: { group, version, kind: responseKind }, verbs };
      }),
    }),
  };
}

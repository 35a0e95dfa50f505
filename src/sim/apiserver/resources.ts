/** The kinds this server serves, found by what a request names and by where etcd keeps them. */

import type { Kind } from '../api/kind.ts';
import { allKinds } from '../api/kinds.ts';
import type { Options } from './options.ts';

const byPrefix = new Map<string, Kind>();
const byResource = new Map<string, Kind>();
const groupVersions = new Set<string>();
for (const kind of allKinds) {
  if (kind.stored && !byPrefix.has(kind.storagePrefix)) byPrefix.set(kind.storagePrefix, kind);
  byResource.set(`${kind.apiVersion}/${kind.plural}`, kind);
  groupVersions.add(kind.apiVersion);
}

export function kindByPrefix(prefix: string): Kind | undefined {
  return byPrefix.get(prefix);
}

/** For prefixes that come out of our own memory. */
export function mustKind(prefix: string): Kind {
  const kind = byPrefix.get(prefix);
  if (kind === undefined) throw new Error(`no kind is stored under ${prefix}`);
  return kind;
}

export function isKindPrefix(prefix: string): boolean {
  return byPrefix.has(prefix);
}

export function kindOfResource(group: string, version: string, plural: string): Kind | undefined {
  return byResource.get(group === '' ? `${version}/${plural}` : `${group}/${version}/${plural}`);
}

/** Whether a group and version is served at all; else its paths are `404 page not found`. --runtime-config may switch it off. */
export function isServed({ runtimeConfig }: Options, group: string, version: string): boolean {
  const groupVersion = group === '' ? version : `${group}/${version}`;
  if (!groupVersions.has(groupVersion)) return false;
  if (runtimeConfig.size === 0) return true;
  const switched =
    runtimeConfig.get(group === '' ? `api/${version}` : groupVersion) ??
    runtimeConfig.get('api/ga') ??
    runtimeConfig.get('api/all');
  return switched !== 'false';
}

export function kindOfObject(object: { readonly apiVersion: string; readonly kind: string }): Kind | undefined {
  return allKinds.find((kind) => kind.kind === object.kind && kind.apiVersion === object.apiVersion);
}

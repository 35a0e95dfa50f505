/** Collections of everything a namespace can hold, from the registry of kinds. */
import { allKinds } from '../api/kinds.ts';
import { collectionPath, isResource, type ResourceName } from './resources.ts';

export interface NamespacedCollection {
  readonly plural: string;
  readonly group: string;
  /** Name of its shared cache, if there is one. */
  readonly resource: ResourceName | undefined;
  pathIn(namespace: string): string;
}

export const namespacedCollections: readonly NamespacedCollection[] = allKinds
  .filter((kind) => kind.namespaced && kind.stored && kind.verbs.includes('deletecollection'))
  .map(({ group, version, plural }) => {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const cached = isResource(plural) && collectionPath(plural) === `${root}/${plural}`;
    return {
      plural,
      group,
      resource: cached ? plural : undefined,
      pathIn: (namespace) => `${root}/namespaces/${namespace}/${plural}`,
    };
  });

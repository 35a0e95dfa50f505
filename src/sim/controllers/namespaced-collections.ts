/** Collection paths of everything a namespace can hold, from the registry of kinds. */
import { allKinds } from '../api/kinds.ts';

const builders: readonly ((namespace: string) => string)[] = allKinds
  .filter((kind) => kind.namespaced && kind.stored && kind.verbs.includes('deletecollection'))
  .map((kind) => {
    const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    return (namespace) => `${root}/namespaces/${namespace}/${kind.plural}`;
  });

export function namespacedCollections(namespace: string): string[] {
  return builders.map((build) => build(namespace));
}

/** Objects as a server-side table, which is what `kubectl get` prints. */
import type { Kind } from '../api/kind.ts';
import type { KubeObject, ListMeta } from '../api/types.ts';

/**
 * A meta.k8s.io/v1 Table.
 * @param wholeObject  rows carry the object itself; else only its metadata
 * @param withColumns  false: a later event of a watch, whose columns the client already has
 */
export function tableOf(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: ListMeta,
  nowMs: number,
  wholeObject: boolean,
  withColumns = true,
): KubeObject {
  const { resourceVersion, continue: next, remainingItemCount } = metadata;
  const { compareRows } = kind;
  const inOrder = compareRows === undefined ? objects : [...objects].sort(compareRows);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      name: '',
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(next !== undefined && { continue: next }),
      ...(remainingItemCount !== undefined && { remainingItemCount }),
    },
    columnDefinitions: withColumns ? kind.columns : null,
    rows: inOrder.map((object) => ({
      cells: kind.row(object, nowMs),
      object: wholeObject
        ? object
        : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

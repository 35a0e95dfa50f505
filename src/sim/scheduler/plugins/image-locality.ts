/**
 * ImageLocality: prefers nodes that already have the pod's big images; images that few nodes have count less, so that one
 * node does not attract everything.
 * @source pkg/scheduler/framework/plugins/imagelocality/image_locality.go
 */
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';

const MEBIBYTE = 1024 * 1024;
const MIN_BYTES = 23 * MEBIBYTE;
const MAX_BYTES_PER_CONTAINER = 1000 * MEBIBYTE;

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  score(cycle, pod, node) {
    const { cluster } = cycle;
    const { spec } = pod.pod;
    let sum = 0;
    const count = (image: string) => {
      const state = cluster.images.get(normalizeImageName(image));
      if (state?.nodes.has(node.name)) sum += Math.trunc(state.sizeBytes * (state.nodes.size / cluster.nodes.size));
    };
    for (const container of spec.initContainers ?? []) count(container.image ?? '');
    for (const container of spec.containers ?? []) count(container.image ?? '');
    for (const volume of spec.volumes ?? []) {
      const image = volume['image'];
      if (isImageSource(image)) count(image.reference ?? '');
    }
    const containers = (spec.initContainers?.length ?? 0) + (spec.containers?.length ?? 0);
    const most = MAX_BYTES_PER_CONTAINER * containers;
    const bytes = sum < MIN_BYTES ? MIN_BYTES : Math.min(sum, most);
    return Math.trunc((MAX_NODE_SCORE * (bytes - MIN_BYTES)) / (most - MIN_BYTES)) + 0; // never -0
  },
};

/** A name without a tag means `:latest`. */
export function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}

function isImageSource(value: unknown): value is { readonly reference?: string } {
  return typeof value === 'object' && value !== null;
}

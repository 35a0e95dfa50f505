/**
 * ImageLocality: prefers nodes that already have the pod's big images; images that few nodes have count less, so that one
 * node does not attract everything.
 * @source pkg/scheduler/framework/plugins/imagelocality/image_locality.go
 */
import type { ImageState } from '../cluster-cache.ts';
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';

const MEBIBYTE = 1024 * 1024;
const MIN_BYTES = 23 * MEBIBYTE;
const MAX_BYTES_PER_CONTAINER = 1000 * MEBIBYTE;

export const imageLocality: Plugin<undefined, readonly ImageState[]> = {
  name: 'ImageLocality',
  preScore(cycle, pod) {
    const { spec } = pod.pod;
    const images: ImageState[] = [];
    const want = (image: string) => {
      const state = cycle.cluster.images.get(normalizeImageName(image));
      if (state !== undefined) images.push(state);
    };
    for (const container of spec.initContainers ?? []) want(container.image ?? '');
    for (const container of spec.containers ?? []) want(container.image ?? '');
    for (const volume of spec.volumes ?? []) {
      const image = volume['image'];
      if (isImageSource(image)) want(image.reference ?? '');
    }
    return { kind: 'go', state: images };
  },
  score(cycle, pod, node, images) {
    let sum = 0;
    for (const { sizeBytes, nodes } of images) {
      if (nodes.has(node.name)) sum += Math.trunc(sizeBytes * (nodes.size / cycle.cluster.nodes.size));
    }
    if (sum <= MIN_BYTES) return 0;
    const { spec } = pod.pod;
    const most = MAX_BYTES_PER_CONTAINER * ((spec.initContainers?.length ?? 0) + (spec.containers?.length ?? 0));
    return Math.trunc((MAX_NODE_SCORE * (Math.min(sum, most) - MIN_BYTES)) / (most - MIN_BYTES));
  },
};

/** A name without a tag means `:latest`. */
export function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}

function isImageSource(value: unknown): value is { readonly reference?: string } {
  return typeof value === 'object' && value !== null;
}

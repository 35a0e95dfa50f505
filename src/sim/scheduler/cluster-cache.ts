/**
 * All that the scheduler remembers of the cluster: nodes with the pods on them, pods by family, and the other objects that
 * plugins look up. Plain data, kept current by single changes, so that a decision never has to read the whole cluster.
 * @source pkg/scheduler/backend/cache
 */
import type { Node, StringMap } from '../api/types.ts';
import { addPodToNode, type NodeInfo, newNodeInfo, type PodInfo, removePodFromNode, setNode } from './node-info.ts';
import { orderNodes, zoneOf } from './node-order.ts';
import { newObjectCache, type ObjectCache } from './object-cache.ts';

/** Pods on nodes that no plugin can tell apart by namespace, labels or affinity, counted by node. */
export interface PodFamily {
  /** Any one of them: what holds for its labels and terms holds for all. */
  readonly example: PodInfo;
  readonly byNode: Map<string, number>;
  /** How many of them are being deleted. */
  readonly terminatingByNode: Map<string, number>;
}

export interface ImageState {
  readonly sizeBytes: number;
  readonly nodes: Set<string>;
}

export interface ClusterCache {
  readonly nodes: Map<string, NodeInfo>;
  /** Nodes that pods are bound to but that are not in the API (yet, or any more). */
  readonly missingNodes: Map<string, NodeInfo>;
  /** Zone → names of its nodes, in order of arrival. */
  readonly zones: Map<string, string[]>;
  /** The order of the search: one node of each zone in turn; empty = to be worked out again. */
  nodeOrder: readonly NodeInfo[];
  /** Pod key → node name, for assigned and assumed pods. */
  readonly podNodes: Map<string, string>;
  /** Namespace → family key → family. */
  readonly families: Map<string, Map<string, PodFamily>>;
  /** Families whose pods have required or preferred terms of their own, by family key. */
  readonly familiesWithAffinity: Map<string, PodFamily>;
  readonly images: Map<string, ImageState>;
  /** Pods that are promised a node after a preemption: node → pod key → pod. */
  readonly nominated: Map<string, Map<string, PodInfo>>;
  readonly objects: ObjectCache;
}

export function newClusterCache(): ClusterCache {
  return {
    nodes: new Map(),
    missingNodes: new Map(),
    zones: new Map(),
    nodeOrder: [],
    podNodes: new Map(),
    families: new Map(),
    familiesWithAffinity: new Map(),
    images: new Map(),
    nominated: new Map(),
    objects: newObjectCache(),
  };
}

/** Nodes in the order in which the scheduler looks at them. */
export function listNodes(cache: ClusterCache): readonly NodeInfo[] {
  if (cache.nodeOrder.length !== cache.nodes.size) cache.nodeOrder = orderNodes(cache.zones, cache.nodes);
  return cache.nodeOrder;
}

/** Adds a node or takes over its new version. */
export function putNode(cache: ClusterCache, node: Node): void {
  const name = node.metadata.name;
  const known = cache.nodes.get(name);
  if (known === undefined) {
    const info = cache.missingNodes.get(name) ?? newNodeInfo(node);
    cache.missingNodes.delete(name);
    setNode(info, node);
    cache.nodes.set(name, info);
    enterZone(cache, node);
    addImages(cache, node);
    return;
  }
  if (zoneOf(known.node) !== zoneOf(node)) {
    leaveZone(cache, known.node);
    enterZone(cache, node);
  }
  if (known.node.status?.images !== node.status?.images) {
    removeImages(cache, known.node);
    addImages(cache, node);
  }
  setNode(known, node);
}

export function removeNode(cache: ClusterCache, name: string): void {
  const info = cache.nodes.get(name);
  if (info === undefined) return;
  cache.nodes.delete(name);
  removeImages(cache, info.node);
  leaveZone(cache, info.node);
  if (info.pods.size === 0) return;
  setNode(info, placeholder(name));
  cache.missingNodes.set(name, info);
}

/** Puts a pod on a node, assigned or assumed; a pod already there is replaced. */
export function putPod(cache: ClusterCache, pod: PodInfo, nodeName: string): void {
  if (cache.podNodes.has(pod.key)) removePod(cache, pod.key);
  let info = cache.nodes.get(nodeName) ?? cache.missingNodes.get(nodeName);
  if (info === undefined) {
    info = newNodeInfo(placeholder(nodeName));
    cache.missingNodes.set(nodeName, info);
  }
  addPodToNode(info, pod);
  cache.podNodes.set(pod.key, nodeName);
  countInFamily(cache, pod, nodeName, 1);
}

/** The pod as it was on its node; undefined when it was on none. */
export function removePod(cache: ClusterCache, key: string): PodInfo | undefined {
  const nodeName = cache.podNodes.get(key);
  if (nodeName === undefined) return undefined;
  cache.podNodes.delete(key);
  const info = cache.nodes.get(nodeName) ?? cache.missingNodes.get(nodeName);
  const pod = info?.pods.get(key);
  if (info === undefined || pod === undefined) return undefined;
  removePodFromNode(info, key);
  if (info.pods.size === 0) cache.missingNodes.delete(nodeName);
  countInFamily(cache, pod, nodeName, -1);
  return pod;
}

export function nominate(cache: ClusterCache, pod: PodInfo, nodeName: string): void {
  unnominate(cache, pod.key);
  let pods = cache.nominated.get(nodeName);
  if (pods === undefined) {
    pods = new Map();
    cache.nominated.set(nodeName, pods);
  }
  pods.set(pod.key, pod);
}

export function unnominate(cache: ClusterCache, key: string): void {
  for (const [nodeName, pods] of cache.nominated) {
    if (pods.delete(key) && pods.size === 0) cache.nominated.delete(nodeName);
  }
}

/** The labels of a namespace; none when the namespace is not known. */
export function namespaceLabels(cache: ClusterCache, namespace: string): StringMap | undefined {
  return cache.objects.Namespace.get(namespace)?.metadata.labels;
}

function placeholder(name: string): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name } };
}

function countInFamily(cache: ClusterCache, pod: PodInfo, nodeName: string, change: 1 | -1): void {
  let families = cache.families.get(pod.namespace);
  if (families === undefined) {
    families = new Map();
    cache.families.set(pod.namespace, families);
  }
  let family = families.get(pod.family);
  if (family === undefined) {
    family = { example: pod, byNode: new Map(), terminatingByNode: new Map() };
    families.set(pod.family, family);
    if (hasTerms(pod)) cache.familiesWithAffinity.set(pod.family, family);
  }
  bump(family.byNode, nodeName, change);
  if (pod.pod.metadata.deletionTimestamp) bump(family.terminatingByNode, nodeName, change);
  if (family.byNode.size > 0) return;
  families.delete(pod.family);
  cache.familiesWithAffinity.delete(pod.family);
  if (families.size === 0) cache.families.delete(pod.namespace);
}

function hasTerms(pod: PodInfo): boolean {
  const { requiredAffinity, requiredAntiAffinity, preferredAffinity, preferredAntiAffinity } = pod;
  return (
    requiredAffinity.length + requiredAntiAffinity.length + preferredAffinity.length + preferredAntiAffinity.length > 0
  );
}

function bump(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function enterZone(cache: ClusterCache, node: Node): void {
  cache.nodeOrder = [];
  const zone = zoneOf(node);
  const names = cache.zones.get(zone);
  if (names === undefined) cache.zones.set(zone, [node.metadata.name]);
  else names.push(node.metadata.name);
}

function leaveZone(cache: ClusterCache, node: Node): void {
  cache.nodeOrder = [];
  const zone = zoneOf(node);
  const names = (cache.zones.get(zone) ?? []).filter((name) => name !== node.metadata.name);
  if (names.length === 0) cache.zones.delete(zone);
  else cache.zones.set(zone, names);
}

function addImages(cache: ClusterCache, node: Node): void {
  for (const image of node.status?.images ?? []) {
    for (const name of image.names ?? []) {
      const state = cache.images.get(name);
      if (state !== undefined) state.nodes.add(node.metadata.name);
      else cache.images.set(name, { sizeBytes: image.sizeBytes ?? 0, nodes: new Set([node.metadata.name]) });
    }
  }
}

function removeImages(cache: ClusterCache, node: Node): void {
  for (const image of node.status?.images ?? []) {
    for (const name of image.names ?? []) {
      const state = cache.images.get(name);
      state?.nodes.delete(node.metadata.name);
      if (state?.nodes.size === 0) cache.images.delete(name);
    }
  }
}

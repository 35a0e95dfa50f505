/** What a running kube-proxy remembers. */

import type { EndpointSlice, Node, Service } from '../api/types.ts';
import type { ApiClient } from '../client/api-client.ts';
import { defineInformers, type InformerSet } from '../client/informer.ts';
import type { ProxyConfiguration } from './configuration.ts';
import { generateRules, type ProxyTables, type RuleSet } from './rules.ts';

/** Services that another proxy serves, and headless ones, are not even asked for. @source cmd/kube-proxy/app/server.go */
export const informers = defineInformers({
  nodes: { path: '/api/v1/nodes' },
  services: {
    path: '/api/v1/services',
    query: { labelSelector: '!service.kubernetes.io/service-proxy-name', fieldSelector: 'spec.clusterIP!=None' },
  },
  endpointslices: {
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    query: { labelSelector: '!service.kubernetes.io/headless' },
  },
});

export type ProxyInformer = 'nodes' | 'services' | 'endpointslices';

export interface KubeProxy {
  readonly args: readonly string[];
  configuration: ProxyConfiguration | undefined;
  cleanup: boolean;
  nodeName: string;
  client: ApiClient | undefined;
  readonly caches: InformerSet<ProxyInformer>;
  rules: RuleSet | undefined;
  /** The next sync writes everything, jumps included. */
  needFullSync: boolean;
  /** Something has changed since the last sync began. */
  dirty: boolean;
  /** An iptables-restore is running. */
  restoring: boolean;
  restores: number;
  /** When the last sync began; -1 = never. */
  lastSyncUs: number;
  lastFullSyncUs: number;
  /** When the oldest change came that is not written yet; -1 = none. */
  queuedAtUs: number;
  lastUpdatedMs: number;
  /** UDP services changed endpoints: conntrack entries may be stale. */
  udpChanged: boolean;
  /** Health check node port → `namespace/name`. */
  readonly healthPorts: Map<number, string>;
}

export function nodeOf(me: KubeProxy): Node | undefined {
  const node = me.caches.nodes.objects.get(me.nodeName);
  return node?.kind === 'Node' ? (node as Node) : undefined;
}

/**
 * The rules that must be on the node now, from what the proxy has seen and nothing else; undefined while it has not yet written
 * what it has seen (law K15 holds between syncs).
 */
export function netfilterOf(me: KubeProxy): ProxyTables | undefined {
  if (me.rules === undefined || me.dirty || me.restoring || me.lastSyncUs < 0) return undefined;
  return generateRules(
    me.caches.services.objects.values() as Iterable<Service>,
    me.caches.endpointslices.objects.values() as Iterable<EndpointSlice>,
    me.rules.config,
  );
}

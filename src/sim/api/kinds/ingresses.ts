import { defineKind, specChanged } from '../kind.ts';
import { validateIngress } from '../network-validation.ts';
import { age, columns } from '../table.ts';
import type { Ingress } from '../types.ts';
import { loadBalancerAddresses } from './services.ts';

const SHOWN_HOSTS = 3;

/** @source pkg/registry/networking/ingress/strategy.go */
export const ingresses = defineKind<Ingress>({
  group: 'networking.k8s.io',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
  subresources: ['status'],
  storagePrefix: '/registry/ingress',
  schema: 'networking.Ingress',
  initialStatus: { loadBalancer: {} },
  raisesGeneration: specChanged,
  validate: validateIngress,
  columns: columns('Name,Class,Hosts,Address,Ports,Age'),
  row: (ingress, nowMs, wide) => [
    ingress.metadata.name,
    ingress.spec?.ingressClassName ?? '<none>',
    hostsCell((ingress.spec?.rules ?? []).map(({ host }) => host ?? '')),
    loadBalancerAddresses(ingress.status?.loadBalancer, wide),
    (ingress.spec?.tls?.length ?? 0) > 0 ? '80, 443' : '80',
    age(ingress, nowMs),
  ],
});

/** The real printer counts rules, not hosts, once it has shown three. */
function hostsCell(hosts: readonly string[]): string {
  const list: string[] = [];
  let more = false;
  for (const host of hosts) {
    if (list.length === SHOWN_HOSTS) more = true;
    if (!more && host !== '') list.push(host);
  }
  if (list.length === 0) return '*';
  return more ? `${list.join(',')} + ${hosts.length - SHOWN_HOSTS} more...` : list.join(',');
}

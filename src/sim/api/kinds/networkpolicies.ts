import { defineKind, specChanged } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { validateNetworkPolicy } from '../network-validation.ts';
import { formatLabelSelector } from '../selector.ts';
import { age, columns } from '../table.ts';
import type { NetworkPolicy, NetworkPolicyPort } from '../types.ts';

/** @source pkg/registry/networking/networkpolicy/strategy.go, pkg/apis/networking/v1/defaults.go */
export const networkpolicies = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
  schema: 'networking.NetworkPolicy',
  defaults(policy) {
    const { spec } = policy;
    const implied = (spec.egress?.length ?? 0) > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    return withFields(policy, {
      spec: withFields(spec, {
        policyTypes: (spec.policyTypes?.length ?? 0) > 0 ? spec.policyTypes : implied,
        ingress: spec.ingress && mapSame(spec.ingress, defaultPorts),
        egress: spec.egress && mapSame(spec.egress, defaultPorts),
      }),
    });
  },
  raisesGeneration: specChanged,
  validate: validateNetworkPolicy,
  columns: columns('Name,Pod-Selector,Age'),
  row: (policy, nowMs) => [policy.metadata.name, formatLabelSelector(policy.spec?.podSelector), age(policy, nowMs)],
});

function defaultPorts<T extends { readonly ports?: readonly NetworkPolicyPort[] | undefined }>(rule: T): T {
  if (rule.ports === undefined) return rule;
  const ports = mapSame(rule.ports, (port) => withFields(port, { protocol: port.protocol ?? 'TCP' }));
  return ports === rule.ports ? rule : { ...rule, ports };
}

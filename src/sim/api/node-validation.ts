/**
 * Nodes: taints, quantities, and what never changes once it is set.
 * @source pkg/apis/core/validation/validation.go ValidateNode, ValidateNodeUpdate
 */
import { parseCidr } from './address.ts';
import { CIDR_WRONG } from './address-validation.ts';
import { semanticEqual } from './equal.ts';
import { duplicate, type FieldError, forbiddenField, invalid } from './field-error.ts';
import { validateTaints } from './placement-validation.ts';
import { validateResourceQuantity } from './resource-validation.ts';
import type { Node } from './types.ts';

export function validateNode(node: Node): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (node.spec?.taints !== undefined) validateTaints(errors, node.spec.taints, 'metadata.taints');
  for (const list of ['capacity', 'allocatable'] as const) {
    const amounts = node.status?.[list];
    for (const name in amounts) validateResourceQuantity(errors, name, amounts[name] ?? 0, `status.${list}.${name}`);
  }
  node.spec?.podCIDRs?.forEach((cidr, i) => {
    if (parseCidr(cidr) === undefined) errors.push(invalid(`spec.podCIDRs[${i}]`, cidr, CIDR_WRONG));
  });
  return errors;
}

export function validateNodeUpdate(node: Node, old: Node): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  node.status?.addresses?.forEach((address, i) => {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) {
      errors.push(duplicate(`status.addresses[${i}]`, { Type: address.type, Address: address.address }));
    }
    seen.add(key);
  });
  const before = old.spec?.podCIDRs ?? [];
  if (before.length > 0 && !semanticEqual(before, node.spec?.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbiddenField('spec.podCIDRs', detail));
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbiddenField('spec.providerID', detail));
  }
  return errors;
}

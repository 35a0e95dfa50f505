import { parseCidr } from '../address.ts';
import { CIDR_WRONG } from '../address-validation.ts';
import { type FieldError, invalid, required } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { FIELD_IMMUTABLE } from '../metadata.ts';
import { nameIsDnsSubdomain } from '../names.ts';
import { age, columns } from '../table.ts';
import type { Condition, KubeObject } from '../types.ts';

export interface ServiceCIDR extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** @source pkg/registry/networking/servicecidr/strategy.go, pkg/apis/networking/validation/validation.go */
export const servicecidrs = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  subresources: ['status'],
  schema: 'networking.ServiceCIDR',
  validateName: nameIsDnsSubdomain,
  initialStatus: {},
  validate: (range) => cidrErrors(range.spec?.cidrs ?? []),
  revalidateOnUpdate: false,
  validateUpdate(range, old) {
    const cidrs = range.spec?.cidrs ?? [];
    const oldCidrs = old.spec?.cidrs ?? [];
    const becomesDualStack = oldCidrs.length === 1 && cidrs.length === 2;
    if (cidrs.length !== oldCidrs.length && !becomesDualStack) return [invalid('spec.cidrs', cidrs, FIELD_IMMUTABLE)];
    const errors = oldCidrs.flatMap((cidr, i) =>
      cidr === cidrs[i] ? [] : [invalid(`spec.cidrs[${i}]`, cidrs[i], FIELD_IMMUTABLE)],
    );
    return becomesDualStack ? [...errors, ...cidrErrors(cidrs)] : errors;
  },
  columns: columns('Name,CIDRs,Age'),
  row: (range, nowMs) => [range.metadata.name, (range.spec?.cidrs ?? []).join(','), age(range, nowMs)],
});

function cidrErrors(cidrs: readonly string[]): readonly FieldError[] {
  if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid('spec.cidrs', { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const parsed = cidrs.map(parseCidr);
  const errors = parsed.flatMap((cidr, i) =>
    cidr === undefined ? [invalid(`spec.cidrs[${i}]`, cidrs[i], CIDR_WRONG)] : [],
  );
  const [first, second] = parsed;
  if (first !== undefined && second !== undefined && first.family === second.family) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalid('spec.cidrs', cidrs, detail));
  }
  return errors;
}

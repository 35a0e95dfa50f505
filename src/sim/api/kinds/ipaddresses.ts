import { canonicalIp } from '../address.ts';
import { IP_WRONG } from '../address-validation.ts';
import { semanticEqual } from '../equal.ts';
import { type FieldError, invalid, required } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { FIELD_IMMUTABLE, pushComplaints } from '../metadata.ts';
import { isDnsSubdomain, isPathSegmentName } from '../names.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

export interface IPAddress extends KubeObject {
  readonly spec?: {
    /** Who holds the address: a Service. */
    readonly parentRef?: {
      readonly group?: string;
      readonly resource?: string;
      readonly namespace?: string;
      readonly name?: string;
    };
  };
}

/** @source pkg/registry/networking/ipaddress/strategy.go, pkg/apis/networking/validation/validation.go */
export const ipaddresses = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  schema: 'networking.IPAddress',
  validateName: addressNameComplaints,
  validate(address) {
    const errors: FieldError[] = [];
    const parent = address.spec?.parentRef;
    if (parent === undefined) return [required('spec.parentRef')];
    const { group = '', resource = '', namespace = '', name = '' } = parent;
    if (group !== '') pushComplaints(errors, 'spec.parentRef.group', group, isDnsSubdomain(group));
    if (resource === '') errors.push(required('spec.parentRef.resource'));
    else pushComplaints(errors, 'spec.parentRef.resource', resource, isPathSegmentName(resource));
    if (name === '') errors.push(required('spec.parentRef.name'));
    else pushComplaints(errors, 'spec.parentRef.name', name, isPathSegmentName(name));
    if (namespace !== '') {
      pushComplaints(errors, 'spec.parentRef.namespace', namespace, isPathSegmentName(namespace));
    }
    return errors;
  },
  revalidateOnUpdate: false,
  validateUpdate: (address, old) =>
    semanticEqual(address.spec?.parentRef, old.spec?.parentRef)
      ? []
      : [invalid('spec.parentRef', address.spec?.parentRef, FIELD_IMMUTABLE)],
  columns: columns('Name,ParentRef,Age'),
  row: (address, nowMs) => [address.metadata.name, parentText(address), age(address, nowMs)],
});

/** An IPAddress is named by the address it stands for, in its canonical form. */
function addressNameComplaints(name: string): readonly string[] {
  const canonical = canonicalIp(name);
  if (canonical === undefined) return [IP_WRONG];
  return canonical === name ? [] : [`must be in canonical form ("${canonical}")`];
}

function parentText(address: IPAddress): string {
  const parent = address.spec?.parentRef;
  if (parent === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  const kind = (group === '' ? resource : `${resource}.${group}`).toLowerCase();
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

import { type FieldError, invalid, required } from '../field-error.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { isDnsSubdomain } from '../names.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface IngressClass extends KubeObject {
  readonly spec?: {
    readonly controller?: string;
    readonly parameters?: {
      readonly apiGroup?: string;
      readonly kind: string;
      readonly name: string;
      readonly scope?: string;
    };
  };
}

/** @source pkg/registry/networking/ingressclass/strategy.go */
export const ingressclasses = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  schema: 'networking.IngressClass',
  defaults(ingressClass) {
    const parameters = ingressClass.spec?.parameters;
    if (parameters === undefined || parameters.scope !== undefined) return ingressClass;
    return withFields(ingressClass, {
      spec: { ...ingressClass.spec, parameters: { ...parameters, scope: 'Cluster' } },
    });
  },
  raisesGeneration: specChanged,
  validate(ingressClass) {
    const errors: FieldError[] = [];
    const controller = ingressClass.spec?.controller ?? '';
    const [host = '', path = ''] = controller.split('/', 2);
    if (controller === '') errors.push(required('spec.controller'));
    else if (host === '' || path === '') {
      errors.push(invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    } else for (const complaint of isDnsSubdomain(host)) errors.push(invalid('spec.controller', host, complaint));
    return errors;
  },
  validateUpdate: (ingressClass, old) =>
    ingressClass.spec?.controller === old.spec?.controller
      ? []
      : [invalid('spec.controller', ingressClass.spec?.controller, 'field is immutable')],
  columns: columns('Name,Controller,Parameters,Age'),
  row(ingressClass, nowMs) {
    const { controller = '', parameters } = ingressClass.spec ?? {};
    const isDefault = ingressClass.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    return [
      isDefault ? `${ingressClass.metadata.name} (default)` : ingressClass.metadata.name,
      controller,
      parameters === undefined ? '<none>' : `${parameters.kind}${group}/${parameters.name}`,
      age(ingressClass, nowMs),
    ];
  },
});

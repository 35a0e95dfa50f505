import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { age, columns, findCondition } from '../table.ts';
import type { Condition, KubeObject } from '../types.ts';

interface APIService extends KubeObject {
  readonly spec?: {
    readonly group?: string;
    readonly version?: string;
    readonly service?: { readonly namespace?: string; readonly name?: string };
    readonly groupPriorityMinimum?: number;
    readonly versionPriority?: number;
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** @source staging/src/k8s.io/kube-aggregator/pkg/registry/apiservice */
export const apiservices = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  namespaced: false,
  subresources: ['status'],
  storagePrefix: '/registry/apiregistration.k8s.io/apiservices',
  schema: 'apiregistration.APIService',
  initialStatus: {},
  validate(service) {
    const errors: FieldError[] = [];
    const required = `${service.spec?.version ?? ''}.${service.spec?.group ?? ''}`;
    if (service.metadata.name !== required && service.metadata.name !== service.spec?.version) {
      const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(required)}`;
      errors.push(invalid('metadata.name', service.metadata.name, detail));
    }
    return errors;
  },
  columns: columns('Name,Service,Available,Age'),
  row(service, nowMs) {
    const { service: target } = service.spec ?? {};
    const available = findCondition(service.status?.conditions, 'Available');
    const reason = available?.status === 'False' ? ` (${available.reason ?? ''})` : '';
    return [
      service.metadata.name,
      target === undefined ? 'Local' : `${target.namespace ?? ''}/${target.name ?? ''}`,
      available === undefined ? 'Unknown' : `${available.status}${reason}`,
      age(service, nowMs),
    ];
  },
});

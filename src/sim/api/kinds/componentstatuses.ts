import { defineKind } from '../kind.ts';
import { columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface ComponentStatus extends KubeObject {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly error?: string;
  }[];
}

/** Asked from the components at the moment of the request; never stored. */
export const componentstatuses = defineKind<ComponentStatus>({
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  stored: false,
  schema: 'core.ComponentStatus',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: columns('Name,Status,Message,Error'),
  row(component) {
    const healthy = component.conditions?.find(({ type }) => type === 'Healthy');
    const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [component.metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
  },
});

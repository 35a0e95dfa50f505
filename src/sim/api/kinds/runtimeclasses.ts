import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { pushComplaints, validateImmutable } from '../metadata.ts';
import { isDnsLabel } from '../names.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface RuntimeClass extends KubeObject {
  readonly handler?: string;
}

/** @source pkg/registry/node/runtimeclass/strategy.go */
export const runtimeclasses = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  schema: 'node.RuntimeClass',
  validate(runtimeClass) {
    const errors: FieldError[] = [];
    pushComplaints(errors, 'handler', runtimeClass.handler ?? '', isDnsLabel(runtimeClass.handler ?? ''));
    return errors;
  },
  validateUpdate(runtimeClass, old) {
    const errors: FieldError[] = [];
    validateImmutable(errors, runtimeClass.handler, old.handler, 'handler');
    return errors.length > 0 ? [invalid('handler', runtimeClass.handler, 'field is immutable')] : errors;
  },
  columns: columns('Name,Handler,Age'),
  row: (runtimeClass, nowMs) => [runtimeClass.metadata.name, runtimeClass.handler ?? '', age(runtimeClass, nowMs)],
});

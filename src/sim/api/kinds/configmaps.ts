import { semanticEqual } from '../equal.ts';
import { type FieldError, forbiddenField, tooLong } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { pushComplaints } from '../metadata.ts';
import { isConfigMapKey } from '../names.ts';
import { age, columns } from '../table.ts';
import type { ConfigMap, StringMap } from '../types.ts';

const MAX_SIZE_BYTES = 1024 * 1024;

/** @source pkg/registry/core/configmap/strategy.go, pkg/apis/core/validation/validation.go ValidateConfigMap */
export const configmaps = defineKind<ConfigMap>({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  schema: 'core.ConfigMap',
  validate(configMap) {
    const errors: FieldError[] = [];
    let size = 0;
    for (const field of ['data', 'binaryData'] as const) {
      const data: StringMap = configMap[field] ?? {};
      for (const key of Object.keys(data)) {
        pushComplaints(errors, `${field}[${key}]`, key, isConfigMapKey(key));
        const length = (data[key] ?? '').length;
        size += field === 'data' ? length : Math.floor((length * 3) / 4);
      }
    }
    if (size > MAX_SIZE_BYTES) errors.push(tooLong('[]', MAX_SIZE_BYTES));
    return errors;
  },
  validateUpdate(configMap, old) {
    const errors: FieldError[] = [];
    if (old.immutable !== true) return errors;
    const locked = 'field is immutable when `immutable` is set';
    if (configMap.immutable !== true) errors.push(forbiddenField('immutable', locked));
    if (!semanticEqual(configMap.data, old.data)) errors.push(forbiddenField('data', locked));
    if (!semanticEqual(configMap.binaryData, old.binaryData)) errors.push(forbiddenField('binaryData', locked));
    return errors;
  },
  columns: columns('Name,Data,Age'),
  row: (configMap, nowMs) => [
    configMap.metadata.name,
    Object.keys(configMap.data ?? {}).length + Object.keys(configMap.binaryData ?? {}).length,
    age(configMap, nowMs),
  ],
});

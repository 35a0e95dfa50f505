/**
 * Objects as the API server's own Go types would print as JSON: every field, capitalized, in Go's order. Some errors quote
 * values in this form (`spec.template: Invalid value: {"labels":…,"Spec":{"Volumes":null,…}}: field is immutable`).
 */
import { goJson } from './field-error.ts';
import { canonicalQuantity } from './quantity.ts';
import { internalTable } from './schema/internal-tables.ts';
import type { PodSpec, PodTemplateSpec } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

interface InternalField {
  readonly goName: string;
  readonly jsonName: string;
  readonly type: string;
}

const types = new Map<string, readonly InternalField[]>();

/** JSON of a value of an internal type (`SecurityContext`). */
export function internalText(typeName: string, value: Fields): string {
  return goJson(internalStruct(typeName, value));
}

/** JSON of a pod template in internal form. */
export function internalTemplateText(template: PodTemplateSpec): string {
  return goJson({ ...template.metadata, Spec: internalPodSpec(template.spec) });
}

/** A pod's specification in internal form: what belongs to the host moves into its security context. */
export function internalPodSpec(spec: PodSpec): Fields {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext } = spec;
  const context = securityContext && {
    ...securityContext,
    hostNetwork,
    hostPID,
    hostIPC,
    shareProcessNamespace,
    hostUsers,
  };
  return internalStruct('PodSpec', { ...spec, securityContext: context });
}

/** The plain data that prints as an internal type. */
export function internalStruct(typeName: string, value: Fields): Fields {
  const form: Record<string, unknown> = {};
  for (const { goName, jsonName, type } of fieldsOf(typeName)) form[goName] = internalValue(type, value[jsonName]);
  return form;
}

function internalValue(type: string, value: unknown): unknown {
  if (type.startsWith('*')) return value === undefined || value === null ? null : internalValue(type.slice(1), value);
  if (type.startsWith('[]')) {
    return Array.isArray(value) ? value.map((item: unknown) => internalValue(type.slice(2), item)) : null;
  }
  switch (type) {
    case 's':
      return value ?? '';
    case 'b':
      return value ?? false;
    case 'i':
    case 'o':
      return value ?? 0;
    case 'q':
      return typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : '0';
    case '{}':
      return isFields(value) ? sorted(value) : null;
    case 't':
    case 'e':
      return value ?? null;
    default:
      return internalStruct(type, isFields(value) ? value : {});
  }
}

function fieldsOf(typeName: string): readonly InternalField[] {
  if (types.size === 0) readTable();
  return types.get(typeName) ?? [];
}

function readTable(): void {
  const lines = new Map<string, string>();
  for (const line of internalTable.replaceAll('\n  ', ' ').split('\n')) {
    if (line !== '') lines.set(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1));
  }
  for (const name of lines.keys()) types.set(name, readFields(lines, name));
}

function readFields(lines: ReadonlyMap<string, string>, typeName: string): readonly InternalField[] {
  return (lines.get(typeName) ?? '').split(' ').flatMap((token): readonly InternalField[] => {
    if (token.startsWith('...')) return readFields(lines, token.slice(3));
    const [left = '', type = ''] = token.split(':');
    const [goName = '', jsonName = goName.charAt(0).toLowerCase() + goName.slice(1)] = left.split('=');
    return goName === '' ? [] : [{ goName, jsonName, type }];
  });
}

function sorted(map: Fields): Fields {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(map).sort()) result[key] = map[key];
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

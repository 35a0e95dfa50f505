/**
 * `kubectl describe` of kinds without a description of their own: every field, with labels made of field names.
 * @source staging/src/k8s.io/kubectl/pkg/describe/describe.go (printUnstructuredContent, smartLabelFor)
 */
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { isObject, sortedEntries } from './fields.ts';
import { sprint } from './jsonpath-eval.ts';

const skipped = [
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
];

export function describeGeneric(subject: Subject): void {
  heading(subject);
  subject.w.metadata(subject.object);
  content(subject.w, 0, subject.object, '');
  subject.w.events(subject.events);
}

function content(w: DescribeWriter, level: number, object: JsonObject, prefix: string): void {
  for (const [field, value] of sortedEntries(object)) {
    const path = `${prefix}.${field}`;
    if (skipped.includes(path) || value === undefined) continue;
    if (isObject(value)) {
      w.write(level, `${labelFor(field)}:\n`);
      content(w, level + 1, value, path);
    } else if (Array.isArray(value)) {
      w.write(level, `${labelFor(field)}:\n`);
      for (const item of value) {
        if (isObject(item)) content(w, level + 1, item, path);
        else w.write(level + 1, `${sprint(item)}\n`);
      }
    } else w.field(labelFor(field), value === null ? '<nil>' : value, level);
  }
}

/** `lastTransitionTime` → `Last Transition Time`, `apiVersion` → `API Version`. */
function labelFor(field: string): string {
  if (!/^[\p{L}-]+$/u.test(field)) return field;
  const parts = field.match(/\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|-/gu) ?? [field];
  return parts
    .map((part) => {
      if (['API', 'URL', 'UID', 'GUID'].includes(part.toUpperCase())) return part.toUpperCase();
      return part.toLowerCase() === part ? part.slice(0, 1).toUpperCase() + part.slice(1) : part;
    })
    .join(' ');
}

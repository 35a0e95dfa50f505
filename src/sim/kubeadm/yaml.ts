/** Objects as kubeadm writes them to files: keys in order, lists not indented, double quotes. */
import { dump } from 'js-yaml';

export function yamlOf(value: unknown): string {
  return dump(sorted(value), { seqNoIndent: true, lineWidth: -1, quoteStyle: 'double', noRefs: true });
}

/** Keys in order at every level, as a marshalled Go struct has them; what is undefined is left out. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) result[key] = sorted(item);
  }
  return result;
}

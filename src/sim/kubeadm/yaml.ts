/**
 * Objects as kubeadm writes them to files: keys in order, lists not indented, double quotes. Written by hand because every machine of
 * every new world needs a dozen of them; a test holds it against a YAML reader.
 */

export function yamlOf(value: unknown): string {
  const lines: string[] = [];
  emit(value, '', lines);
  return `${lines.join('\n')}\n`;
}

/** Keys in order at every level, as a marshalled Go struct has them; what is undefined is left out. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const key of keysOf(value)) result[key] = sorted((value as Record<string, unknown>)[key]);
  return result;
}

/** A collection at this indentation; the first line of a list item stands behind its dash. */
function emit(value: unknown, indent: string, lines: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      const at = lines.length;
      if (isCollection(item)) {
        emit(item, `${indent}  `, lines);
        lines[at] = `${indent}- ${lines[at]!.slice(indent.length + 2)}`;
      } else lines.push(`${indent}- ${scalar(item)}`);
    }
    return;
  }
  for (const key of keysOf(value as object)) {
    const item = (value as Record<string, unknown>)[key];
    if (!isCollection(item)) lines.push(`${indent}${scalar(key)}: ${scalar(item)}`);
    else {
      lines.push(`${indent}${scalar(key)}:`);
      emit(item, Array.isArray(item) ? indent : `${indent}  `, lines);
    }
  }
}

function isCollection(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.length > 0 : keysOf(value).length > 0;
}

function keysOf(value: object): string[] {
  return Object.keys(value)
    .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    .sort();
}

const PLAIN =
  /^[A-Za-z/][A-Za-z0-9_./=+@*,()-]*(?::[A-Za-z0-9_./=+@*,()-]+|[A-Za-z0-9_./=+@*,()-])*$|^--[A-Za-z0-9_./=+@*,():-]*[A-Za-z0-9/*-]$|^[0-9]+(?:\.[0-9]+){3}(?:[/:][0-9]+)?$/;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function scalar(value: unknown): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  if (typeof value !== 'string') return String(value);
  return PLAIN.test(value) && !RESERVED.test(value) && !value.endsWith(':') ? value : quantityLike(value);
}

/** `100m`, `0s`, `100Mi` stay as they are; whatever else could be read as something else is quoted. */
function quantityLike(value: string): string {
  return /^[0-9]+[A-Za-z]+[A-Za-z0-9]*$/.test(value) && !/^[0-9]+e[0-9]+$/i.test(value) && !value.startsWith('0x')
    ? value
    : JSON.stringify(value);
}

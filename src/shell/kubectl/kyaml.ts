/** `-o kyaml`: YAML in flow style with quoted strings and trailing commas. */
import { isObject, sortedEntries } from './fields.ts';
import { goEscape } from './json.ts';

export function toKyaml(value: unknown): string {
  return `---\n${render(value, 0)}\n`;
}

function render(value: unknown, indent: number): string {
  const inner = ' '.repeat(indent + 2);
  const outer = ' '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every(isObject)) return `[${value.map((item) => render(item, indent)).join(', ')}]`;
    return `[\n${value.map((item) => `${inner}${render(item, indent + 2)},\n`).join('')}${outer}]`;
  }
  if (isObject(value)) {
    const entries = sortedEntries(value).filter(([, each]) => each !== undefined);
    if (entries.length === 0) return '{}';
    return `{\n${entries.map(([key, each]) => `${inner}${keyText(key)}: ${render(each, indent + 2)},\n`).join('')}${outer}}`;
  }
  return typeof value === 'string' ? goEscape(JSON.stringify(value)) : String(value);
}

function keyText(key: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key);
  return plain ? key : JSON.stringify(key);
}

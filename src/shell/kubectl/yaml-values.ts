/**
 * YAML text to plain values, with the types that YAML 1.1 reads out of bare words: `yes` is a bool, `0777` is 511,
 * dates stay text.
 * @source vendor/go.yaml.in/yaml/v2/resolve.go, decode.go
 */
import { decodeBase64 } from '../../sim/api/base64.ts';
import { YamlComplaint } from './yaml-cursor.ts';
import { readYaml, type YamlNode } from './yaml-nodes.ts';

/**
 * The value of the first document.
 * @throws YamlComplaint
 */
export function parseYaml(text: string): unknown {
  return toValue(readYaml(text));
}

function toValue(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node.text, node.plain, node.tag);
    case 'sequence':
      return node.items.map(toValue);
    case 'mapping':
      return Object.fromEntries(entriesOf(node.entries));
  }
}

/** `<<` brings in the entries of other mappings; of several entries with the same key the last one counts. */
function entriesOf(entries: readonly (readonly [YamlNode, YamlNode])[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of entries) {
    if (key.kind !== 'scalar') throw new YamlComplaint(`invalid map key: ${goSyntaxOf(key)}`, 0);
    if (key.plain && key.text === '<<') {
      for (const merged of value.kind === 'sequence' ? [...value.items].reverse() : [value]) {
        if (merged.kind !== 'mapping')
          throw new YamlComplaint('map merge requires map or sequence of maps as the value', 0);
        for (const [name, each] of entriesOf(merged.entries)) found.set(name, each);
      }
    } else found.set(String(toValue(key)), toValue(value));
  }
  return found;
}

const tagTypes: Readonly<Record<string, string>> = {
  '!!str': 'str',
  '!!bool': 'bool',
  '!!int': 'int',
  '!!float': 'float',
  '!!null': 'null',
};

function scalarValue(text: string, plain: boolean, tag: string): unknown {
  if (tag === '!!binary') return decodeBase64(text);
  const wanted = tagTypes[tag];
  if (wanted === 'str' || (wanted === undefined && (tag !== '' || !plain))) return text;
  const value = bareValue(text);
  const type = typeOf(value, text);
  if (wanted !== undefined && wanted !== type && !(wanted === 'float' && type === 'int')) {
    throw new YamlComplaint(`cannot decode !!${type} \`${text}\` as a ${tag}`, 0);
  }
  return value;
}

function typeOf(value: unknown, text: string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return 'str';
  return /^[-+]?(0[xob])?[\d_a-f]+$/i.test(text) ? 'int' : 'float';
}

function bareValue(text: string): unknown {
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true;
  if (/^(n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false;
  if (/^\.\d+([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (!/^[-+\d]/.test(text)) return text;
  const bare = text.replaceAll('_', '');
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(bare) ?? [];
  const whole = wholeNumber(digits);
  if (whole !== undefined) return sign === '-' && whole !== 0 ? -whole : whole;
  return /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(bare) ? Number(bare) : text;
}

function wholeNumber(digits: string): number | undefined {
  if (/^0[xX][\da-fA-F]+$|^0[oO][0-7]+$|^0[bB][01]+$/.test(digits)) return Number(digits);
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  return /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined;
}

/** A key that is a collection, as Go prints it: what `{{ .Values.name }}` comes to. */
function goSyntaxOf(node: YamlNode): string {
  switch (node.kind) {
    case 'sequence':
      return `[]interface {}{${node.items.map(goSyntaxOf).join(', ')}}`;
    case 'mapping':
      return `map[interface {}]interface {}{${[
        ...new Map(node.entries.map(([key, value]) => [goSyntaxOf(key), goSyntaxOf(value)])),
      ]
        .map(([key, value]) => `${key}:${value}`)
        .sort()
        .join(', ')}}`;
    case 'scalar': {
      const value = scalarValue(node.text, node.plain, node.tag);
      return value === null ? 'interface {}(nil)' : JSON.stringify(value);
    }
  }
}

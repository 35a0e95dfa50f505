/**
 * client-go's JSONPath: evaluation and printing.
 * @source staging/src/k8s.io/client-go/util/jsonpath/jsonpath.go
 */
import { compareText, isObject } from './fields.ts';
import { compactJson } from './json.ts';
import { JsonPathError, type PathNode, parseJsonPath } from './jsonpath.ts';

/** The values each piece of the template found, in order; a piece of plain text is one value. */
export function findResults(template: string, data: unknown, allowMissingKeys: boolean): unknown[][] {
  return evaluate(parseJsonPath(template), data, allowMissingKeys);
}

function evaluate(nodes: readonly PathNode[], data: unknown, allowMissingKeys: boolean): unknown[][] {
  const [results] = run(nodes, 0, data, { allowMissingKeys }, false);
  return results;
}

/** What `-o jsonpath=` prints for an object. */
export function executeJsonPath(template: string, data: unknown, allowMissingKeys: boolean): string {
  return findResults(template, data, allowMissingKeys).map(printResults).join('');
}

function printResults(values: readonly unknown[]): string {
  return values
    .map((value) => (typeof value === 'object' && value !== null ? compactJson(value) : sprint(value)))
    .join(' ');
}

/** fmt.Sprint: maps as `map[a:1]`, lists as `[1 2]`, nothing as `<nil>`. */
export function sprint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(sprint).join(' ')}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    entries.sort(([a], [b]) => compareText(a, b));
    return `map[${entries.map(([key, each]) => `${key}:${sprint(each)}`).join(' ')}]`;
  }
  return String(value);
}

interface Options {
  readonly allowMissingKeys: boolean;
}

/** Runs from `start` to the matching `{end}` (inside a range) or to the end; answers results and where it stopped. */
function run(
  nodes: readonly PathNode[],
  start: number,
  data: unknown,
  options: Options,
  inRange: boolean,
): [unknown[][], number] {
  const results: unknown[][] = [];
  let i = start;
  while (i < nodes.length) {
    const node = nodes[i];
    if (node === undefined) break;
    const marker =
      node.kind === 'list' ? node.nodes.find((each) => each.kind === 'range' || each.kind === 'end') : undefined;
    if (marker?.kind === 'end') {
      if (!inRange) throw new JsonPathError('not in range, nothing to end');
      return [results, i];
    }
    if (marker?.kind === 'range') {
      const values = walk([data], node, options);
      let stop = nodes.length;
      if (values.length === 0) stop = skip(nodes, i + 1);
      for (const value of values) {
        const [inner, end] = run(nodes, i + 1, value, options, true);
        results.push(...inner);
        stop = end;
      }
      i = stop + 1;
      continue;
    }
    results.push(walk([data], node, options));
    i++;
  }
  return [results, nodes.length];
}

function skip(nodes: readonly PathNode[], from: number): number {
  let depth = 1;
  for (let i = from; i < nodes.length; i++) {
    const node = nodes[i];
    if (node?.kind !== 'list') continue;
    if (node.nodes.some((each) => each.kind === 'range')) depth++;
    if (node.nodes.some((each) => each.kind === 'end')) depth--;
    if (depth === 0) return i;
  }
  return nodes.length;
}

function walk(input: unknown[], node: PathNode, options: Options): unknown[] {
  switch (node.kind) {
    case 'text':
      return [node.text];
    case 'list':
      return node.nodes.reduce((values, each) => walk(values, each, options), input);
    case 'field':
      return fields(input, node.name, options);
    case 'slice':
      return input.flatMap((value) => slice(value, node));
    case 'union':
      return node.branches.flatMap((branch) => walk(input, branch, options));
    case 'filter':
      return input.flatMap((value) => filter(value, node, options));
    case 'wildcard':
      return input.flatMap(childrenOf);
    case 'recursive':
      return recursive(input);
    case 'value':
      return input.map(() => node.value);
    case 'range':
      return input;
    case 'end':
      return [];
  }
}

function fields(input: readonly unknown[], name: string, options: Options): unknown[] {
  if (input.length === 0) return [];
  const found: unknown[] = [];
  for (const value of input) if (isObject(value) && value[name] !== undefined) found.push(value[name]);
  if (found.length === 0 && !options.allowMissingKeys) throw new JsonPathError(`${name} is not found`);
  return found;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [];
  return Object.keys(value)
    .sort(compareText)
    .map((key) => value[key]);
}

function recursive(input: readonly unknown[]): unknown[] {
  return input.flatMap((value) => {
    const children = childrenOf(value);
    return children.length === 0 ? [] : [value, ...recursive(children)];
  });
}

function slice(value: unknown, node: Extract<PathNode, { kind: 'slice' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const length = value.length;
  let start = node.start ?? 0;
  if (start < 0) start += length;
  let end = node.single ? (node.start ?? 0) + 1 : (node.end ?? length);
  if (end < 0 || (end === 0 && node.single)) end += length;
  if (start === end) return [];
  if (start >= length || start < 0)
    throw new JsonPathError(`array index out of bounds: index ${start}, length ${length}`);
  if (end > length || end < 0) throw new JsonPathError(`array index out of bounds: index ${end - 1}, length ${length}`);
  if (start > end) throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`);
  const step = node.step ?? 1;
  if (step <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(start, end).filter((_item, i) => i % step === 0);
}

function filter(value: unknown, node: Extract<PathNode, { kind: 'filter' }>, options: Options): unknown[] {
  if (!Array.isArray(value)) throw new JsonPathError(`${sprint(value)} is not array or slice and cannot be filtered`);
  return value.filter((item) => {
    if (node.operator === 'exists') return walkQuietly(item, node.left, options).length > 0;
    const lefts = walk([item], node.left, options);
    if (lefts.length === 0) return false;
    const rights = walk([item], node.right, options);
    if (rights.length === 0) return false;
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time');
    return compare(lefts[0], rights[0], node.operator);
  });
}

function walkQuietly(item: unknown, node: PathNode, options: Options): unknown[] {
  try {
    return walk([item], node, options);
  } catch (error) {
    if (error instanceof JsonPathError) return [];
    throw error;
  }
}

function compare(left: unknown, right: unknown, operator: string): boolean {
  const comparable = typeof left === typeof right && (typeof left === 'string' || typeof left === 'number');
  if (operator === '==' || operator === '!=') {
    if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison');
    return (left === right) === (operator === '==');
  }
  if (!['<', '>', '<=', '>='].includes(operator)) throw new JsonPathError(`unrecognized filter operator ${operator}`);
  if (!comparable) throw new JsonPathError('incompatible types for comparison');
  const order =
    typeof left === 'number' && typeof right === 'number' ? left - right : compareText(String(left), String(right));
  if (operator === '<') return order < 0;
  if (operator === '>') return order > 0;
  return operator === '<=' ? order <= 0 : order >= 0;
}

function goType(value: unknown): string {
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** %#v of an unstructured value; part of the message when a template fails. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isObject(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
    const body = entries.map(([key, each]) => `${JSON.stringify(key)}:${goSyntax(each)}`);
    return `map[string]interface {}{${body.join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

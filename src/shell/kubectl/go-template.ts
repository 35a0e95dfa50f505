/**
 * Go's text/template as far as people use it with kubectl: fields, variables, pipelines, if/else, range/else, with, and the
 * usual functions plus kubectl's `exists` and `base64decode`.
 */
import { decodeBase64 } from '../../sim/api/base64.ts';
import { compareText, isObject } from './fields.ts';
import { type ActionNode, type Expression, parseTemplate, TemplateSyntaxError } from './go-template-parse.ts';
import { goQuote } from './json.ts';
import { sprint } from './jsonpath-eval.ts';

export class GoTemplateError extends Error {
  readonly parsing: boolean;
  constructor(message: string, parsing: boolean) {
    super(message);
    this.parsing = parsing;
  }
}

export function executeGoTemplate(template: string, data: unknown, missingKeys: boolean): string {
  let nodes: readonly ActionNode[];
  try {
    nodes = parseTemplate(template);
  } catch (error) {
    if (error instanceof TemplateSyntaxError)
      throw new GoTemplateError(`template: output:${error.line}: ${error.message}`, true);
    throw error;
  }
  const scope: Scope = { variables: new Map([['$', data]]), missingKeys };
  return run(nodes, data, scope);
}

interface Scope {
  readonly variables: Map<string, unknown>;
  readonly missingKeys: boolean;
}

const nothing = Symbol('no value');

function run(nodes: readonly ActionNode[], dot: unknown, scope: Scope): string {
  return nodes.map((node) => runOne(node, dot, scope)).join('');
}

function runOne(node: ActionNode, dot: unknown, scope: Scope): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'print': {
      const value = evaluate(node.expression, dot, scope);
      return node.silent ? '' : printed(value);
    }
    case 'if':
      return truth(evaluate(node.condition, dot, scope))
        ? run(node.body, dot, child(scope))
        : run(node.otherwise, dot, child(scope));
    case 'with': {
      const value = evaluate(node.condition, dot, scope);
      return truth(value) ? run(node.body, value, child(scope)) : run(node.otherwise, dot, child(scope));
    }
    case 'range':
      return runRange(node, dot, scope);
  }
}

function runRange(node: Extract<ActionNode, { kind: 'range' }>, dot: unknown, scope: Scope): string {
  const value = evaluate(node.condition, dot, scope);
  let entries: [unknown, unknown][] = [];
  if (Array.isArray(value)) entries = value.map((item, i) => [i, item]);
  else if (isObject(value)) entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  else if (typeof value === 'number') entries = Array.from({ length: value }, (_each, i) => [i, i]);
  if (entries.length === 0) return run(node.otherwise, dot, child(scope));
  return entries
    .map(([key, item]) => {
      const inner = child(scope);
      const [first, second] = node.names;
      if (second !== undefined && first !== undefined) {
        inner.variables.set(first, key);
        inner.variables.set(second, item);
      } else if (first !== undefined) inner.variables.set(first, item);
      return run(node.body, item, inner);
    })
    .join('');
}

function child(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables) };
}

function printed(value: unknown): string {
  if (value === nothing || value === undefined || value === null) return '<no value>';
  return sprint(value);
}

function truth(value: unknown): boolean {
  if (value === nothing || value === null || value === undefined || value === false || value === 0 || value === '')
    return false;
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : true;
}

function evaluate(expression: Expression, dot: unknown, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'dot':
      return path(dot, expression.fields, scope);
    case 'variable': {
      if (!scope.variables.has(expression.name)) throw failure(`undefined variable "${expression.name}"`);
      return path(scope.variables.get(expression.name), expression.fields, scope);
    }
    case 'group':
      return path(evaluate(expression.inner, dot, scope), expression.fields, scope);
    case 'assign': {
      const value = evaluate(expression.value, dot, scope);
      scope.variables.set(expression.name, value);
      return value;
    }
    case 'call':
      return call(
        expression,
        expression.args.map((arg) => lazily(arg, dot, scope)),
      );
  }
}

type Lazy = () => unknown;

function lazily(expression: Expression, dot: unknown, scope: Scope): Lazy {
  return () => evaluate(expression, dot, scope);
}

function path(value: unknown, fields: readonly string[], scope: Scope): unknown {
  let current = value;
  for (const field of fields) {
    if (current === nothing || current === null || current === undefined) return nothing;
    if (!isObject(current)) {
      const type = typeof current === 'string' ? 'string' : Array.isArray(current) ? '[]interface {}' : 'int64';
      throw failure(`can't evaluate field ${field} in type ${type}`);
    }
    const next = current[field];
    if (next === undefined && !scope.missingKeys) throw failure(`map has no entry for key "${field}"`);
    current = next === undefined ? nothing : next;
  }
  return current;
}

function failure(message: string): GoTemplateError {
  return new GoTemplateError(`template: output:1: executing "output": ${message}`, false);
}

function call(expression: Extract<Expression, { kind: 'call' }>, args: readonly Lazy[]): unknown {
  const name = expression.name;
  if (name === 'and') return shortCircuit(args, false);
  if (name === 'or') return shortCircuit(args, true);
  const values = args.map((arg) => arg());
  const [first, ...rest] = values;
  switch (name) {
    case 'not':
      return !truth(first);
    case 'len':
      if (typeof first === 'string' || Array.isArray(first)) return first.length;
      if (isObject(first)) return Object.keys(first).length;
      throw failure('error calling len: len of nil pointer');
    case 'index':
      return rest.reduce(indexed, first);
    case 'eq':
      return rest.some((value) => value === first);
    case 'ne':
      return rest[0] !== first;
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return ordered(name, first, rest[0]);
    case 'print':
      return values.map(printed).join(' ');
    case 'println':
      return `${values.map(printed).join(' ')}\n`;
    case 'printf':
      return format(String(first), rest);
    case 'html':
      return printed(first).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    case 'urlquery':
      return encodeURIComponent(printed(first));
    case 'base64decode':
      return decodeBase64(printed(first)) ?? '';
    case 'exists':
      return rest.reduce(indexed, first) !== nothing && values.length > 0;
    case 'slice':
      return typeof first === 'string' || Array.isArray(first)
        ? first.slice(Number(rest[0]), rest[1] === undefined ? undefined : Number(rest[1]))
        : nothing;
  }
  throw new GoTemplateError(`template: output:1: function "${name}" not defined`, true);
}

function shortCircuit(args: readonly Lazy[], until: boolean): unknown {
  let value: unknown = nothing;
  for (const arg of args) {
    value = arg();
    if (truth(value) === until) return value;
  }
  return value;
}

function indexed(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const found = value[Number(key)];
    if (found === undefined) throw failure(`error calling index: index out of range: ${String(key)}`);
    return found;
  }
  if (isObject(value)) return value[String(key)] ?? nothing;
  throw failure('error calling index: index of untyped nil');
}

function ordered(name: string, left: unknown, right: unknown): boolean {
  const order =
    typeof left === 'number' && typeof right === 'number' ? left - right : compareText(String(left), String(right));
  if (name === 'lt') return order < 0;
  if (name === 'le') return order <= 0;
  return name === 'gt' ? order > 0 : order >= 0;
}

function format(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(
    /%(-?)(\d*)(?:\.(\d+))?([svdqtfx%])/g,
    (_whole, left: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[next++];
      const written =
        verb === 'q'
          ? goQuote(printed(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : printed(value);
      return left === '-' ? written.padEnd(Number(width)) : written.padStart(Number(width));
    },
  );
}

/**
 * Go's text/template as far as people use it with kubectl: fields, variables, pipelines, if/else, range/else, with, named
 * templates, break and continue.
 */
import { compareText, isObject } from './fields.ts';
import { call, failure, GoTemplateError, type Lazy, nothing, printed, truth } from './go-template-functions.ts';
import {
  type ActionNode,
  type Expression,
  parseTemplate,
  type Template,
  TemplateSyntaxError,
} from './go-template-parse.ts';

export function executeGoTemplate(template: string, data: unknown, missingKeys: boolean): string {
  let parsed: Template;
  try {
    parsed = parseTemplate(template);
  } catch (error) {
    if (error instanceof TemplateSyntaxError)
      throw new GoTemplateError(`template: output:${error.line}: ${error.message}`, true);
    throw error;
  }
  const output: string[] = [];
  run(parsed.nodes, data, { ...parsed, variables: new Map([['$', data]]), outer: undefined, output, missingKeys });
  return output.join('');
}

interface Scope {
  readonly variables: Map<string, unknown>;
  readonly outer: Scope | undefined;
  readonly named: Template['named'];
  readonly output: string[];
  readonly missingKeys: boolean;
}

type Signal = 'break' | 'continue' | undefined;

function run(nodes: readonly ActionNode[], dot: unknown, scope: Scope): Signal {
  for (const node of nodes) {
    const signal = runOne(node, dot, scope);
    if (signal !== undefined) return signal;
  }
  return undefined;
}

function runOne(node: ActionNode, dot: unknown, scope: Scope): Signal {
  switch (node.kind) {
    case 'text':
      scope.output.push(node.text);
      return undefined;
    case 'print': {
      const value = evaluate(node.expression, dot, scope);
      if (!node.silent) scope.output.push(printed(value));
      return undefined;
    }
    case 'if':
      return run(truth(evaluate(node.condition, dot, scope)) ? node.body : node.otherwise, dot, inner(scope));
    case 'with': {
      const value = evaluate(node.condition, dot, scope);
      return truth(value) ? run(node.body, value, inner(scope)) : run(node.otherwise, dot, inner(scope));
    }
    case 'range':
      return runRange(node, dot, scope);
    case 'template': {
      const nodes = scope.named.get(node.name);
      if (nodes === undefined) throw failure(`template "${node.name}" not defined`);
      const value = evaluate(node.dot, dot, scope);
      run(nodes, value, { ...scope, variables: new Map([['$', value]]), outer: undefined });
      return undefined;
    }
    default:
      return node.kind;
  }
}

function runRange(node: Extract<ActionNode, { kind: 'range' }>, dot: unknown, scope: Scope): Signal {
  const value = evaluate(node.condition, dot, scope);
  let entries: [unknown, unknown][] = [];
  if (Array.isArray(value)) entries = value.map((item, i) => [i, item]);
  else if (isObject(value)) entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  else if (typeof value === 'number') entries = Array.from({ length: value }, (_each, i) => [i, i]);
  if (entries.length === 0) return run(node.otherwise, dot, inner(scope));
  const [first, second] = node.names;
  for (const [key, item] of entries) {
    const each = inner(scope);
    if (first !== undefined) each.variables.set(first, second === undefined ? item : key);
    if (second !== undefined) each.variables.set(second, item);
    if (run(node.body, item, each) === 'break') break;
  }
  return undefined;
}

function inner(scope: Scope): Scope {
  return { ...scope, variables: new Map(), outer: scope };
}

/** The scope that has a variable. */
function owner(scope: Scope, name: string): Scope {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.outer)
    if (each.variables.has(name)) return each;
  throw failure(`undefined variable "${name}"`);
}

function evaluate(expression: Expression, dot: unknown, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'dot':
      return path(dot, expression.fields, scope);
    case 'variable':
      return path(owner(scope, expression.name).variables.get(expression.name), expression.fields, scope);
    case 'group':
      return path(evaluate(expression.inner, dot, scope), expression.fields, scope);
    case 'assign': {
      const value = evaluate(expression.value, dot, scope);
      (expression.declares ? scope : owner(scope, expression.name)).variables.set(expression.name, value);
      return value;
    }
    case 'call':
      return call(
        expression.name,
        expression.args.map((arg) => lazily(arg, dot, scope)),
      );
  }
}

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

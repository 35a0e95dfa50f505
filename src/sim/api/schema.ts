/**
 * The fields of every API type: what `kubectl explain`, strict decoding and strategic merge patches go by.
 *
 * A table holds one type after another: its name, then its fields `name[mark]:type[merge][list]`; `...Type` takes over all
 * fields of another. Types of other tables are written `group.Type`.
 *   mark   none: left out when empty · `!` required, always written · `?` optional, always written · `-` left out when zero
 *   type   `*T` pointer (zero is kept) · `[]T` list · `{}T` map · a Go scalar · `Quantity`, `Time`, …; an unknown name is a string
 *   merge  `~key` strategic merge by that key (`~` alone: a set of values) · `^` with retained keys · `=` replaced whole
 *   list   `@set`, `@atomic`, or the keys of a map list: `@name`, `@port,protocol`
 * @source staging/src/k8s.io/api (struct tags and markers of the Go types)
 */

import {
  certificatesTable,
  discoveryTable,
  networkingTable,
  rbacTable,
  storageTable,
} from './schema/cluster-tables.ts';
import { coreTable } from './schema/core-tables.ts';
import {
  admissionregistrationTable,
  apiextensionsTable,
  apiregistrationTable,
  flowcontrolTable,
} from './schema/extension-tables.ts';
import {
  authenticationTable,
  authorizationTable,
  coordinationTable,
  eventsTable,
  metaTable,
  scaleTable,
} from './schema/meta-tables.ts';
import {
  appsTable,
  autoscalingTable,
  batchTable,
  nodeTable,
  policyTable,
  schedulingTable,
} from './schema/workload-tables.ts';

export type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bool'
  | 'bytes'
  | 'Quantity'
  | 'IntOrString'
  | 'Time'
  | 'MicroTime'
  | 'Duration'
  | 'any';

export type TypeRef =
  | {
      readonly form: 'scalar';
      readonly scalar: ScalarType;
      /** The name Go gives the type: `int32`, `v1.Protocol`. */
      readonly goName: string;
    }
  | { readonly form: 'object'; readonly typeName: string; readonly goName: string }
  | { readonly form: 'list'; readonly of: TypeRef; readonly goName: string }
  | { readonly form: 'map'; readonly of: TypeRef; readonly goName: string };

export interface FieldSchema {
  readonly name: string;
  readonly type: TypeRef;
  /** A pointer: absent and zero are different things. */
  readonly pointer: boolean;
  readonly required: boolean;
  /** Written even when it is empty. */
  readonly always: boolean;
  /** Left out when it is zero, although it is a struct. */
  readonly omitZero: boolean;
  /** Strategic merge: the key that makes two items the same; empty for a set of plain values; absent: replaced whole. */
  readonly mergeKey?: string;
  readonly retainKeys: boolean;
  /** Strategic merge: a map that a patch replaces whole. */
  readonly replaced: boolean;
  /** Server-side apply: the keys of a map list. */
  readonly listKeys?: readonly string[];
  readonly listType: 'map' | 'set' | 'atomic';
  /** A map or struct that server-side apply treats as one value. */
  readonly atomic: boolean;
}

export interface TypeSchema {
  /** `core.PodSpec` */
  readonly name: string;
  /** `PodSpec` */
  readonly goName: string;
  readonly fields: readonly FieldSchema[];
  readonly byName: ReadonlyMap<string, FieldSchema>;
}

const TABLES: Readonly<Record<string, string>> = {
  core: coreTable,
  meta: metaTable,
  apps: appsTable,
  batch: batchTable,
  autoscaling: autoscalingTable,
  policy: policyTable,
  scheduling: schedulingTable,
  node: nodeTable,
  networking: networkingTable,
  discovery: discoveryTable,
  storage: storageTable,
  rbac: rbacTable,
  certificates: certificatesTable,
  coordination: coordinationTable,
  events: eventsTable,
  authentication: authenticationTable,
  authorization: authorizationTable,
  admissionregistration: admissionregistrationTable,
  apiextensions: apiextensionsTable,
  apiregistration: apiregistrationTable,
  flowcontrol: flowcontrolTable,
  scale: scaleTable,
};

const SCALARS = new Set<string>([
  'string',
  'int32',
  'int64',
  'float64',
  'bool',
  'bytes',
  'Quantity',
  'IntOrString',
  'Time',
  'MicroTime',
  'Duration',
  'any',
]);

/** Tables are split into lines when a type of theirs is first asked for, types when they are. */
const linesOf = new Map<string, ReadonlyMap<string, string>>();
const types = new Map<string, TypeSchema>();

/** The schema of a type (`core.Pod`), or undefined when no table has it. */
export function typeSchema(name: string): TypeSchema | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  const [group = '', goName = ''] = splitName(name);
  const line = linesOfGroup(group).get(goName);
  if (line === undefined) return undefined;
  const fields = parseFields(group, line);
  const schema = { name, goName, fields, byName: new Map(fields.map((field) => [field.name, field])) };
  types.set(name, schema);
  return schema;
}

/** The schema of a type that must exist. */
export function mustTypeSchema(name: string): TypeSchema {
  const schema = typeSchema(name);
  if (schema === undefined) throw new Error(`no schema for ${name}`);
  return schema;
}

/** The field a path of names leads to (`spec`, `containers`, `image`); lists and maps are stepped into. */
export function fieldAt(rootType: string, path: readonly string[]): FieldSchema | undefined {
  let typeName: string | undefined = rootType;
  let field: FieldSchema | undefined;
  for (const name of path) {
    if (typeName === undefined) return undefined;
    field = typeSchema(typeName)?.byName.get(name);
    if (field === undefined) return undefined;
    typeName = objectTypeOf(field.type);
  }
  return field;
}

/** The struct a type leads to, through lists and maps; undefined for scalars. */
export function objectTypeOf(type: TypeRef): string | undefined {
  if (type.form === 'object') return type.typeName;
  return type.form === 'scalar' ? undefined : objectTypeOf(type.of);
}

function linesOfGroup(group: string): ReadonlyMap<string, string> {
  const known = linesOf.get(group);
  if (known !== undefined) return known;
  const lines = new Map<string, string>();
  for (const line of (TABLES[group] ?? '').replaceAll('\n  ', ' ').split('\n')) {
    const space = line.indexOf(' ');
    if (line !== '') lines.set(space < 0 ? line : line.slice(0, space), space < 0 ? '' : line.slice(space + 1));
  }
  linesOf.set(group, lines);
  return lines;
}

function parseFields(group: string, line: string): readonly FieldSchema[] {
  const fields: FieldSchema[] = [];
  for (const token of line.split(' ')) {
    if (token === '') continue;
    if (token.startsWith('...')) fields.push(...mustTypeSchema(qualified(group, token.slice(3))).fields);
    else fields.push(parseField(group, token));
  }
  return fields;
}

const FIELD = /^([^:!?]+?)([!?-]?):(\*?)([^~^@=]+)(?:~([^^@=]*))?(\^?)(=?)(?:@(.*))?$/;

function parseField(group: string, token: string): FieldSchema {
  const match = FIELD.exec(token);
  if (match === null) throw new Error(`cannot read the field ${token} of ${group}`);
  const [, name = '', mark, star, typeText = '', mergeKey, retain, replace, list] = match;
  const type = parseType(group, typeText);
  const mapList = list !== undefined && list !== 'set' && list !== 'atomic';
  return {
    name,
    type,
    pointer: star === '*',
    required: mark === '!',
    always: mark === '!' || mark === '?',
    omitZero: mark === '-',
    ...(mergeKey !== undefined && { mergeKey }),
    retainKeys: retain === '^',
    replaced: replace === '=',
    ...(mapList && { listKeys: list.split(',') }),
    listType: mapList ? 'map' : list === 'set' ? 'set' : 'atomic',
    atomic: list === 'atomic' && type.form !== 'list',
  };
}

function parseType(group: string, text: string): TypeRef {
  if (text.startsWith('[]')) {
    const of = parseType(group, text.slice(2));
    return { form: 'list', of, goName: `[]${of.goName}` };
  }
  if (text.startsWith('{}')) {
    const of = parseType(group, text.slice(2));
    return { form: 'map', of, goName: `map[string]${of.goName}` };
  }
  if (SCALARS.has(text)) {
    const goName = text === 'bytes' ? '[]uint8' : text === 'Time' || text === 'MicroTime' ? `v1.${text}` : text;
    return { form: 'scalar', scalar: text as ScalarType, goName };
  }
  const name = qualified(group, text);
  const [owner = '', own = ''] = splitName(name);
  const goName = `${owner === 'autoscaling' ? 'v2' : 'v1'}.${own}`;
  if (linesOfGroup(owner).has(own)) return { form: 'object', typeName: name, goName };
  return { form: 'scalar', scalar: 'string', goName };
}

function qualified(group: string, name: string): string {
  return name.includes('.') ? name : `${group}.${name}`;
}

function splitName(name: string): readonly string[] {
  const dot = name.indexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

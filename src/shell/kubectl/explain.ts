/**
 * `kubectl explain`: fields and types of a kind, in the layout of the real command. The prose is ours; where there is none, we
 * print what the real client prints then.
 * @source staging/src/k8s.io/kubectl/pkg/explain/v2
 */
import { fieldDescription, typeDescription } from '../../sim/api/descriptions.ts';
import { type FieldSchema, objectTypeOf, type TypeRef, type TypeSchema, typeSchema } from '../../sim/api/schema.ts';
import type { Resource } from './discovery.ts';
import { KubectlError, notSimulated } from './errors.ts';
import { compareText } from './fields.ts';
import type { Session } from './session.ts';
import { schemaTypeOf } from './strategic.ts';

export async function explain(session: Session): Promise<undefined> {
  const { flags } = session;
  const [target, ...more] = flags.args;
  if (target === undefined) {
    throw new KubectlError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  }
  if (more.length > 0) throw new KubectlError('We accept only this format: explain RESOURCE');
  if (flags.text('output') !== 'plaintext') throw notSimulated(`explain --output=${flags.text('output')}`);
  const { resource, path } = await resolve(session, target);
  const typeName = schemaTypeOf(resource);
  session.out(heading(resource));
  const root = typeName === undefined ? undefined : typeSchema(typeName);
  if (root === undefined) {
    session.out('DESCRIPTION:\n    <empty>\n\n');
    return undefined;
  }
  const recursive = flags.is('recursive');
  const [field, schema, owner] = descend(root, path);
  const prose = field === undefined ? typeDescription(root.name) : fieldDescription(owner.name, field.name);
  const description = prose === undefined ? '    <empty>' : wrapped(prose);
  if (field !== undefined)
    session.out(`FIELD: ${field.name} <${typeText(field.type)}>\n${schema === undefined ? '' : '\n'}`);
  session.out(
    `\nDESCRIPTION:\n${description}\n${schema === undefined ? '\n' : '    \n'}`.slice(field === undefined ? 1 : 0),
  );
  if (schema !== undefined)
    session.out(`FIELDS:\n${recursive ? `${tree(schema, 1, [])}\n` : listing(schema)}${recursive ? '' : '\n'}`);
  return undefined;
}

/** `pods.spec.containers`, `deployments.apps.spec`, with --api-version choosing the version. */
async function resolve(session: Session, target: string): Promise<{ resource: Resource; path: string[] }> {
  const words = target.split('.');
  const version = session.flags.text('api-version');
  const discovery = await session.discovery();
  for (let length = words.length; length > 0; length--) {
    const word = words.slice(0, length).join('.');
    const found = discovery.find(word);
    if (found === undefined) continue;
    if (version === '') return { resource: found, path: words.slice(length) };
    const kind = discovery.byKind(version, found.kind);
    if (kind !== undefined) return { resource: kind, path: words.slice(length) };
    throw new KubectlError(`couldn't find resource for "${version}, Kind=${found.kind}"`);
  }
  return { resource: await session.mapping(words[0] ?? ''), path: words.slice(1) };
}

function heading(resource: Resource): string {
  const group = resource.group === '' ? '' : `GROUP:      ${resource.group}\n`;
  return `${group}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`;
}

/** The field at the end of a path, the type it leads to, and the type it belongs to. */
function descend(
  root: TypeSchema,
  path: readonly string[],
): [FieldSchema | undefined, TypeSchema | undefined, TypeSchema] {
  let schema: TypeSchema | undefined = root;
  let field: FieldSchema | undefined;
  let owner = root;
  for (const name of path) {
    field = schema?.byName.get(name);
    if (field === undefined) throw new KubectlError(`field "${name}" does not exist`);
    owner = schema ?? root;
    const inner = objectTypeOf(field.type);
    schema = inner === undefined ? undefined : typeSchema(inner);
  }
  return [field, schema, owner];
}

function typeText(type: TypeRef): string {
  if (type.form === 'list') return `[]${typeText(type.of)}`;
  if (type.form === 'map') return `map[string]${typeText(type.of)}`;
  if (type.form === 'object') return type.goName.replace(/^.*\./, '');
  const names: Readonly<Record<string, string>> = {
    int32: 'integer',
    int64: 'integer',
    float64: 'number',
    bool: 'boolean',
    bytes: 'string',
    Time: 'string',
    MicroTime: 'string',
    Duration: 'string',
    any: 'Object',
  };
  return names[type.scalar] ?? type.scalar;
}

function fieldsOf(schema: TypeSchema): FieldSchema[] {
  return [...schema.fields].sort((a, b) => compareText(a.name, b.name));
}

function fieldLine(field: FieldSchema): string {
  const type = field.name === 'fieldsV1' ? 'FieldsV1' : typeText(field.type);
  return `${field.name}\t<${type}>${field.required ? ' -required-' : ''}\n`;
}

function listing(schema: TypeSchema): string {
  return fieldsOf(schema)
    .map((field) => {
      const prose = fieldDescription(schema.name, field.name);
      return `  ${fieldLine(field)}${prose === undefined ? '    <no description>' : wrapped(prose)}\n\n`;
    })
    .join('');
}

/** Lines of at most 76 characters, indented by four. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > 76) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `    ${each}`).join('\n');
}

/** Every field below; a type inside itself is not opened again. */
function tree(schema: TypeSchema, level: number, above: readonly string[]): string {
  return fieldsOf(schema)
    .map((field) => {
      const inner = objectTypeOf(field.type);
      const nested = inner === undefined || above.includes(inner) ? undefined : typeSchema(inner);
      const below = nested === undefined ? '' : tree(nested, level + 1, [...above, inner ?? '']);
      return `${'  '.repeat(level)}${fieldLine(field)}${below}`;
    })
    .join('');
}

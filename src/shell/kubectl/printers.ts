/**
 * `-o`: JSON, YAML, names, JSONPath, Go templates, custom columns; and the `TYPE/NAME verbed` lines of commands that change things.
 * @source staging/src/k8s.io/cli-runtime/pkg/genericclioptions/print_flags.go
 */
import type { JsonObject } from './client.ts';
import { kindName, type Resource } from './discovery.ts';
import { KubectlError } from './errors.ts';
import { at, isObject, nameOf, objects, text, withField } from './fields.ts';
import { executeGoTemplate } from './go-template.ts';
import { GoTemplateError } from './go-template-functions.ts';
import { compactJson, goEscape, toJson } from './json.ts';
import { JsonPathError, parseJsonPath, relaxedPath } from './jsonpath.ts';
import { executeJsonPath, findResults, goSyntax, sprint } from './jsonpath-eval.ts';
import { toKyaml } from './kyaml.ts';
import { resolvePath } from './paths.ts';
import type { Session } from './session.ts';
import { alignTabs, terminalSafe } from './tabwriter.ts';
import { toYaml } from './yaml.ts';

export type Printer = (object: JsonObject, resource?: Resource) => string;

const templateFormats =
  'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml';

interface PrinterOptions {
  /** Also custom-columns and wide, as `get` has. */
  readonly columns?: boolean;
  /** Print objects field by field as they were built, not sorted (`create --dry-run=client`). */
  readonly typed?: boolean;
}

/** The printer of --output, or undefined when the command's own output is wanted. */
export async function outputPrinter(session: Session, options: PrinterOptions = {}): Promise<Printer | undefined> {
  const { flags } = session;
  const output = flags.text('output');
  const template = flags.text('template');
  if (output === '' && template === '') return undefined;
  const format = output === '' ? 'go-template' : output;
  const equals = format.indexOf('=');
  const name = equals === -1 ? format : format.slice(0, equals);
  const argument = equals === -1 ? template : format.slice(equals + 1);
  const missingKeys = flags.text('allow-missing-template-keys') !== 'false';
  const clean = (object: JsonObject): JsonObject =>
    flags.is('show-managed-fields') ? object : withoutManagedFields(object);
  switch (name) {
    case 'json':
      return (object) => (options.typed === true ? typedJson(clean(object)) : toJson(clean(object)));
    case 'yaml':
      return yamlPrinter(clean);
    case 'kyaml':
      return (object) => toKyaml(clean(object));
    case 'name':
      return namePrinter;
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'jsonpath-file':
      return jsonPathPrinter(name, await templateOf(session, name, argument, 'jsonpath'), missingKeys);
    case 'go-template':
    case 'template':
    case 'go-template-file':
    case 'templatefile':
      return goTemplatePrinter(session, await templateOf(session, name, argument, 'go-template'), missingKeys);
    case 'custom-columns':
    case 'custom-columns-file':
      if (options.columns === true)
        return customColumns(session, await templateOf(session, name, argument, 'custom-columns'), name);
      break;
    case 'wide':
      if (options.columns === true) return undefined;
      break;
  }
  const allowed = options.columns === true ? `custom-columns,custom-columns-file,${templateFormats}` : templateFormats;
  const formats = options.columns === true ? allowed.replace(',yaml', ',wide,yaml') : allowed;
  throw new KubectlError(
    `unable to match a printer suitable for the output format "${format}", allowed formats are: ${formats}`,
  );
}

async function templateOf(session: Session, format: string, argument: string, flag: string): Promise<string> {
  if (argument === '') {
    if (flag === 'custom-columns')
      throw new KubectlError('custom-columns format specified but no custom columns given');
    throw new KubectlError(`template format specified but no template given`);
  }
  if (!format.endsWith('file')) return argument;
  const path = resolvePath(session.context, argument);
  if (!(await session.context.fs.exists(path))) {
    const subject = flag === 'custom-columns' ? '' : `error reading --template ${argument}, `;
    throw new KubectlError(`${subject}open ${argument}: no such file or directory\n`);
  }
  return session.context.fs.readFile(path);
}

/** Items of a List lose their managedFields too. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  if (Array.isArray(object['items'])) {
    return { ...object, items: object['items'].map((item) => (isObject(item) ? withoutManagedFields(item) : item)) };
  }
  return at(object, 'metadata', 'managedFields') === undefined
    ? object
    : withField(object, ['metadata', 'managedFields'], undefined);
}

/** Struct order: kind before apiVersion, the rest as built. */
function typedJson(object: JsonObject): string {
  const { kind, apiVersion, ...rest } = object;
  return `${goEscape(JSON.stringify({ kind, apiVersion, ...rest }, null, 4))}\n`;
}

function yamlPrinter(clean: (object: JsonObject) => JsonObject): Printer {
  let printed = 0;
  return (object) => {
    printed++;
    return `${printed > 1 ? '---\n' : ''}${toYaml(clean(object))}`;
  };
}

const namePrinter: Printer = (object, resource) => {
  if (Array.isArray(object['items']))
    return objects(object, 'items')
      .map((item) => namePrinter(item, resource))
      .join('');
  return `${typeAndName(object, resource)}\n`;
};

/** `pod/web`, `deployment.apps/web`. */
export function typeAndName(object: JsonObject, resource?: Resource): string {
  const group = text(object, 'apiVersion').includes('/') ? `.${text(object, 'apiVersion').split('/')[0]}` : '';
  const kind = text(object, 'kind');
  const type = kind === '' && resource !== undefined ? kindName(resource) : kind.toLowerCase() + group;
  return `${type}/${nameOf(object) || '<unknown>'}`;
}

function jsonPathPrinter(format: string, template: string, missingKeys: boolean): Printer {
  try {
    parseJsonPath(template);
  } catch (error) {
    if (!(error instanceof JsonPathError) || error.message.startsWith('unrecognized identifier')) {
      if (!(error instanceof JsonPathError)) throw error;
    } else throw new KubectlError(`error parsing jsonpath ${template}, ${error.message}\n`);
  }
  return (object) => {
    try {
      if (format === 'jsonpath-as-json')
        return findResults(template, object, missingKeys)
          .map((values) => toJson(values))
          .join('');
      return executeJsonPath(template, object, missingKeys);
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      throw new KubectlError(
        `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n` +
          `\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n\n`,
      );
    }
  };
}

function goTemplatePrinter(session: Session, template: string, missingKeys: boolean): Printer {
  return (object) => {
    try {
      return executeGoTemplate(template, object, missingKeys);
    } catch (error) {
      if (!(error instanceof GoTemplateError)) throw error;
      if (error.parsing) throw new KubectlError(`error parsing template ${template}, ${error.message}\n`);
      session.out(
        `Error executing template: ${error.message}. Printing more information for debugging the template:\n` +
          `\ttemplate was:\n\t\t${template}\n\traw data was:\n\t\t${compactJson(object)}\n` +
          `\tobject given to template engine was:\n\t\t${sprint(object)}\n\n`,
      );
      throw new KubectlError(`error executing template ${JSON.stringify(template)}: ${error.message}`);
    }
  };
}

function customColumns(session: Session, spec: string, format: string): Printer {
  const columns = format === 'custom-columns-file' ? columnsOfFile(spec) : columnsOfSpec(spec);
  return (object) => {
    const items = Array.isArray(object['items']) ? objects(object, 'items') : [object];
    const rows = items.map((item) => columns.map(([, path]) => columnText(item, path)).join('\t'));
    if (!session.flags.is('no-headers')) rows.unshift(columns.map(([header]) => header).join('\t'));
    return rows.length === 0 ? '' : `${alignTabs(rows.join('\n'))}\n`;
  };
}

function columnText(item: JsonObject, path: string): string {
  const found = findResults(path, item, true).flat();
  return found.length === 0 ? '<none>' : found.map((value) => terminalSafe(sprint(value))).join(',');
}

function columnsOfSpec(spec: string): [string, string][] {
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon === -1)
      throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return [part.slice(0, colon), columnPath(part.slice(colon + 1))];
  });
}

function columnPath(expression: string): string {
  try {
    const path = relaxedPath(expression);
    parseJsonPath(path);
    return path;
  } catch (error) {
    if (error instanceof JsonPathError) throw new KubectlError(error.message);
    throw error;
  }
}

function columnsOfFile(content: string): [string, string][] {
  const [headers = [], specs = []] = content.split('\n').map((line) => line.trim().split(/\s+/));
  if (headers.length !== specs.length) {
    throw new KubectlError(
      `number of headers (${headers.length}) and field specifications (${specs.length}) don't match`,
    );
  }
  return headers.map((header, i) => [header, columnPath(specs[i] ?? '')]);
}

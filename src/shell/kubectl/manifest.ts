/**
 * Manifests in: `-f FILE`, `-f DIRECTORY`, `-f -`; YAML or JSON, several documents, Lists taken apart.
 * The errors are those of kubectl's YAML reader.
 * @source staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go, builder.go
 */
import type { CommandContext, JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { isObject, list, objects, text } from './fields.ts';
import { jsonComplaint } from './go-json.ts';
import { compactJson } from './json.ts';
import { baseName, resolvePath } from './paths.ts';
import { notValid } from './validation.ts';
import { YamlComplaint } from './yaml-cursor.ts';
import { parseYaml } from './yaml-values.ts';

export interface Manifest {
  readonly object: JsonObject;
  /** What error messages call it: `STDIN`, `web.yaml`. */
  readonly source: string;
}

/** Larger inputs are refused before parsing. */
const sizeLimitBytes = 3 * 1024 * 1024;

/** How manifests are read. */
export interface ReadOptions {
  /** Go into the directories of a directory. */
  readonly recursive: boolean;
  /** Say first what is wrong about apiVersion and kind, as the commands with --validate do. */
  readonly validate: boolean;
}

/** Every manifest of the files in their order; what cannot be read is an error in its place and ends its file. */
export async function readManifests(
  context: CommandContext,
  files: readonly string[],
  options: ReadOptions,
): Promise<(Manifest | KubectlError)[]> {
  const manifests: (Manifest | KubectlError)[] = [];
  for (const file of files) {
    if (file === '-') {
      manifests.push(...readable(await context.readStdin(), 'STDIN', options.validate));
      continue;
    }
    if (/^https?:\/\//.test(file)) {
      const host = file.replace(/^https?:\/\//, '').replace(/[/:].*$/, '');
      throw new KubectlError(`unable to read URL "${file}": dial tcp: lookup ${host}: no such host`);
    }
    for (const path of await expand(context, file, options.recursive)) {
      manifests.push(...readable(await context.fs.readFile(resolvePath(context, path)), path, options.validate));
    }
  }
  return manifests;
}

function readable(content: string, source: string, validate: boolean): (Manifest | KubectlError)[] {
  const found: (Manifest | KubectlError)[] = [];
  try {
    for (const manifest of manifestsIn(content, source, validate)) found.push(manifest);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    found.push(error);
  }
  return found;
}

async function expand(context: CommandContext, file: string, recursive: boolean): Promise<string[]> {
  const path = resolvePath(context, file);
  if (!(await context.fs.exists(path))) {
    if (!/[*?[]/.test(file)) throw new KubectlError(`the path "${file}" does not exist`);
    return glob(context, file);
  }
  if (!(await context.fs.isDirectory(path))) return [file];
  const found: string[] = [];
  for (const name of await context.fs.list(path)) {
    const child = `${file.replace(/\/+$/, '')}/${name}`;
    if (await context.fs.isDirectory(resolvePath(context, child))) {
      if (recursive) found.push(...(await expand(context, child, true).catch(() => [])));
    } else if (/\.(json|yaml|yml)$/.test(name)) found.push(child);
  }
  if (found.length === 0) {
    throw new KubectlError(`error reading [${file}]: recognized file extensions are [.json .yaml .yml]`);
  }
  return found;
}

async function glob(context: CommandContext, pattern: string): Promise<string[]> {
  const slash = pattern.lastIndexOf('/');
  const directory = slash === -1 ? '.' : pattern.slice(0, slash);
  const source = baseName(pattern)
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const resolved = resolvePath(context, directory);
  const names = (await context.fs.exists(resolved)) ? await context.fs.list(resolved) : [];
  const found = names.filter((name) => new RegExp(`^${source}$`).test(name));
  if (found.length === 0) throw new KubectlError(`the path "${pattern}" does not exist`);
  return found.map((name) => (slash === -1 ? name : `${directory}/${name}`));
}

/** The manifests of one text. */
export function parseManifests(content: string, source: string): Manifest[] {
  return [...manifestsIn(content, source, false)];
}

function* manifestsIn(content: string, source: string, validate: boolean): Generator<Manifest> {
  if (content.length > sizeLimitBytes) throw new KubectlError(`error parsing ${source}: the file is larger than 3 MiB`);
  for (const part of documentsOf(content, source)) {
    if (part === null || part === undefined) continue;
    if (validate) {
      const problem = problemsOf(part);
      if (problem !== '') throw notValid(source, problem);
    }
    yield* accept(part, source);
  }
}

function* documentsOf(content: string, source: string): Generator<unknown> {
  const looksLikeJson = /^\s*\{/.test(content);
  const values = looksLikeJson ? jsonDocuments(content) : undefined;
  if (values !== undefined) {
    yield* values;
    return;
  }
  const problem = looksLikeJson ? jsonComplaint(content) : undefined;
  for (const document of yamlDocuments(content, source)) {
    try {
      yield parseYaml(document);
    } catch (error) {
      if (!(error instanceof YamlComplaint)) throw error;
      const { offset, message } = problem ?? { offset: 0, message: '' };
      const json = offset === 0 ? 'unexpected EOF' : `json: offset ${offset}: ${message}`;
      const yaml = `error converting YAML to JSON: yaml: ${error.message}`;
      throw new KubectlError(`error parsing ${source}: ${problem === undefined ? yaml : json}`);
    }
  }
}

/** Split at lines of three dashes; each document counts its own lines. */
function* yamlDocuments(content: string, source: string): Generator<string> {
  let lines: string[] = [];
  for (const line of content.split(/\r?\n/)) {
    if (!line.startsWith('---')) {
      lines.push(line);
      continue;
    }
    const rest = line.slice(3).trim();
    if (rest !== '' && !rest.startsWith('#'))
      throw new KubectlError(`error parsing ${source}: invalid Yaml document separator: ${rest}`);
    if (lines.some((each) => each !== '')) yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.at(-1) === '') lines.pop();
  if (lines.some((each) => each !== '')) yield `${lines.join('\n')}\n`;
}

/** @source staging/src/k8s.io/kubectl/pkg/validation/schema.go */
function problemsOf(value: unknown): string {
  if (!isObject(value)) return 'invalid object to validate';
  const found = ['apiVersion', 'kind'].flatMap((name) => {
    const given = value[name];
    if (given === undefined || given === null) return [`${name} not set`];
    return typeof given === 'string' ? [] : [`${name} isn't string type`];
  });
  if (found.length > 0) return found.length === 1 ? (found[0] ?? '') : `[${found.join(', ')}]`;
  if (value['kind'] !== 'List') return '';
  return (
    list(value, 'items')
      .map(problemsOf)
      .find((problem) => problem !== '') ?? ''
  );
}

/** One or several JSON objects one after the other, or undefined when it is not JSON. */
function jsonDocuments(content: string): unknown[] | undefined {
  try {
    return [JSON.parse(content)];
  } catch {
    const parts = content.split(/(?<=\})\s*\n(?=\s*\{)/);
    if (parts.length < 2) return undefined;
    try {
      return parts.map((part): unknown => JSON.parse(part));
    } catch {
      return undefined;
    }
  }
}

function accept(value: unknown, source: string): Manifest[] {
  if (!isObject(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new KubectlError(
      `unable to decode "${source}": json: cannot unmarshal ${type} into Go value of type unstructured.detector`,
    );
  }
  const version = value['apiVersion'];
  if (typeof version === 'number' || typeof version === 'boolean') {
    const type = typeof version === 'boolean' ? 'bool' : typeof version;
    const field = 'metadataOnlyObject.TypeMeta.apiVersion of type string';
    throw new KubectlError(
      `unable to decode "${source}": json: cannot unmarshal ${type} into Go struct field ${field}`,
    );
  }
  if (text(value, 'kind') === '') {
    throw new KubectlError(`unable to decode "${source}": Object 'Kind' is missing in '${compactJson(value)}'`);
  }
  if (text(value, 'kind').endsWith('List') && Array.isArray(value['items'])) {
    return objects(value, 'items').flatMap((item) => accept(item, source));
  }
  return [{ object: value, source }];
}

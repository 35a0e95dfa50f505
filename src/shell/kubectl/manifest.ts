/**
 * Manifests in: `-f FILE`, `-f DIRECTORY`, `-f -`; YAML or JSON, several documents, Lists taken apart.
 * The errors are those of kubectl's YAML reader.
 * @source staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go, builder.go
 */
import { loadAll, Schema, timestampTag, YAML11_SCHEMA, YAMLException } from 'js-yaml';
import type { CommandContext, JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { isObject, objects, text } from './fields.ts';
import { compactJson } from './json.ts';
import { baseName, resolvePath } from './paths.ts';

export interface Manifest {
  readonly object: JsonObject;
  /** What error messages call it: `STDIN`, `web.yaml`. */
  readonly source: string;
}

/** Larger inputs are refused before parsing. */
const sizeLimitBytes = 3 * 1024 * 1024;

export async function readManifests(
  context: CommandContext,
  files: readonly string[],
  recursive: boolean,
): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const file of files) {
    if (file === '-') {
      manifests.push(...parseManifests(await context.readStdin(), 'STDIN'));
      continue;
    }
    if (/^https?:\/\//.test(file)) {
      const host = file.replace(/^https?:\/\//, '').replace(/[/:].*$/, '');
      throw new KubectlError(`unable to read URL "${file}": dial tcp: lookup ${host}: no such host`);
    }
    for (const path of await expand(context, file, recursive)) {
      manifests.push(...parseManifests(await context.fs.readFile(resolvePath(context, path)), path));
    }
  }
  return manifests;
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

export function parseManifests(content: string, source: string): Manifest[] {
  if (content.length > sizeLimitBytes) throw new KubectlError(`error parsing ${source}: the file is larger than 3 MiB`);
  const manifests: Manifest[] = [];
  for (const part of documentsOf(content, source)) {
    if (part !== null && part !== undefined) manifests.push(...accept(part, source));
  }
  return manifests;
}

function documentsOf(content: string, source: string): unknown[] {
  const looksLikeJson = /^\s*\{/.test(content);
  if (looksLikeJson) {
    const values = jsonDocuments(content);
    if (values !== undefined) return values;
  }
  try {
    return content
      .split(/^---(?:\s.*)?$/m)
      .flatMap((document) => (document.trim() === '' ? [] : [parseYaml(document)]));
  } catch (error) {
    throw parseError(error, source);
  }
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
    if (Array.isArray(value)) return [];
    const type = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'bool' : 'string';
    throw new KubectlError(
      `unable to decode "${source}": json: cannot unmarshal ${type} into Go value of type unstructured.detector`,
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

const schema = new Schema(YAML11_SCHEMA.tags.filter((tag) => tag !== timestampTag));

/** YAML 1.1 as Go reads it: `yes` is a bool, dates stay text, repeated keys are allowed. */
export function parseYaml(content: string): unknown {
  return loadAll(content, { schema, json: true })[0];
}

function parseError(error: unknown, source: string): KubectlError {
  const prefix = `error parsing ${source}: error converting YAML to JSON: yaml: `;
  if (!(error instanceof YAMLException))
    return new KubectlError(`${prefix}${error instanceof Error ? error.message : ''}`);
  return new KubectlError(prefix + goYamlProblem(error));
}

/** js-yaml's complaint in the words and line counting of Go's YAML reader. */
function goYamlProblem(error: YAMLException): string {
  const line = error.mark?.line ?? 0;
  const buffer = error.mark?.buffer ?? '';
  const column = error.mark?.column ?? 0;
  const at = (number: number): string => (number > 0 ? `line ${number}: ` : '');
  const lineText = buffer.split('\n')[line] ?? '';
  const reason = error.reason;
  if (/^\s*\t/.test(lineText)) {
    return line === 0
      ? 'found character that cannot start any token'
      : `${at(line + 1)}found a tab character that violates indentation`;
  }
  if (/[@`%]/.test(lineText[column] ?? '') || /^\s*[^#]*:\s+[@`%]/.test(lineText)) {
    return `${at(line === 0 ? 0 : line + 1)}found character that cannot start any token`;
  }
  if (reason.startsWith('bad indentation of a mapping entry')) {
    const rest = lineText.slice(column);
    if (/^:(\s|$)/.test(rest) || /^[^:]*:\s.*:(\s|$)/.test(lineText) || lineText.includes(': ')) {
      const nested = /:\s.*:(\s|$)/.test(lineText) || /^\s+\S+:/.test(lineText);
      if (nested && column > 0 && !/^\s+$/.test(lineText.slice(0, column))) {
        return `${at(line === 0 ? 0 : line + 1)}mapping values are not allowed in this context`;
      }
    }
    return `${at(line)}did not find expected key`;
  }
  if (reason.startsWith('unidentified alias')) return `unknown anchor '${/"(.*)"/.exec(reason)?.[1] ?? ''}' referenced`;
  if (reason === 'deficient indentation' && /["']/.test(buffer)) return `${at(line + 1)}found unexpected end of stream`;
  if (reason === 'deficient indentation' || reason.includes('flow collection') || reason.includes('missed comma')) {
    return `${at(line + 1)}did not find expected ',' or ${buffer.includes('[') ? "']'" : "'}'"}`;
  }
  if (reason.includes('quoted scalar')) return `${at(line + 2)}found unexpected end of stream`;
  if (reason.includes('can not read') || reason.includes('multiline key'))
    return `${at(line + 2)}could not find expected ':'`;
  return `${at(line)}did not find expected key`;
}

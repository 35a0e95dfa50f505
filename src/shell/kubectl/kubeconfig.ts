/**
 * The kubeconfig file: finding it, reading it, writing it back.
 * @source staging/src/k8s.io/client-go/tools/clientcmd
 */
import type { CommandContext, JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { compareText, isObject, objects, text } from './fields.ts';
import type { Flags } from './flags.ts';
import { decodingProblem } from './kubeconfig-fields.ts';
import { resolvePath } from './paths.ts';
import { toYaml } from './yaml.ts';
import { YamlComplaint } from './yaml-cursor.ts';
import { parseYaml } from './yaml-values.ts';

export interface Kubeconfig {
  /** As it was named; new entries go there. */
  readonly path: string;
  /** All files as one. */
  readonly config: JsonObject;
  readonly files: readonly ConfigFile[];
}

interface ConfigFile {
  readonly path: string;
  readonly config: JsonObject;
}

const empty: JsonObject = {
  apiVersion: 'v1',
  clusters: null,
  contexts: null,
  'current-context': '',
  kind: 'Config',
  users: null,
};

/**
 * The file named by --kubeconfig, else those of $KUBECONFIG, else ~/.kube/config; an empty config when there is no such file.
 * Of two entries with the same name the first counts.
 */
export async function loadKubeconfig(context: CommandContext, flags: Flags): Promise<Kubeconfig> {
  const explicit = flags.text('kubeconfig');
  if (explicit !== '' && !(await context.fs.exists(resolvePath(context, explicit))))
    throw new KubectlError(`stat ${explicit}: no such file or directory`);
  const listed = (context.env['KUBECONFIG'] ?? '').split(':').filter((each) => each !== '');
  const paths = explicit !== '' ? [explicit] : listed.length > 0 ? listed : [resolvePath(context, '~/.kube/config')];
  const files: ConfigFile[] = [];
  for (const path of paths)
    if (await context.fs.exists(resolvePath(context, path))) files.push({ path, config: await read(context, path) });
  return { path: files[0]?.path ?? paths[0] ?? '', config: files.reduce(merged, empty), files };
}

async function read(context: CommandContext, path: string): Promise<JsonObject> {
  const content = await context.fs.readFile(resolvePath(context, path));
  const fail = (problem: string): KubectlError => new KubectlError(`error loading config file "${path}": ${problem}`);
  let parsed: unknown;
  try {
    parsed = content.trim() === '' ? {} : parseYaml(content);
  } catch (error) {
    if (error instanceof YamlComplaint) throw fail(`yaml: ${error.message}`);
    throw error;
  }
  const problem = decodingProblem(parsed);
  if (problem !== undefined) throw fail(problem);
  return isObject(parsed) ? parsed : {};
}

const lists = ['clusters', 'contexts', 'users'] as const;

function merged(config: JsonObject, { config: next }: ConfigFile): JsonObject {
  const whole: JsonObject = { ...next, ...config };
  if (text(config, 'current-context') === '') whole['current-context'] = text(next, 'current-context');
  for (const list of lists) {
    const known = objects(config, list);
    const more = objects(next, list).filter(
      (each) => !known.some((other) => text(other, 'name') === text(each, 'name')),
    );
    if (more.length > 0) whole[list] = known.length === 0 ? more : [...known, ...more].sort(byName);
  }
  return whole;
}

const byName = (a: JsonObject, b: JsonObject): number => compareText(text(a, 'name'), text(b, 'name'));

/** Each entry goes back to the file it came from, new ones to the first. */
export async function saveKubeconfig(context: CommandContext, { path, config, files }: Kubeconfig): Promise<void> {
  if (files.length < 2) {
    await context.fs.writeFile(resolvePath(context, path), toYaml(config));
    return;
  }
  const home = (list: string, name: string): ConfigFile | undefined =>
    files.find((file) => objects(file.config, list).some((each) => text(each, 'name') === name)) ?? files[0];
  const current = files.find((file) => text(file.config, 'current-context') !== '') ?? files[0];
  for (const file of files) {
    const own: JsonObject = { ...empty, ...file.config };
    for (const list of lists) {
      const isHere = (entry: JsonObject): boolean => home(list, text(entry, 'name')) === file;
      const shadowed = objects(file.config, list).filter((each) => !isHere(each));
      const entries = [...objects(config, list).filter(isHere), ...shadowed];
      own[list] = entries.length === 0 ? null : entries;
    }
    if (file === current) own['current-context'] = text(config, 'current-context');
    await context.fs.writeFile(resolvePath(context, file.path), toYaml(own));
  }
}

export function named(config: JsonObject, listName: string, name: string, field: string): JsonObject | undefined {
  const found = objects(config, listName).find((entry) => text(entry, 'name') === name);
  const value = found?.[field];
  return isObject(value) ? value : undefined;
}

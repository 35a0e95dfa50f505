/**
 * `kubectl label` and `kubectl annotate`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/label/label.go, annotate/annotate.go
 */
import { createMergePatch } from '../../sim/api/patch.ts';
import { dryRunOf, patchObject, resultPrinter, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, throwAll } from './errors.ts';
import { record, text, withField } from './fields.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';

interface Edit {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

interface Outcome {
  readonly object: JsonObject;
  readonly added: number;
  readonly removed: number;
}

export async function label(session: Session): Promise<undefined> {
  return run(session, 'labels', parseEdit(session, 'label'), (outcome) => {
    if (outcome.added > 0 && outcome.removed > 0) return 'modified';
    if (outcome.added > 0) return 'labeled';
    return outcome.removed > 0 ? 'unlabeled' : 'not labeled';
  });
}

export async function annotate(session: Session): Promise<undefined> {
  return run(session, 'annotations', parseEdit(session, 'annotation'), () => 'annotated');
}

/** Splits the arguments into what names objects and what changes them. */
function parseEdit(session: Session, word: 'label' | 'annotation'): { edit: Edit; resources: string[] } {
  const isPair = (arg: string): boolean => arg.includes('=') || arg.endsWith('-');
  const resources: string[] = [];
  const set = new Map<string, string>();
  const remove: string[] = [];
  let pairs = 0;
  for (const arg of session.flags.args) {
    if (!isPair(arg) || (pairs === 0 && arg.includes('/') && !arg.includes('=') && !arg.endsWith('-'))) {
      if (pairs > 0) throw new KubectlError(`all resources must be specified before ${word} changes: ${arg}`);
      resources.push(arg);
      continue;
    }
    pairs++;
    if (!arg.includes('=')) {
      remove.push(arg.slice(0, -1));
      continue;
    }
    const key = arg.slice(0, arg.indexOf('='));
    const value = arg.slice(arg.indexOf('=') + 1);
    if (word === 'label' && value.includes('=')) throw new KubectlError(`invalid label spec: ${arg}`);
    if (word === 'label' && !/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) {
      throw new KubectlError(`invalid label value: ${JSON.stringify(arg)}: ${labelRule}`);
    }
    set.set(key, value);
  }
  for (const key of remove) {
    if (set.has(key))
      throw new KubectlError(
        `can not both modify and remove a${word === 'label' ? '' : 'n'} ${word} in the same command`,
      );
  }
  if (resources.length === 0 && session.flags.list('filename').length === 0) {
    throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  }
  if (set.size === 0 && remove.length === 0 && !session.flags.is('list'))
    throw new KubectlError(`at least one ${word} update is required`);
  return { edit: { set, remove }, resources };
}

const labelRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

async function run(
  session: Session,
  field: 'labels' | 'annotations',
  { edit, resources }: { edit: Edit; resources: string[] },
  operation: (outcome: Outcome) => string,
): Promise<undefined> {
  const { flags } = session;
  const local = flags.is('local');
  const print = await resultPrinter(session);
  const { infos, errors, single } = await select(session, { ...queryOf(session, resources), latest: !local });
  const failures = [...errors];
  if (!single && flags.text('resource-version') !== '') {
    throw new KubectlError('--resource-version may only be used with a single resource');
  }
  for (const info of infos) {
    await collect(failures, async () => {
      if (flags.is('list')) {
        listing(session, info, field, single);
        return;
      }
      const outcome = edited(session, info, field, edit);
      const changed = outcome.added + outcome.removed > 0;
      const result =
        changed && !local && dryRunOf(session) !== 'client'
          ? await send(session, info, outcome.object)
          : outcome.object;
      print(result, operation(outcome), info.resource);
    });
  }
  throwAll(failures);
  return undefined;
}

function listing(session: Session, info: Info, field: string, single: boolean): void {
  const { kind, group } = info.resource;
  if (!single) session.out(`Listing ${field} for ${kind}.${group}/${info.name}:\n`);
  for (const [key, value] of Object.entries(record(info.object, 'metadata', field))) {
    session.out(`${single ? '' : ' '}${key}=${String(value)}\n`);
  }
}

function edited(session: Session, info: Info, field: 'labels' | 'annotations', edit: Edit): Outcome {
  const current = record(info.object, 'metadata', field);
  if (field === 'labels') {
    for (const key of edit.remove) if (!(key in current)) session.out(`label "${key}" not found.\n`);
  }
  if (!session.flags.is('overwrite')) {
    const clashes = [...edit.set].filter(([key, value]) => key in current && current[key] !== value);
    const said = clashes.map(([key]) => `'${key}' already has a value (${text(current, key)})`);
    if (clashes.length > 0 && field === 'labels') {
      throwAll(said.map((each) => new KubectlError(`${each}, and --overwrite is false`)));
    }
    if (clashes.length > 0) {
      throw new KubectlError(`--overwrite is false but found the following declared annotation(s): ${said.join('; ')}`);
    }
  }
  const next: JsonObject = { ...current };
  let added = 0;
  let removed = 0;
  for (const [key, value] of edit.set) {
    if (next[key] !== value) added++;
    next[key] = value;
  }
  for (const key of edit.remove) {
    if (key in next) removed++;
    delete next[key];
  }
  const version = session.flags.text('resource-version');
  const object = withField(info.object, ['metadata', field], next);
  return {
    object: version === '' ? object : withField(object, ['metadata', 'resourceVersion'], version),
    added,
    removed,
  };
}

async function send(session: Session, info: Info, object: JsonObject): Promise<JsonObject> {
  const before =
    session.flags.text('resource-version') === ''
      ? info.object
      : withField(info.object, ['metadata', 'resourceVersion'], undefined);
  const body = createMergePatch(before, object);
  return patchObject(session, info.resource, info, { kind: 'merge', body, query: writeQuery(session) });
}

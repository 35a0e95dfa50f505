/**
 * `kubectl taint nodes`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/taint
 */
import { dryRunOf, patchObject, resultPrinter, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, throwAll, usageError } from './errors.ts';
import { objects, text, withField } from './fields.ts';
import { collect, select } from './resources.ts';
import type { Session } from './session.ts';
import { twoWayPatch } from './strategic.ts';

interface Wanted {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

export async function taint(session: Session): Promise<undefined> {
  const { flags } = session;
  const isTaint = (arg: string): boolean => arg.includes('=') || arg.includes(':') || arg.endsWith('-');
  const resources: string[] = [];
  const specs: string[] = [];
  for (const arg of flags.args) {
    if (isTaint(arg)) specs.push(arg);
    else if (specs.length > 0) throw new KubectlError(`all resources must be specified before taint changes: ${arg}`);
    else resources.push(arg);
  }
  const [type, ...names] = resources;
  if (type === undefined) throw new KubectlError('one or more resources must be specified as <resource> <name>');
  if (specs.length === 0) throw new KubectlError('at least one taint update is required');
  const { add, remove } = parseAll(session, specs);
  const resource = await session.mapping(type);
  if (resource.kind !== 'Node') throw new KubectlError(`invalid resource type ${type}, only node types are supported`);
  const clashing = add.flatMap((each) =>
    remove.filter((other) => other.key === each.key && (other.effect === '' || other.effect === each.effect)),
  );
  if (clashing.length > 0) {
    const said = clashing.map((each) => `${each.key}=${each.effect}`).join(', ');
    throw new KubectlError(`can not both modify and remove the following taint(s) in the same command: ${said}`);
  }
  const all = flags.is('all');
  const selector = flags.text('selector');
  if (all && selector !== '') throw new KubectlError("setting 'all' parameter with a non empty selector is prohibited");
  if (!all && selector === '' && names.length === 0) {
    throw new KubectlError("at least one resource name must be specified since 'all' parameter is not set");
  }
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, {
    args: ['nodes', ...(all || selector !== '' ? [] : names)],
    all,
    ...(selector === '' ? {} : { selector }),
  });
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      const { operation, taints } = reorganize(info.object, add, remove, flags.is('overwrite'));
      const after = withField(info.object, ['spec', 'taints'], taints.length === 0 ? undefined : taints);
      const { kind, body } = twoWayPatch(info.resource, info.object, after);
      const patched =
        dryRunOf(session) === 'client'
          ? after
          : await patchObject(session, info.resource, info, {
              kind,
              body,
              query: writeQuery(session, { validate: true }),
            });
      print(patched, operation, info.resource);
    });
  }
  throwAll(failures);
  return undefined;
}

function parseAll(session: Session, specs: readonly string[]): { add: Wanted[]; remove: Wanted[] } {
  const add: Wanted[] = [];
  const remove: Wanted[] = [];
  const wrong = (message: string): KubectlError => usageError(session.command, message);
  for (const spec of specs) {
    if (spec.endsWith('-')) {
      remove.push(parseOne(spec.slice(0, -1), wrong));
      continue;
    }
    const wanted = parseOne(spec, wrong);
    if (wanted.effect === '') throw wrong(`invalid taint spec: ${spec}`);
    if (add.some((each) => each.key === wanted.key && each.effect === wanted.effect)) {
      throw wrong(
        `duplicated taints with the same key and effect: {${wanted.key} ${wanted.value} ${wanted.effect} <nil>}`,
      );
    }
    add.push(wanted);
  }
  return { add, remove };
}

function parseOne(spec: string, wrong: (message: string) => KubectlError): Wanted {
  const [left = '', effect, more] = spec.split(':');
  if (more !== undefined) throw wrong(`invalid taint spec: ${spec}`);
  if (effect === undefined) return { key: checkedKey(spec, spec, wrong), value: '', effect: '' };
  if (!['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)) {
    throw wrong(`invalid taint effect: ${effect}, unsupported taint effect`);
  }
  const [key = '', value = '', extra] = left.split('=');
  if (extra !== undefined) throw wrong(`invalid taint spec: ${spec}`);
  if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) {
    throw wrong(
      `invalid taint spec: ${spec}, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  }
  return { key: checkedKey(key, spec, wrong), value, effect };
}

function checkedKey(key: string, spec: string, wrong: (message: string) => KubectlError): string {
  const name = key.split('/').at(-1) ?? '';
  if (/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)) return key;
  throw wrong(
    `invalid taint spec: ${spec}, name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function reorganize(
  node: JsonObject,
  add: readonly Wanted[],
  remove: readonly Wanted[],
  overwrite: boolean,
): { operation: string; taints: JsonObject[] } {
  const existing = objects(node, 'spec', 'taints');
  const same = (taintObject: JsonObject, wanted: Wanted): boolean =>
    text(taintObject, 'key') === wanted.key && (wanted.effect === '' || text(taintObject, 'effect') === wanted.effect);
  const clashes = add.filter((wanted) => existing.some((each) => same(each, wanted))).map((wanted) => wanted.key);
  if (!overwrite && clashes.length > 0) {
    throw new KubectlError(
      `node ${text(node, 'metadata', 'name')} already has ${clashes.join(',')} taint(s) with same effect(s) and --overwrite is false`,
    );
  }
  const fresh: JsonObject[] = add.map(({ key, value, effect }) => ({
    effect,
    key,
    ...(value === '' ? {} : { value }),
  }));
  const together = [...fresh, ...existing.filter((each) => !add.some((wanted) => same(each, wanted)))];
  let taints = together;
  for (const wanted of remove) {
    const left = taints.filter((each) => !same(each, wanted));
    if (left.length === taints.length) throw notFound(wanted);
    taints = left;
  }
  const added = together.length !== existing.length;
  const operation = (added && remove.length > 0) || overwrite ? 'modified' : added ? 'tainted' : 'untainted';
  return { operation, taints };
}

function notFound(wanted: Wanted): KubectlError {
  return new KubectlError(
    wanted.effect === '' ? `taint "${wanted.key}" not found` : `taint "${wanted.key}:${wanted.effect}" not found`,
  );
}

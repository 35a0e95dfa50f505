/**
 * `kubectl set image|resources|selector|serviceaccount|subject`; env has a file of its own.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/set
 */
import { compareQuantities } from '../../sim/api/quantity.ts';
import { dryRunOf, patchObject, resultPrinter, withCause, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { equalities, resourceList } from './create-generators.ts';
import { serviceAccount } from './create-rbac.ts';
import { KubectlError, throwAll } from './errors.ts';
import { at, objects, record, sameValue, text, withField } from './fields.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { twoWayPatch } from './strategic.ts';
import { withEmptyStructures } from './typed-fields.ts';

/** Changes each object and sends what differs; objects that stay the same are passed over in silence. */
export async function changeEach(
  session: Session,
  args: readonly string[],
  operation: string,
  change: (info: Info) => JsonObject | Promise<JsonObject>,
  failure: string,
): Promise<undefined> {
  const { flags } = session;
  const local = flags.is('local');
  const print = await resultPrinter(session);
  const query = queryOf(session, args);
  const { infos, errors } = await select(session, {
    ...query,
    latest: !local,
    ...(flags.is('all') ? { bareTypes: true } : {}),
  });
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      const changed = await change(info);
      if (sameValue(changed, info.object)) return;
      const after = withCause(session, changed);
      if (local || dryRunOf(session) === 'client') {
        print(local ? withEmptyStructures(after) : after, operation, info.resource);
        return;
      }
      const { kind, body } = twoWayPatch(info.resource, info.object, after);
      try {
        print(
          await patchObject(session, info.resource, info, { kind, body, query: writeQuery(session) }),
          operation,
          info.resource,
        );
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        throw new KubectlError(`${failure}${error.message}`);
      }
    });
  }
  throwAll(failures);
  return undefined;
}

/** Where an object keeps its pod spec. */
export function podSpecPath(object: JsonObject): readonly string[] {
  switch (text(object, 'kind')) {
    case 'Pod':
      return ['spec'];
    case 'CronJob':
      return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
    default:
      if (at(object, 'spec', 'template', 'spec') !== undefined) return ['spec', 'template', 'spec'];
      throw new KubectlError(`the object is not a pod or does not have a pod template: ${text(object, 'kind')}`);
  }
}

/** Splits `deploy/web nginx=nginx:1.28` into what names objects and the pairs. */
function splitPairs(args: readonly string[], pair: string): { resources: string[]; pairs: string[] } {
  const resources: string[] = [];
  const pairs: string[] = [];
  for (const arg of args) {
    if (arg.includes('=')) pairs.push(arg);
    else if (pairs.length > 0) throw new KubectlError(`all resources must be specified before ${pair} changes: ${arg}`);
    else resources.push(arg);
  }
  return { resources, pairs };
}

/** The container, or every container for `*`; wildcards as in file names. */
export function matchesContainer(pattern: string, name: string): boolean {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name);
}

export async function setImage(session: Session): Promise<undefined> {
  const { resources, pairs } = splitPairs(session.flags.args, 'image');
  const images = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  if (resources.length > 0 || session.flags.list('filename').length > 0) {
    if (images.size === 0) {
      const { errors } = await select(session, { ...queryOf(session, resources), latest: true });
      throwAll(errors);
      throw new KubectlError('at least one image update is required');
    }
    if (images.size > 1 && images.has('*')) {
      throw new KubectlError(
        'all containers are already specified by *, but saw more than one container_name=container_image pairs',
      );
    }
  }
  const change = ({ object }: Info): JsonObject => {
    const path = podSpecPath(object);
    let after = object;
    for (const [name, image] of images) {
      let found = false;
      for (const list of ['containers', 'initContainers']) {
        const containers = objects(at(after, ...path), list).map((container) => {
          if (name !== '*' && text(container, 'name') !== name) return container;
          found = true;
          return { ...container, image };
        });
        if (containers.length > 0) after = withField(after, [...path, list], containers);
      }
      if (!found) throw new KubectlError(`unable to find container named "${name}"`);
    }
    return after;
  };
  return changeEach(session, resources, 'image updated', change, 'failed to patch image update to pod template: ');
}

export async function setResources(session: Session): Promise<undefined> {
  const { flags } = session;
  const limits = resourceList(flags.text('limits'));
  const requests = resourceList(flags.text('requests'));
  if (limits === undefined && requests === undefined) {
    throw new KubectlError('you must specify an update to requests or limits (in the form of --requests/--limits)');
  }
  for (const [, quantity] of [...Object.entries(limits ?? {}), ...Object.entries(requests ?? {})])
    checkQuantity(quantity);
  const change = ({ object }: Info): JsonObject => {
    const path = podSpecPath(object);
    let after = object;
    let found = false;
    for (const list of ['containers', 'initContainers']) {
      const containers = objects(at(after, ...path), list).map((container) => {
        if (!matchesContainer(flags.text('containers'), text(container, 'name'))) return container;
        found = true;
        const resources = { ...record(container, 'resources') };
        if (limits !== undefined) resources['limits'] = { ...record(resources, 'limits'), ...limits };
        if (requests !== undefined) resources['requests'] = { ...record(resources, 'requests'), ...requests };
        return { ...container, resources };
      });
      if (containers.length > 0) after = withField(after, [...path, list], containers);
    }
    if (!found) throw new KubectlError(`unable to find container named ${flags.text('containers')}`);
    return after;
  };
  return changeEach(
    session,
    flags.args,
    'resource requirements updated',
    change,
    'failed to patch resources update to pod template ',
  );
}

function checkQuantity(quantity: string): void {
  try {
    compareQuantities(quantity, '0');
  } catch {
    throw new KubectlError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
}

export async function setServiceAccount(session: Session): Promise<undefined> {
  const { args } = session.flags;
  const name = args.at(-1);
  if (name === undefined) throw new KubectlError('serviceaccount is required');
  const change = ({ object }: Info): JsonObject => {
    const path = podSpecPath(object);
    const named = withField(object, [...path, 'serviceAccountName'], name);
    return text(at(object, ...path), 'serviceAccount') === ''
      ? named
      : withField(named, [...path, 'serviceAccount'], name);
  };
  return changeEach(
    session,
    args.slice(0, -1),
    'serviceaccount updated',
    change,
    'failed to patch ServiceAccountName ',
  );
}

export async function setSelector(session: Session): Promise<undefined> {
  const { resources, pairs } = splitPairs(session.flags.args, 'selector');
  if (pairs.length === 0) throw new KubectlError('at least one selector is required');
  const selector = equalities(pairs.join(','));
  const change = ({ object, resource }: Info): JsonObject => {
    if (resource.kind !== 'Service') throw new KubectlError(`setting a selector is only supported for Services`);
    return withField(object, ['spec', 'selector'], selector);
  };
  return changeEach(session, resources, 'selector updated', change, '');
}

export async function setSubject(session: Session): Promise<undefined> {
  const { flags } = session;
  const group = 'rbac.authorization.k8s.io';
  const wanted: JsonObject[] = [
    ...flags.list('user').map((name) => ({ apiGroup: group, kind: 'User', name })),
    ...flags.list('group').map((name) => ({ apiGroup: group, kind: 'Group', name })),
    ...flags.list('serviceaccount').map(serviceAccount),
  ];
  if (wanted.length === 0)
    throw new KubectlError('you must specify at least one value of user, group or serviceaccount');
  const change = ({ object }: Info): JsonObject => {
    const existing = objects(object, 'subjects');
    const added = wanted.filter((each) => !existing.some((other) => sameSubject(each, other)));
    return added.length === 0 ? object : { ...object, subjects: [...existing, ...added] };
  };
  return changeEach(session, flags.args, 'subjects updated', change, 'failed to patch subjects to rolebinding: ');
}

function sameSubject(a: JsonObject, b: JsonObject): boolean {
  return ['kind', 'name', 'namespace'].every((field) => text(a, field) === text(b, field));
}

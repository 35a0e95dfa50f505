/**
 * `kubectl apply`: client-side with the last-applied annotation and a three-way merge, or on the server.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/apply
 */
import {
  appliedText,
  dryRunOf,
  lastApplied,
  patchObject,
  type ResultPrinter,
  resultPrinter,
  withCause,
  withLastApplied,
  withoutLastApplied,
  writeQuery,
} from './changes.ts';
import type { JsonObject } from './client.ts';
import { requestDeletion } from './delete.ts';
import { pathOf, qualifiedName } from './discovery.ts';
import { KubectlError, notSimulated, RawExit, StatusError, throwAll, usageError, withSource } from './errors.ts';
import { at, isObject, record, text, withField } from './fields.ts';
import { toJson } from './json.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { applyLocally, threeWayPatch } from './strategic.ts';
import { deadlineAfter, waitDeleted } from './waiting.ts';
import { toYaml } from './yaml.ts';

export async function apply(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length > 0) throw usageError(session.command, `Unexpected args: [${flags.args.join(' ')}]`);
  if (flags.text('kustomize') !== '') throw notSimulated('apply -k');
  if (flags.is('prune')) throw notSimulated('apply --prune');
  if (flags.list('filename').length === 0) throw new KubectlError('must specify one of -f and -k');
  const serverSide = flags.is('server-side');
  if (flags.is('force-conflicts') && !serverSide)
    throw new KubectlError('--force-conflicts only works with --server-side');
  if (serverSide && flags.is('force')) throw new KubectlError('--force cannot be used with --server-side');
  if (serverSide && dryRunOf(session) === 'client') {
    throw new KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  }
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, queryOf(session, []));
  const failures = [...errors];
  if (infos.length === 0 && failures.length === 0) throw new KubectlError('no objects passed to apply');
  for (const info of infos) {
    await collect(failures, () => (serverSide ? applyOnServer(session, info, print) : applyHere(session, info, print)));
  }
  throwAll(failures);
  return undefined;
}

const conflictAdvice = `
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

async function applyOnServer(session: Session, info: Info, print: ResultPrinter): Promise<void> {
  const manager = session.flags.changed('field-manager') ? session.flags.text('field-manager') : 'kubectl';
  const query = {
    ...writeQuery(session, { validate: true }),
    fieldManager: manager,
    force: session.flags.is('force-conflicts') ? 'true' : 'false',
  };
  try {
    const subresource = session.flags.text('subresource');
    const applied = await patchObject(session, info.resource, info, {
      kind: 'apply',
      body: info.object,
      query,
      subresource,
    });
    print(applied, 'serverside-applied', info.resource);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'Conflict')
      throw new KubectlError(error.message + conflictAdvice);
    throw error;
  }
}

async function applyHere(session: Session, info: Info, print: ResultPrinter): Promise<void> {
  if (info.name === '') {
    const generated = text(info.object, 'metadata', 'generateName');
    if (generated !== '') throw new KubectlError(`from ${generated}: cannot use generate name with apply`);
    throw new KubectlError(
      `error when retrieving current configuration of:\n${describeInfo(info)}\nfrom server for: "${info.source}": resource name may not be empty`,
    );
  }
  const live = await liveObject(session, info);
  if (live === undefined) {
    await createApplied(session, info, print);
    return;
  }
  if (at(live, 'metadata', 'annotations', lastApplied) === undefined) {
    session.err(
      `Warning: resource ${qualifiedName(info.resource)}/${info.name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  const changed = await patchApplied(session, info, live);
  if (at(live, 'metadata', 'deletionTimestamp') !== undefined) {
    session.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`);
  }
  print(changed ?? live, changed === undefined ? 'unchanged' : 'configured', info.resource);
}

async function liveObject(session: Session, info: Info): Promise<JsonObject | undefined> {
  try {
    return await session.get(info.resource, info.namespace, info.name);
  } catch (error) {
    if (error instanceof StatusError && error.isNotFound) return undefined;
    throw withSource(
      error,
      `retrieving current configuration of:\n${describeInfo(info)}\nfrom server for:`,
      info.source,
    );
  }
}

function describeInfo(info: Info): string {
  const { group, version, name, kind } = info.resource;
  const prefix = group === '' ? `/${version}` : `${group}/${version}`;
  return `Resource: "${prefix}, Resource=${name}", GroupVersionKind: "${prefix}, Kind=${kind}"\nName: "${info.name}", Namespace: "${info.namespace}"`;
}

async function createApplied(session: Session, info: Info, print: ResultPrinter): Promise<void> {
  const object = withoutNulls(withLastApplied(withCause(session, info.object)));
  if (dryRunOf(session) === 'client') {
    print(object, 'created', info.resource);
    return;
  }
  try {
    const path = pathOf(info.resource, info.namespace);
    print(
      await session.object({ method: 'POST', path, query: writeQuery(session, { validate: true }), body: object }),
      'created',
      info.resource,
    );
  } catch (error) {
    throw withSource(error, 'creating', info.source);
  }
}

/** Nulls in a manifest mean "not set". */
function withoutNulls(object: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === null) continue;
    kept[key] = isObject(value)
      ? withoutNulls(value)
      : Array.isArray(value)
        ? value.map((item) => (isObject(item) ? withoutNulls(item) : item))
        : value;
  }
  return kept;
}

/** The patched object, or undefined when nothing changes. A conflict is tried again, as the real one does up to five times. */
async function patchApplied(session: Session, info: Info, first: JsonObject): Promise<JsonObject | undefined> {
  const modified = withLastApplied(withCause(session, info.object));
  let live = first;
  for (let attempt = 1; ; attempt++) {
    const { kind, body } = threeWayPatch(info.resource, originalOf(live), modified, live);
    if (Object.keys(body).length === 0) return undefined;
    if (dryRunOf(session) === 'client') return applyLocally(info.resource, live, kind, body);
    try {
      return await patchObject(session, info.resource, info, {
        kind,
        body,
        query: writeQuery(session, { validate: true }),
      });
    } catch (error) {
      const retriable = error instanceof StatusError && error.reason === 'Conflict' && attempt <= 5;
      if (!retriable) {
        if (
          session.flags.is('force') &&
          error instanceof StatusError &&
          ['Conflict', 'Invalid'].includes(error.reason)
        ) {
          return replaceByForce(session, info, modified);
        }
        throw patchError(error, info, body);
      }
      live = (await liveObject(session, info)) ?? live;
    }
  }
}

function patchError(error: unknown, info: Info, patch: JsonObject): unknown {
  if (!(error instanceof StatusError) || error.reason === 'Invalid') return error;
  const written = JSON.stringify(patch);
  return withSource(
    error,
    `applying patch:\n${written}\nto:\n${describeInfo(info)}\nfor: "${info.source}": error when patching`,
    info.source,
  );
}

async function replaceByForce(session: Session, info: Info, modified: JsonObject): Promise<JsonObject> {
  const options = {
    gracePeriod: session.flags.number('grace-period'),
    force: true,
    cascade: 'Background',
    dryRun: dryRunOf(session),
  };
  const uid = await requestDeletion(session, info, options);
  await waitDeleted(session, { ...info, deadlineMs: deadlineAfter(session, session.flags.durationMs('timeout')) }, uid);
  return session.object({
    method: 'POST',
    path: pathOf(info.resource, info.namespace),
    query: writeQuery(session),
    body: modified,
  });
}

/** What the manifest was when it was applied last. */
function originalOf(live: JsonObject): JsonObject {
  const written = text(live, 'metadata', 'annotations', lastApplied);
  if (written === '') return {};
  try {
    const parsed: unknown = JSON.parse(written);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** `kubectl apply view-last-applied`. */
export async function viewLastApplied(session: Session): Promise<undefined> {
  const output = session.flags.text('output') || 'yaml';
  if (output !== 'yaml' && output !== 'json') {
    throw usageError(
      session.command,
      `Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`,
    );
  }
  const { infos, errors } = await select(session, {
    ...queryOf(session, session.flags.args),
    bareTypes: true,
    latest: true,
  });
  throwAll(errors);
  for (const info of infos) {
    const original = originalOf(info.object);
    if (Object.keys(original).length === 0)
      throw new KubectlError(`no last-applied-configuration annotation found on resource: ${info.name}`);
    session.out(output === 'json' ? toJson(original) : toYaml(original));
  }
  return undefined;
}

/** `kubectl apply set-last-applied`. */
export async function setLastApplied(session: Session): Promise<undefined> {
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, queryOf(session, []));
  throwAll(errors);
  for (const info of infos) {
    const live = await session.get(info.resource, info.namespace, info.name);
    if (text(live, 'metadata', 'annotations', lastApplied) === '' && !session.flags.is('create-annotation')) {
      throw new KubectlError(
        `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
      );
    }
    const body = { metadata: { annotations: { [lastApplied]: appliedText(info.object) } } };
    const patched =
      dryRunOf(session) === 'client'
        ? withField(withoutLastApplied(live), ['metadata', 'annotations'], {
            ...record(live, 'metadata', 'annotations'),
            ...body.metadata.annotations,
          })
        : await patchObject(session, info.resource, info, { kind: 'merge', body, query: writeQuery(session) });
    print(patched, 'configured', info.resource);
  }
  if (infos.length === 0) throw new RawExit('error: no objects passed to set-last-applied');
  return undefined;
}

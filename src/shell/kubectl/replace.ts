/**
 * `kubectl replace` and `kubectl edit`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/replace/replace.go, util/editor/editoptions.go
 */
import { dryRunOf, patchObject, resultPrinter, withLastApplied, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { requestDeletion } from './delete.ts';
import { pathOf, qualifiedName } from './discovery.ts';
import { KubectlError, lineFor, StatusError, throwAll, usageError, withSource } from './errors.ts';
import { isObject, nameOf, sameValue, text } from './fields.ts';
import { toJson } from './json.ts';
import { withoutManagedFields } from './printers.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { twoWayPatch } from './strategic.ts';
import { deadlineAfter, waitDeleted } from './waiting.ts';
import { toYaml } from './yaml.ts';
import { parseYaml } from './yaml-values.ts';

export async function replace(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length > 0) throw usageError(session.command, `Unexpected args: [${flags.args.join(' ')}]`);
  if (flags.list('filename').length === 0) throw new KubectlError('must specify one of -f and -k');
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, queryOf(session, []));
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      const object = flags.is('save-config') ? withLastApplied(info.object) : info.object;
      if (dryRunOf(session) === 'client') print(object, 'replaced', info.resource);
      else if (flags.is('force')) print(await byForce(session, info, object), 'replaced', info.resource);
      else print(await put(session, info, object), 'replaced', info.resource);
    });
  }
  throwAll(failures);
  if (infos.length === 0) throw new KubectlError('no objects passed to replace');
  return undefined;
}

async function put(session: Session, info: Info, object: JsonObject): Promise<JsonObject> {
  try {
    return await session.object({
      method: 'PUT',
      path: pathOf(info.resource, info.namespace, info.name, session.flags.text('subresource')),
      query: writeQuery(session, { validate: true }),
      body: object,
    });
  } catch (error) {
    throw withSource(error, 'replacing', info.source);
  }
}

/** --force deletes first and creates again. */
async function byForce(session: Session, info: Info, object: JsonObject): Promise<JsonObject> {
  const grace = session.flags.number('grace-period');
  const options = { gracePeriod: Math.max(grace, 0), force: true, cascade: 'Background', dryRun: dryRunOf(session) };
  try {
    const uid = await requestDeletion(session, info, options);
    const place = info.namespace === '' ? '' : ` from ${info.namespace} namespace`;
    session.out(
      `${info.resource.kind.toLowerCase()}${info.resource.group === '' ? '' : `.${info.resource.group}`} "${info.name}" deleted${place}\n`,
    );
    await waitDeleted(
      session,
      { ...info, deadlineMs: deadlineAfter(session, session.flags.durationMs('timeout')) },
      uid,
    );
  } catch (error) {
    if (!(error instanceof StatusError) || !error.isNotFound) throw error;
  }
  return session.object({
    method: 'POST',
    path: pathOf(info.resource, info.namespace),
    query: writeQuery(session, { validate: true }),
    body: object,
  });
}

const editHeader = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export async function edit(session: Session): Promise<undefined> {
  const { flags } = session;
  const { infos, errors } = await select(session, {
    ...queryOf(session, flags.args),
    latest: true,
    subresource: flags.text('subresource'),
  });
  throwAll(errors);
  const print = await resultPrinter(session);
  for (const info of infos) await editOne(session, info, print);
  return undefined;
}

async function editOne(session: Session, info: Info, print: Awaited<ReturnType<typeof resultPrinter>>): Promise<void> {
  const json = session.flags.text('output') === 'json';
  const shown = session.flags.is('show-managed-fields') ? info.object : withoutManagedFields(info.object);
  let written = json ? toJson(shown) : editHeader + toYaml(shown);
  const path = `/tmp/kubectl-edit-${info.name}.${json ? 'json' : 'yaml'}`;
  for (let attempt = 1; ; attempt++) {
    const saved = (await session.context.edit?.(written, path)) ?? written;
    const lines = saved.split('\n').filter((line) => !line.startsWith('#'));
    if (lines.join('').trim() === '') {
      session.err('Edit cancelled, saved file was empty.\n');
      return;
    }
    const after = parseEdited(lines.join('\n'));
    if (after !== undefined && sameValue(after, shown)) {
      session.err('Edit cancelled, no changes made.\n');
      return;
    }
    const problem =
      after === undefined
        ? new KubectlError('the edited file is not valid YAML')
        : await send(session, info, shown, after, print);
    if (problem === undefined) return;
    if (attempt > 1 && saved === written) {
      await session.context.fs.writeFile(path, saved);
      session.err(`error: Edit cancelled, no valid changes were saved.\n`);
      session.err(`A copy of your changes has been stored to "${path}"\n`);
      throw new KubectlError('Edit cancelled, no valid changes were saved.');
    }
    session.err(
      `error: ${qualifiedName(info.resource)} "${info.name}" could not be patched: ${problem.message}\nYou can run \`kubectl replace -f ${path}\` to try this update again.\n`,
    );
    written = `${editHeader}# ${qualifiedName(info.resource)} "${info.name}" was not valid:\n# * ${lineFor(problem)}\n#\n${lines.join('\n')}`;
  }
}

function parseEdited(content: string): JsonObject | undefined {
  try {
    const parsed = parseYaml(content);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

async function send(
  session: Session,
  info: Info,
  before: JsonObject,
  after: JsonObject,
  print: Awaited<ReturnType<typeof resultPrinter>>,
): Promise<KubectlError | undefined> {
  if (nameOf(after) !== info.name || text(after, 'kind') !== text(before, 'kind')) {
    return new KubectlError('At least one of apiVersion, kind and name was changed');
  }
  const { kind, body } = twoWayPatch(info.resource, before, after);
  try {
    const subresource = session.flags.text('subresource');
    const patched = await patchObject(session, info.resource, info, {
      kind,
      body,
      query: writeQuery(session, { validate: true }),
      subresource,
    });
    print(patched, 'edited', info.resource);
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

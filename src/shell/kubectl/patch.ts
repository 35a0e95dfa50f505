/**
 * `kubectl patch`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/patch/patch.go
 */
import { dryRunOf, type PatchKind, patchObject, recordCause, resultPrinter, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, StatusError, throwAll } from './errors.ts';
import { sameValue } from './fields.ts';
import { jsonComplaint } from './go-json.ts';
import { resolvePath } from './paths.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { applyLocally } from './strategic.ts';
import { YamlComplaint } from './yaml-cursor.ts';
import { parseYaml } from './yaml-values.ts';

export async function patch(session: Session): Promise<undefined> {
  const { flags } = session;
  const inline = flags.text('patch');
  const file = flags.text('patch-file');
  if (inline !== '' && file !== '') throw new KubectlError('cannot specify --patch and --patch-file together');
  if (inline === '' && file === '')
    throw new KubectlError('must specify --patch or --patch-file containing the contents of the patch');
  const type = flags.text('type').toLowerCase();
  if (type !== 'json' && type !== 'merge' && type !== 'strategic') {
    throw new KubectlError(`--type must be one of [json merge strategic], not "${flags.text('type')}"`);
  }
  const written = file === '' ? inline : await readPatch(session, file);
  const body = parsePatch(written);
  const local = flags.is('local');
  const client = local || dryRunOf(session) === 'client';
  const print = await resultPrinter(session);
  const subresource = flags.text('subresource');
  const { infos, errors } = await select(session, { ...queryOf(session, flags.args), subresource });
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      if (body === undefined) throw client ? badLocalPatch(type, written) : badPatch(written);
      const patched = client
        ? applyLocally(info.resource, info.object, type, body)
        : await send(session, info, type, body, subresource);
      if (!client) await recordCause(session, info.resource, info);
      print(patched, sameValue(patched, info.object) ? 'patched (no change)' : 'patched', info.resource);
    });
  }
  throwAll(failures);
  if (infos.length === 0) throw new KubectlError('no objects passed to patch');
  return undefined;
}

async function send(
  session: Session,
  info: Info,
  kind: PatchKind,
  body: unknown,
  subresource: string,
): Promise<JsonObject> {
  try {
    return await patchObject(session, info.resource, info, { kind, body, query: writeQuery(session), subresource });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'UnsupportedMediaType') throw error;
    const { group, version, kind: name } = info.resource;
    throw new KubectlError(
      `application/${kind}-merge-patch+json is not supported by ${group}/${version}, Kind=${name}: ${error.message}`,
    );
  }
}

async function readPatch(session: Session, file: string): Promise<string> {
  const path = resolvePath(session.context, file);
  if (!(await session.context.fs.exists(path))) {
    throw new KubectlError(`unable to read patch file: open ${file}: no such file or directory`);
  }
  return session.context.fs.readFile(path);
}

/** JSON goes to the server as it is, so what is wrong with it is the server's complaint; undefined for such a patch. */
function parsePatch(written: string): unknown {
  const isJson = written.trimStart().startsWith('{');
  try {
    return isJson ? JSON.parse(written) : parseYaml(written);
  } catch (error) {
    if (error instanceof YamlComplaint)
      throw new KubectlError(`unable to parse ${JSON.stringify(written)}: yaml: ${error.message}`);
    return undefined;
  }
}

function badPatch(written: string): StatusError {
  const message = `error decoding patch: ${jsonComplaint(written)?.message ?? 'invalid character after top-level value'}`;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'BadRequest',
    message,
    code: 400,
  });
}

function badLocalPatch(kind: PatchKind, written: string): KubectlError {
  if (kind === 'json') return new KubectlError(jsonComplaint(written)?.message ?? '');
  return new KubectlError(kind === 'merge' ? 'Invalid JSON Patch' : 'invalid JSON document');
}

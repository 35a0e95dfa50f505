/**
 * `kubectl diff`: what `apply` would change, as `diff -u -N` shows it.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/diff/diff.go
 */
import { lastApplied, patchObject, withLastApplied } from './changes.ts';
import type { JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { KubectlError, StatusError, throwAll } from './errors.ts';
import { isObject, text } from './fields.ts';
import { withoutManagedFields } from './printers.ts';
import { type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { threeWayPatch } from './strategic.ts';
import { unifiedDiff } from './unified-diff.ts';
import { toYaml } from './yaml.ts';

/** @returns 0 without differences, 1 with; failures exit with more than 1 */
export async function diff(session: Session): Promise<number> {
  try {
    return await run(session);
  } catch (error) {
    if (error instanceof KubectlError && error.exitCode === 1) Object.assign(error, { exitCode: 2 });
    throw error;
  }
}

async function run(session: Session): Promise<number> {
  if (session.flags.list('filename').length === 0) throw new KubectlError('must specify one of -f and -k');
  const { infos, errors } = await select(session, queryOf(session, []));
  throwAll(errors);
  let differs = false;
  const [liveDirectory, mergedDirectory] = directories(session.connection.now());
  const time = `\t${new Date(session.connection.now()).toISOString().replace('T', ' ').replace('Z', '000000 +0000')}`;
  for (const info of infos) {
    const live = await liveOf(session, info);
    const merged = await mergedOf(session, info, live);
    const { group, version, kind } = info.resource;
    const name = [group, version, kind, info.namespace, info.name].filter((each) => each !== '').join('.');
    const shown = (object: JsonObject | undefined): string =>
      object === undefined
        ? ''
        : toYaml(session.flags.is('show-managed-fields') ? object : withoutManagedFields(object));
    const [before, after] = [`${liveDirectory}/${name}`, `${mergedDirectory}/${name}`];
    const text = unifiedDiff(`${before}${time}`, `${after}${time}`, shown(live), shown(merged));
    if (text === '') continue;
    differs = true;
    session.out(`diff -u -N ${before} ${after}\n${text}`);
  }
  return differs ? 1 : 0;
}

/** Temporary directories, with numbers that are new each time. */
function directories(nowMs: number): [string, string] {
  const number = (factor: number): number => (nowMs * factor) % 4_294_967_291;
  return [`/tmp/LIVE-${number(7919)}`, `/tmp/MERGED-${number(6133)}`];
}

async function liveOf(session: Session, info: Info): Promise<JsonObject | undefined> {
  try {
    return await session.get(info.resource, info.namespace, info.name);
  } catch (error) {
    if (error instanceof StatusError && error.isNotFound) return undefined;
    throw error;
  }
}

/** The server works out the result, without keeping it. */
async function mergedOf(session: Session, info: Info, live: JsonObject | undefined): Promise<JsonObject> {
  const query = { dryRun: 'All', fieldManager: session.flags.text('field-manager') };
  if (session.flags.is('server-side')) {
    const force = session.flags.is('force-conflicts') ? 'true' : 'false';
    return patchObject(session, info.resource, info, { kind: 'apply', body: info.object, query: { ...query, force } });
  }
  const modified = withLastApplied(info.object);
  if (live === undefined)
    return session.object({ method: 'POST', path: pathOf(info.resource, info.namespace), query, body: modified });
  const { kind, body } = threeWayPatch(info.resource, originalOf(live), modified, live);
  return Object.keys(body).length === 0 ? live : patchObject(session, info.resource, info, { kind, body, query });
}

function originalOf(live: JsonObject): JsonObject {
  try {
    const parsed: unknown = JSON.parse(text(live, 'metadata', 'annotations', lastApplied) || '{}');
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

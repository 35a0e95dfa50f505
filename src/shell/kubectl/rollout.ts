/**
 * `kubectl rollout status|history|undo|restart|pause|resume`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/rollout, pkg/polymorphichelpers
 */
import { formatTime } from '../../sim/api/time.ts';
import { dryRunOf, type PatchKind, patchObject, type ResultPrinter, resultPrinter, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { qualifiedName, type Resource } from './discovery.ts';
import { KubectlError, throwAll } from './errors.ts';
import { at, text } from './fields.ts';
import { outputPrinter, typeAndName } from './printers.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import { historyOf, historyText, rollbackTarget } from './rollout-history.ts';
import { daemonSetStatus, deploymentStatus, type RolloutStatus, statefulSetStatus } from './rollout-status.ts';
import type { Session } from './session.ts';
import { deadlineAfter, waitFor } from './waiting.ts';

async function targets(session: Session, each: (info: Info) => Promise<void>): Promise<void> {
  const { flags } = session;
  if (flags.args.length === 0 && flags.list('filename').length === 0)
    throw new KubectlError('required resource not specified');
  const { infos, errors } = await select(session, { ...queryOf(session, flags.args), bareTypes: true, latest: true });
  const failures = [...errors];
  for (const info of infos) await collect(failures, () => each(info));
  throwAll(failures);
  if (infos.length === 0) session.err(`No resources found in ${session.namespace} namespace.\n`);
}

const statusViewers: Readonly<Record<string, (object: JsonObject, revision: number) => RolloutStatus>> = {
  Deployment: deploymentStatus,
  DaemonSet: daemonSetStatus,
  StatefulSet: statefulSetStatus,
};

export async function rolloutStatus(session: Session): Promise<undefined> {
  const { flags } = session;
  await targets(session, async (info) => {
    const viewer = statusViewers[info.resource.kind];
    if (viewer === undefined)
      throw new KubectlError(`no status viewer has been implemented for ${kindAndGroup(info.resource)}`);
    const deadlineMs = deadlineAfter(session, flags.durationMs('timeout'));
    const result = await waitFor(session, { ...info, deadlineMs }, (object) => {
      if (object === undefined) throw new KubectlError('object has been deleted');
      const status = viewer(object, flags.number('revision'));
      session.out(status.message);
      return status.done || !flags.is('watch') ? 'done' : 'keep waiting';
    });
    if (result === 'timeout') throw new KubectlError('timed out waiting for the condition');
  });
  return undefined;
}

function kindAndGroup(resource: Resource): string {
  return resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
}

export async function rolloutHistory(session: Session): Promise<undefined> {
  const revision = session.flags.number('revision');
  const printer = await outputPrinter(session);
  await targets(session, async (info) => {
    const history = await historyOf(session, info);
    if (printer !== undefined) {
      const chosen = revision > 0 ? history.filter((each) => each.revision === revision) : history;
      if (revision > 0 && chosen.length === 0) throw new KubectlError('unable to find the specified revision');
      for (const each of chosen) session.out(printer(each.object));
      return;
    }
    const title = revision > 0 ? `with revision #${revision}` : '';
    session.out(`${typeAndName(info.object, info.resource)} ${title}\n${historyText(history, revision)}\n`);
  });
  return undefined;
}

export async function rolloutUndo(session: Session): Promise<undefined> {
  const print = await resultPrinter(session);
  const toRevision = session.flags.number('to-revision');
  await targets(session, async (info) => {
    const { resource } = info;
    const { kind } = resource;
    if (!(kind in statusViewers))
      throw new KubectlError(`no rollbacker has been implemented for "${kindAndGroup(resource)}"`);
    const target = await rollbackTarget(session, info, toRevision);
    if (dryRunOf(session) === 'client') {
      session.out(`${typeAndName(info.object, resource)} ${target.preview}\n`);
      return;
    }
    if (kind === 'Deployment' && at(info.object, 'spec', 'paused') === true) {
      throw new KubectlError(
        "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
      );
    }
    if (target.matches) {
      print(info.object, `skipped rollback (current template already matches revision ${toRevision})`, resource);
      return;
    }
    await patchObject(session, resource, info, { kind: target.kind, body: target.body, query: writeQuery(session) });
    print(info.object, 'rolled back', resource);
  });
  return undefined;
}

export async function rolloutRestart(session: Session): Promise<undefined> {
  const print = await resultPrinter(session);
  const restartedAt = formatTime(session.connection.now());
  await targets(session, async (info) => {
    const { resource } = info;
    if (resource.kind === 'Deployment' && at(info.object, 'spec', 'paused') === true) {
      throw new KubectlError("can't restart paused deployment (run rollout resume first)");
    }
    if (!(resource.kind in statusViewers))
      throw new KubectlError(`${qualifiedName(resource)} "${info.name}" restarting is not supported`);
    if (
      text(info.object, 'spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt') ===
      restartedAt
    ) {
      throw new KubectlError(
        'if restart has already been triggered within the past second, please wait before attempting to trigger another',
      );
    }
    const body = {
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } } },
    };
    await send(session, info, body, 'strategic', print, 'restarted');
  });
  return undefined;
}

export async function rolloutPause(session: Session): Promise<undefined> {
  return setPaused(session, true);
}

export async function rolloutResume(session: Session): Promise<undefined> {
  return setPaused(session, false);
}

async function setPaused(session: Session, paused: boolean): Promise<undefined> {
  const print = await resultPrinter(session);
  const word = paused ? 'paused' : 'resumed';
  await targets(session, async (info) => {
    if (info.resource.kind !== 'Deployment') {
      throw new KubectlError(
        `${qualifiedName(info.resource)} "${info.name}" ${paused ? 'pausing' : 'resuming'} is not supported`,
      );
    }
    const current = at(info.object, 'spec', 'paused') === true;
    if (current === paused) {
      throw new KubectlError(`${qualifiedName(info.resource)} "${info.name}" is ${paused ? 'already' : 'not'} paused`);
    }
    await send(session, info, { spec: { paused: paused ? true : null } }, 'strategic', print, word);
  });
  return undefined;
}

async function send(
  session: Session,
  info: Info,
  body: JsonObject,
  kind: PatchKind,
  print: ResultPrinter,
  operation: string,
): Promise<void> {
  const patched = await patchObject(session, info.resource, info, {
    kind,
    body,
    query: writeQuery(session, { manager: 'kubectl-rollout' }),
  });
  print(patched, operation, info.resource);
}

/**
 * `kubectl delete`: asks for deletion, says so, and waits until the objects are gone.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/delete/delete.go
 */
import { type DryRun, dryRunOf, dryRunSuffix } from './changes.ts';
import type { JsonObject } from './client.ts';
import { kindName, pathOf } from './discovery.ts';
import { KubectlError, StatusError, throwAll } from './errors.ts';
import { text } from './fields.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { deadlineAfter, waitDeleted } from './waiting.ts';

export interface DeleteOptions {
  readonly gracePeriod: number;
  readonly force: boolean;
  readonly cascade: string;
  readonly dryRun: DryRun;
}

export async function deleteCommand(session: Session): Promise<undefined> {
  const { flags } = session;
  const options = optionsOf(session);
  const selecting = flags.is('all') || flags.changed('selector') || flags.changed('field-selector');
  const ignoreMissing = flags.changed('ignore-not-found') ? flags.is('ignore-not-found') : selecting;
  if (flags.text('raw') !== '') {
    session.out(`${JSON.stringify(await session.request({ method: 'DELETE', path: flags.text('raw') }))}\n`);
    return undefined;
  }
  if (flags.is('all') && flags.changed('selector'))
    throw new KubectlError('cannot set --all and --selector at the same time');
  const { infos, errors } = await select(session, { ...queryOf(session, flags.args), fetch: 'none' });
  if (flags.is('interactive') && !(await confirmed(session, infos))) {
    session.out('deletion is cancelled\n');
    return undefined;
  }
  const failures = errors.filter((error) => !isIgnored(error, ignoreMissing));
  const deleted: { info: Info; uid: string }[] = [];
  for (const info of infos) {
    await collect(failures, async () => {
      if (session.explicitNamespace && !info.resource.namespaced) {
        session.warn('deleting cluster-scoped resources, not scoped to the provided namespace');
      }
      const uid = options.dryRun === 'client' ? '' : await requestDeletion(session, info, options);
      deleted.push({ info, uid });
      session.out(deletedLine(session, info, options));
    });
  }
  const left = failures.filter((error) => !isIgnored(error, ignoreMissing));
  throwAll(left);
  if (infos.length === 0 && deleted.length === 0 && !ignoreMissing) session.out('No resources found\n');
  else if (infos.length === 0 && selecting) session.out('No resources found\n');
  if (!flags.is('wait') || options.dryRun !== 'none') return undefined;
  const deadlineMs = deadlineAfter(session, flags.durationMs('timeout'));
  const late: KubectlError[] = [];
  for (const { info, uid } of deleted) {
    await collect(late, () => waitDeleted(session, { ...info, deadlineMs }, uid));
  }
  throwAll(
    late.filter(
      (error) => !(error instanceof StatusError) || !['Forbidden', 'MethodNotAllowed'].includes(error.reason),
    ),
  );
  return undefined;
}

function isIgnored(error: KubectlError, ignoreMissing: boolean): boolean {
  return ignoreMissing && error instanceof StatusError && error.isNotFound;
}

function optionsOf(session: Session): DeleteOptions {
  const { flags } = session;
  let gracePeriod = flags.number('grace-period');
  const force = flags.is('force');
  const output = flags.text('output');
  if (flags.is('now')) {
    if (gracePeriod !== -1) throw new KubectlError('--now and --grace-period cannot be specified together');
    gracePeriod = 1;
  }
  if (gracePeriod === 0 && !force) gracePeriod = 1;
  if (force && gracePeriod < 0) gracePeriod = 0;
  if (output !== '' && output !== 'name')
    throw new KubectlError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  if (gracePeriod === 0 && force) {
    session.warn(
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  } else if (gracePeriod > 0 && force) {
    throw new KubectlError('--force and --grace-period greater than 0 cannot be specified together');
  }
  return { gracePeriod, force, cascade: cascadeOf(session), dryRun: dryRunOf(session) };
}

function cascadeOf(session: Session): string {
  const value = session.flags.text('cascade');
  switch (value) {
    case '':
    case 'background':
    case 'true':
      return 'Background';
    case 'foreground':
      return 'Foreground';
    case 'orphan':
    case 'false':
      return 'Orphan';
    default:
      throw new KubectlError(`invalid cascade value (${value}). Must be "background", "foreground", or "orphan"`);
  }
}

/** Sends the DELETE; answers the uid of what is being deleted. */
export async function requestDeletion(
  session: Session,
  info: Pick<Info, 'resource' | 'namespace' | 'name'>,
  options: DeleteOptions,
): Promise<string> {
  const body: JsonObject = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: options.cascade,
    ...(options.gracePeriod >= 0 ? { gracePeriodSeconds: options.gracePeriod } : {}),
    ...(options.dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  const answer = await session.object({
    method: 'DELETE',
    path: pathOf(info.resource, info.namespace, info.name),
    body,
  });
  return text(answer, 'details', 'uid') || text(answer, 'metadata', 'uid');
}

function deletedLine(session: Session, info: Info, options: DeleteOptions): string {
  const kind = kindName(info.resource);
  if (session.flags.text('output') === 'name') return `${kind}/${info.name}\n`;
  const verb = options.gracePeriod === 0 ? 'force deleted' : 'deleted';
  const place = info.namespace === '' ? '' : ` from ${info.namespace} namespace`;
  return `${kind} "${info.name}" ${verb}${place}${dryRunSuffix(options.dryRun)}\n`;
}

async function confirmed(session: Session, infos: readonly Info[]): Promise<boolean> {
  session.out('You are about to delete the following ');
  session.out(`${infos.length} resource(s):\n`);
  for (const info of infos) session.out(`${kindName(info.resource)}/${info.name}\n`);
  session.out('Do you want to continue? (y/N): ');
  return (await session.context.readStdin()).trim().toLowerCase() === 'y';
}

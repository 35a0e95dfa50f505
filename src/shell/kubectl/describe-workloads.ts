/** `kubectl describe` of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs and ReplicationControllers. */
import { humanDuration } from '../../sim/api/time.ts';
import type { JsonObject } from './client.ts';
import { describePodTemplate } from './describe-containers.ts';
import { heading, type Subject } from './describe-source.ts';
import { controllerOf, selectorText, timeMs } from './describe-writer.ts';
import { at, has, integer, nameOf, objects, record, text, texts } from './fields.ts';
import { findNewReplicaSet, ownedReplicaSets } from './replica-sets.ts';

export async function describeDeployment(subject: Subject): Promise<void> {
  const { w, object } = subject;
  const status = (field: string): number => integer(object, 'status', field);
  heading(subject);
  w.field('CreationTimestamp', w.time(at(object, 'metadata', 'creationTimestamp')));
  w.metadata(object);
  w.field('Selector', selectorText(at(object, 'spec', 'selector')));
  w.field(
    'Replicas',
    `${integer(object, 'spec', 'replicas')} desired | ${status('updatedReplicas')} updated | ${status('replicas')} total | ` +
      `${status('availableReplicas')} available | ${status('unavailableReplicas')} unavailable`,
  );
  w.field('StrategyType', text(object, 'spec', 'strategy', 'type'));
  w.field('MinReadySeconds', integer(object, 'spec', 'minReadySeconds'));
  const rolling = record(object, 'spec', 'strategy', 'rollingUpdate');
  if (has(object, 'spec', 'strategy', 'rollingUpdate')) {
    w.field(
      'RollingUpdateStrategy',
      `${text(rolling, 'maxUnavailable')} max unavailable, ${text(rolling, 'maxSurge')} max surge`,
    );
  }
  describePodTemplate(w, record(object, 'spec', 'template'));
  w.conditions(object, ['Type', 'Status', 'Reason'], [0]);
  await replicaSets(subject);
  w.events(subject.events);
}

async function replicaSets({ session, object, w }: Subject): Promise<void> {
  const owned = await ownedReplicaSets(session, object);
  const current = findNewReplicaSet(object, owned);
  const old = owned.filter((each) => each !== current);
  if (owned.length === 0) return;
  const lines = (sets: readonly JsonObject[]): string =>
    sets
      .map(
        (set) =>
          `${nameOf(set)} (${integer(set, 'status', 'replicas')}/${integer(set, 'spec', 'replicas')} replicas created)`,
      )
      .join(', ') || '<none>';
  w.field('OldReplicaSets', lines(old));
  w.field('NewReplicaSet', lines(current === undefined ? [] : [current]));
}

export async function describeReplicaSet(subject: Subject): Promise<void> {
  const { w, object } = subject;
  heading(subject);
  const controller = text(object, 'kind') === 'ReplicationController';
  const selector = controller
    ? selectorText({ matchLabels: record(object, 'spec', 'selector') })
    : selectorText(at(object, 'spec', 'selector'));
  w.field('Selector', selector);
  w.metadata(object);
  if (controllerOf(object) !== '') w.field('Controlled By', controllerOf(object));
  w.field(
    'Replicas',
    `${integer(object, 'status', 'replicas')} current / ${integer(object, 'spec', 'replicas')} desired`,
  );
  w.field('Pods Status', await subject.podsStatus(selector));
  describePodTemplate(w, record(object, 'spec', 'template'));
  w.conditions(object, ['Type', 'Status', 'Reason'], [0]);
  w.events(subject.events);
}

export async function describeStatefulSet(subject: Subject): Promise<void> {
  const { w, object } = subject;
  heading(subject);
  w.field('CreationTimestamp', w.time(at(object, 'metadata', 'creationTimestamp')));
  const selector = selectorText(at(object, 'spec', 'selector'));
  w.field('Selector', selector);
  w.metadata(object);
  w.field(
    'Replicas',
    `${integer(object, 'spec', 'replicas')} desired | ${integer(object, 'status', 'replicas')} total`,
  );
  w.field('Update Strategy', text(object, 'spec', 'updateStrategy', 'type'));
  const rolling = record(object, 'spec', 'updateStrategy', 'rollingUpdate');
  if (has(rolling, 'partition')) {
    w.field('Partition', integer(rolling, 'partition'), 1);
    if (has(rolling, 'maxUnavailable')) w.field('MaxUnavailable', text(rolling, 'maxUnavailable'), 1);
  }
  w.field('Pods Status', await subject.podsStatus(selector));
  describePodTemplate(w, record(object, 'spec', 'template'));
  claimTemplates(subject);
  w.events(subject.events);
}

function claimTemplates({ w, object }: Subject): void {
  const templates = objects(object, 'spec', 'volumeClaimTemplates');
  w.write(0, templates.length === 0 ? 'Volume Claims:\t<none>\n' : 'Volume Claims:\n');
  for (const claim of templates) {
    w.field('Name', nameOf(claim), 1);
    w.field('StorageClass', text(claim, 'spec', 'storageClassName'), 1);
    w.labels('Labels', record(claim, 'metadata', 'labels'), '  ');
    w.labels('Annotations', record(claim, 'metadata', 'annotations'), '  ');
    w.field('Capacity', text(claim, 'spec', 'resources', 'requests', 'storage') || '<default>', 1);
    w.field('Access Modes', `[${texts(claim, 'spec', 'accessModes').join(' ')}]`, 1);
  }
}

export async function describeDaemonSet(subject: Subject): Promise<void> {
  const { w, object } = subject;
  const selector = selectorText(at(object, 'spec', 'selector'));
  const status = (field: string): number => integer(object, 'status', field);
  heading(subject);
  w.field('Selector', selector);
  w.field('Node-Selector', selectorText({ matchLabels: record(object, 'spec', 'template', 'spec', 'nodeSelector') }));
  w.metadata(object);
  w.write(0, `Desired Number of Nodes Scheduled: ${status('desiredNumberScheduled')}\n`);
  w.write(0, `Current Number of Nodes Scheduled: ${status('currentNumberScheduled')}\n`);
  w.write(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status('updatedNumberScheduled')}\n`);
  w.write(0, `Number of Nodes Scheduled with Available Pods: ${status('numberAvailable')}\n`);
  w.write(0, `Number of Nodes Misscheduled: ${status('numberMisscheduled')}\n`);
  w.field('Pods Status', await subject.podsStatus(selector));
  describePodTemplate(w, record(object, 'spec', 'template'));
  w.events(subject.events);
}

export function describeJob(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  const status = record(object, 'status');
  heading(subject);
  w.field('Selector', selectorText(spec['selector']));
  w.metadata(object);
  if (controllerOf(object) !== '') w.field('Controlled By', controllerOf(object));
  if (has(spec, 'parallelism')) w.field('Parallelism', integer(spec, 'parallelism'));
  w.field('Completions', has(spec, 'completions') ? integer(spec, 'completions') : '<unset>');
  if (has(spec, 'completionMode')) w.field('Completion Mode', text(spec, 'completionMode'));
  if (has(spec, 'suspend')) w.field('Suspend', text(spec, 'suspend'));
  if (has(spec, 'backoffLimit')) w.field('Backoff Limit', integer(spec, 'backoffLimit'));
  if (has(spec, 'ttlSecondsAfterFinished'))
    w.field('TTL Seconds After Finished', integer(spec, 'ttlSecondsAfterFinished'));
  if (has(status, 'startTime')) w.field('Start Time', w.time(status['startTime']));
  if (has(status, 'completionTime')) w.field('Completed At', w.time(status['completionTime']));
  const started = timeMs(status['startTime']);
  const completed = timeMs(status['completionTime']);
  if (started !== undefined && completed !== undefined) w.field('Duration', humanDuration(completed - started));
  if (has(spec, 'activeDeadlineSeconds'))
    w.field('Active Deadline Seconds', `${integer(spec, 'activeDeadlineSeconds')}s`);
  const ready = has(status, 'ready') ? ` (${integer(status, 'ready')} Ready)` : '';
  w.field(
    'Pods Statuses',
    `${integer(status, 'active')} Active${ready} / ${integer(status, 'succeeded')} Succeeded / ${integer(status, 'failed')} Failed`,
  );
  if (text(spec, 'completionMode') === 'Indexed')
    w.field('Completed Indexes', shortIndexes(text(status, 'completedIndexes')));
  describePodTemplate(w, record(spec, 'template'));
  w.events(subject.events);
}

function shortIndexes(indexes: string): string {
  if (indexes === '') return '<none>';
  const comma = indexes.indexOf(',', 50);
  return comma === -1 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}

export function describeCronJob(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  const job = record(spec, 'jobTemplate', 'spec');
  const orUnset = (holder: JsonObject, field: string, suffix = ''): string =>
    has(holder, field) ? `${text(holder, field)}${suffix}` : '<unset>';
  heading(subject);
  w.metadata(object);
  w.field('Schedule', text(spec, 'schedule'));
  w.field('Concurrency Policy', text(spec, 'concurrencyPolicy'));
  w.field('Suspend', has(spec, 'suspend') ? (spec['suspend'] === true ? 'True' : 'False') : '<unset>');
  if (has(spec, 'timeZone')) w.field('Time Zone', text(spec, 'timeZone'));
  w.field('Successful Job History Limit', orUnset(spec, 'successfulJobsHistoryLimit'));
  w.field('Failed Job History Limit', orUnset(spec, 'failedJobsHistoryLimit'));
  w.field('Starting Deadline Seconds', orUnset(spec, 'startingDeadlineSeconds', 's'));
  w.field('Selector', has(job, 'selector') ? selectorText(job['selector']) : '<unset>');
  w.field('Parallelism', orUnset(job, 'parallelism'));
  w.field('Completions', orUnset(job, 'completions'));
  if (has(job, 'activeDeadlineSeconds')) w.field('Active Deadline Seconds', orUnset(job, 'activeDeadlineSeconds', 's'));
  describePodTemplate(w, record(job, 'template'));
  const last = at(object, 'status', 'lastScheduleTime');
  w.field('Last Schedule Time', timeMs(last) === undefined ? '<unset>' : w.time(last));
  const active = objects(object, 'status', 'active').map((each) => text(each, 'name'));
  w.field('Active Jobs', active.length === 0 ? '<none>' : active.join(', '));
  w.events(subject.events);
}

import { validateJob, validateJobUpdate } from '../job-validation.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatLabelSelector } from '../selector.ts';
import { age, columns, containerCells, isConditionTrue } from '../table.ts';
import { humanDuration, parseTime } from '../time.ts';
import type { Job } from '../types.ts';

/** @source pkg/registry/batch/job/strategy.go, pkg/apis/batch/v1/defaults.go */
export const jobs = defineKind<Job>({
  group: 'batch',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  subresources: ['status'],
  schema: 'batch.Job',
  initialStatus: {},
  defaults: (job) => withFields(withTemplateLabels(job), { spec: defaultJobSpec(job.spec) }),
  prepareCreate: generateSelector,
  raisesGeneration: specChanged,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  columns: columns('Name,Status,Completions,Duration,Age|Containers,Images,Selector'),
  row: (job, nowMs) => [
    job.metadata.name,
    jobStatus(job),
    completionsCell(job),
    durationCell(job, nowMs),
    age(job, nowMs),
    ...containerCells(job.spec.template?.spec?.containers),
    formatLabelSelector(job.spec.selector),
  ],
  fieldLabels: ['status.successful'],
  selectableFields: (job) => ({ 'status.successful': String(job.status?.succeeded ?? 0) }),
});

/** Completions, parallelism, back-off and the rest, for a Job or a CronJob's template. */
export function defaultJobSpec(spec: Job['spec']): Job['spec'] {
  const both = spec.completions === undefined && spec.parallelism === undefined;
  const defaulted = withFields(spec, {
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    manualSelector: spec.manualSelector ?? false,
    podReplacementPolicy:
      spec['podReplacementPolicy'] ?? (spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'),
    template: defaultTemplate(spec.template),
  });
  return both ? { ...defaulted, completions: 1 } : defaulted;
}

function withTemplateLabels(job: Job): Job {
  const labels = job.spec.template?.metadata?.labels;
  const own = job.metadata.labels;
  if (labels === undefined || (own !== undefined && Object.keys(own).length > 0)) return job;
  return { ...job, metadata: { ...job.metadata, labels } };
}

/** Unless it is told not to, a Job selects its pods by its own uid; the object must have one by now. */
function generateSelector(job: Job): Job {
  if (job.spec.manualSelector === true || job.metadata.uid === undefined) return job;
  const { uid, name } = job.metadata;
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const metadata = job.spec.template.metadata ?? {};
  const template = { ...job.spec.template, metadata: { ...metadata, labels: { ...metadata.labels, ...own } } };
  const matchLabels = { ...job.spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid };
  const spec = { ...job.spec, template, selector: { ...job.spec.selector, matchLabels } };
  const labels = job.metadata.labels ?? template.metadata.labels;
  return { ...job, metadata: { ...job.metadata, labels }, spec };
}

function jobStatus(job: Job): string {
  const conditions = job.status?.conditions;
  if (isConditionTrue(conditions, 'Complete')) return 'Complete';
  if (isConditionTrue(conditions, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (isConditionTrue(conditions, type)) return type;
  return 'Running';
}

function completionsCell(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  const { completions, parallelism = 0 } = job.spec;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell(job: Job, nowMs: number): string {
  const start = parseTime(job.status?.startTime);
  if (start === undefined) return '';
  return humanDuration((parseTime(job.status?.completionTime) ?? nowMs) - start);
}

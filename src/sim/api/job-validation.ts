/**
 * Jobs and CronJobs: what they must say, and what may change.
 * @source pkg/apis/batch/validation/validation.go
 */
import { parseCron } from './cron-schedule.ts';
import { semanticEqual } from './equal.ts';
import { type FieldError, invalid, notSupported, required, sortedMap } from './field-error.ts';
import { internalTemplateText } from './internal-form.ts';
import { FIELD_IMMUTABLE, validateImmutable, validateLabelSelector, validateNonNegative } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain } from './names.ts';
import { validateTemplate } from './pod-validation.ts';
import { matchesSelector, selectorOf } from './selector.ts';
import type { CronJob, Job } from './types.ts';

type JobSpec = Job['spec'];

export function validateJob(job: Job): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = job;
  validateJobSpec(errors, spec, 'spec');
  if (spec.selector === undefined) errors.push(required('spec.selector'));
  else {
    validateLabelSelector(errors, spec.selector, 'spec.selector');
    const labels = spec.template.metadata?.labels;
    if (!matchesSelector(selectorOf(spec.selector), labels)) {
      const shown = labels === undefined ? null : sortedMap(labels);
      errors.push(invalid('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'));
    }
  }
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const hostname = `${job.metadata.name}-${(spec.completions ?? 0) - 1}`;
    if (isDnsLabel(hostname).length > 0) {
      const detail = `will not able to create pod with invalid DNS label: ${hostname}`;
      errors.push(invalid('metadata.name', job.metadata.name, detail));
    }
  }
  return errors;
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

function validateJobSpec(errors: FieldError[], spec: JobSpec, field: string): void {
  for (const name of COUNTS) {
    const value = spec[name];
    if (typeof value === 'number') validateNonNegative(errors, value, `${field}.${name}`);
  }
  validateCompletionMode(errors, spec, field);
  validateReplacement(errors, spec, field);
  validateTemplate(errors, spec.template, `${field}.template`);
  const restartPolicy = spec.template.spec.restartPolicy ?? '';
  const path = `${field}.template.spec.restartPolicy`;
  if (restartPolicy === 'Always' || restartPolicy === '') {
    errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  } else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    errors.push(notSupported(path, restartPolicy, ['OnFailure', 'Never']));
  } else if (spec['podFailurePolicy'] !== undefined && restartPolicy !== 'Never') {
    errors.push(invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}

const MAX_INDEXED_PARALLELISM = 100_000;

function validateCompletionMode(errors: FieldError[], spec: JobSpec, field: string): void {
  const { completionMode, completions, parallelism } = spec;
  const perIndex = spec['backoffLimitPerIndex'];
  const maxFailed = spec['maxFailedIndexes'];
  if (maxFailed !== undefined && perIndex === undefined) {
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (completionMode !== undefined && completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    errors.push(notSupported(`${field}.completionMode`, completionMode, ['NonIndexed', 'Indexed']));
  }
  if (completionMode === 'Indexed') {
    if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
    if (parallelism !== undefined && parallelism > MAX_INDEXED_PARALLELISM) {
      const detail = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`;
      errors.push(invalid(`${field}.parallelism`, parallelism, detail));
    }
    if (typeof maxFailed === 'number' && completions !== undefined && maxFailed > completions) {
      errors.push(invalid(`${field}.maxFailedIndexes`, maxFailed, 'must be less than or equal to completions'));
    }
  } else {
    const detail = 'requires indexed completion mode';
    if (perIndex !== undefined) errors.push(invalid(`${field}.backoffLimitPerIndex`, perIndex, detail));
    if (maxFailed !== undefined) errors.push(invalid(`${field}.maxFailedIndexes`, maxFailed, detail));
    if (spec['successPolicy'] !== undefined) {
      errors.push(invalid(`${field}.successPolicy`, spec['successPolicy'], detail));
    }
  }
}

function validateReplacement(errors: FieldError[], spec: JobSpec, field: string): void {
  const policy = spec['podReplacementPolicy'];
  if (typeof policy !== 'string') return;
  const supported = spec['podFailurePolicy'] === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  if (!supported.includes(policy)) errors.push(notSupported(`${field}.podReplacementPolicy`, policy, supported));
}

/** The template may change only where a suspended Job is told where its pods shall run. */
export function validateJobUpdate(job: Job, old: Job): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = job;
  if (!completionsMayChange(spec, old.spec)) {
    validateImmutable(errors, spec.completions, old.spec.completions, 'spec.completions');
  }
  validateImmutable(errors, spec.selector, old.spec.selector, 'spec.selector');
  if (!semanticEqual(templateKept(job, old), old.spec.template)) {
    const error = invalid('spec.template', null, FIELD_IMMUTABLE);
    errors.push({ ...error, body: `Invalid value: ${internalTemplateText(spec.template)}: ${FIELD_IMMUTABLE}` });
  }
  for (const name of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    validateImmutable(errors, spec[name], old.spec[name], `spec.${name}`);
  }
  return errors;
}

/** An indexed Job may be resized while parallelism follows it. */
function completionsMayChange(spec: JobSpec, old: JobSpec): boolean {
  return (
    old.completionMode === 'Indexed' &&
    spec.completions !== undefined &&
    old.completions !== undefined &&
    spec.completions === spec.parallelism
  );
}

function templateKept(job: Job, old: Job): JobSpec['template'] {
  const suspended = old.spec.suspend === true && old.status?.startTime === undefined;
  if (!suspended) return job.spec.template;
  const [template, before] = [job.spec.template, old.spec.template];
  return {
    ...template,
    metadata: { ...template.metadata, labels: before.metadata?.labels, annotations: before.metadata?.annotations },
    spec: {
      ...template.spec,
      affinity: before.spec.affinity,
      nodeSelector: before.spec.nodeSelector,
      tolerations: before.spec.tolerations,
      schedulingGates: before.spec.schedulingGates,
    },
  };
}

const CONCURRENCY_POLICIES = ['Allow', 'Forbid', 'Replace'];
const MAX_CRON_NAME = 52;

export function validateCronJob(cronJob: CronJob): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = cronJob;
  if (!spec.schedule) errors.push(required('spec.schedule'));
  else {
    if (/^(CRON_)?TZ=/.test(spec.schedule)) {
      const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
      errors.push(invalid('spec.schedule', spec.schedule, detail));
    } else {
      const parsed = parseCron(spec.schedule);
      if (!parsed.ok) errors.push(invalid('spec.schedule', spec.schedule, parsed.error));
    }
  }
  validateNonNegative(errors, spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
  if (spec.timeZone !== undefined) validateTimeZone(errors, spec.timeZone);
  const policy = spec.concurrencyPolicy ?? '';
  if (policy === '') errors.push(required('spec.concurrencyPolicy'));
  else if (!CONCURRENCY_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.concurrencyPolicy', policy, CONCURRENCY_POLICIES));
  }
  validateNonNegative(errors, spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit');
  validateNonNegative(errors, spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit');
  validateJobSpec(errors, spec.jobTemplate.spec, 'spec.jobTemplate.spec');
  if (spec.jobTemplate.spec.manualSelector === true) {
    errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  }
  if (
    metadata.name !== undefined &&
    metadata.name.length > MAX_CRON_NAME &&
    isDnsSubdomain(metadata.name).length === 0
  ) {
    errors.push(invalid('metadata.name', metadata.name, `must be no more than ${MAX_CRON_NAME} characters`));
  }
  return errors;
}

function validateTimeZone(errors: FieldError[], timeZone: string): void {
  if (timeZone === '') errors.push(invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string'));
  else if (timeZone.toLowerCase() === 'local') {
    errors.push(
      invalid(
        'spec.timeZone',
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    );
  } else if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(timeZone)) {
    errors.push(invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
}

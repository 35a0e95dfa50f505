import { validateCronJob } from '../job-validation.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { formatLabelSelector } from '../selector.ts';
import { age, columns, containerCells } from '../table.ts';
import { ageOf } from '../time.ts';
import type { CronJob } from '../types.ts';
import { defaultJobSpec } from './jobs.ts';

/** @source pkg/registry/batch/cronjob/strategy.go, pkg/apis/batch/v1/defaults.go */
export const cronjobs = defineKind<CronJob>({
  group: 'batch',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  subresources: ['status'],
  schema: 'batch.CronJob',
  initialStatus: {},
  defaults(cronJob) {
    const { spec } = cronJob;
    const jobTemplate = withFields(spec.jobTemplate, { spec: defaultTemplateSpec(spec.jobTemplate.spec) });
    return withFields(cronJob, {
      spec: withFields(spec, {
        concurrencyPolicy: spec.concurrencyPolicy ?? 'Allow',
        suspend: spec.suspend ?? false,
        successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
        failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
        jobTemplate,
      }),
    });
  },
  raisesGeneration: specChanged,
  validate: validateCronJob,
  columns: columns('Name,Schedule,Timezone,?Suspend,#Active,Last Schedule,Age|Containers,Images,Selector'),
  row: (cronJob, nowMs) => [
    cronJob.metadata.name,
    cronJob.spec.schedule ?? '',
    cronJob.spec.timeZone ?? '<none>',
    cronJob.spec.suspend === undefined ? '<unset>' : cronJob.spec.suspend ? 'True' : 'False',
    cronJob.status?.active?.length ?? 0,
    cronJob.status?.lastScheduleTime ? ageOf(cronJob.status.lastScheduleTime, nowMs) : '<none>',
    age(cronJob, nowMs),
    ...containerCells(cronJob.spec.jobTemplate?.spec?.template?.spec?.containers),
    formatLabelSelector(cronJob.spec.jobTemplate?.spec?.selector),
  ],
});

/** Only the pod template's defaults: the Job's own come when it is created. */
function defaultTemplateSpec(spec: CronJob['spec']['jobTemplate']['spec']): CronJob['spec']['jobTemplate']['spec'] {
  return withFields(spec, { template: defaultJobSpec(spec).template });
}

/** TTL-after-finished controller: deletes a Job ttlSecondsAfterFinished after its end. Models pkg/controller/ttlafterfinished. */
import { parseTime } from '../api/time.ts';
import type { Job } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO } from './controller.ts';
import { finishedCondition } from './job-status.ts';
import { objectPath } from './resources.ts';

export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  account: 'ttl-after-finished-controller',
  watches: ['jobs'],
  workers: 5,
  workersFlag: 'concurrent-ttl-after-finished-syncs',
  keysOf: (_resource, { type, key, object }) => {
    const job = object as Job;
    if (type === 'deleted' || job.metadata.deletionTimestamp !== undefined) return [];
    return job.spec.ttlSecondsAfterFinished !== undefined && finishedCondition(job) !== undefined ? [key] : [];
  },
  reconcile(key, view) {
    const job = view.get('jobs', key) as Job | undefined;
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
    const ttl = job.spec.ttlSecondsAfterFinished;
    const since = parseTime(finishedCondition(job)?.lastTransitionTime);
    if (ttl === undefined || since === undefined) return NOTHING_TO_DO;
    const left = since + ttl * 1_000 - view.nowMs;
    if (left > 0) return { writes: [], requeueAfterMs: left };
    const body = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } };
    return { writes: [{ request: { method: 'DELETE', path: objectPath('jobs', job), body }, tolerate: [404] }] };
  },
};

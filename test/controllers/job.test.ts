import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster } from './cluster.ts';

function job(image: string, spec: object = {}, restartPolicy = 'Never'): object {
  const template = { spec: { restartPolicy, containers: [{ name: 'main', image }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work' }, spec: { template, ...spec } };
}
const status = (c: TestCluster) => c.get<Job>('job/work')?.status ?? {};
const conditions = (c: TestCluster) =>
  (status(c).conditions ?? []).map(({ type, status: s, reason }) => `${type} ${s} ${reason}`);
const finished = (c: TestCluster) => () => conditions(c).some((text) => /^(Complete|Failed) True/.test(text));
const reasons = (c: TestCluster) => c.events('job/work').map((text) => text.split(' ').slice(0, 2).join(' '));

describe('a Job', () => {
  it('runs a pod to its end and says so', () => {
    const c = createCluster();
    c.create(job('exit-0'));
    c.until(() => status(c).active === 1);
    expect(c.pods()[0]?.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
    c.until(finished(c));
    expect(status(c)).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(status(c).completionTime).toBeDefined();
    expect(conditions(c)).toEqual(['SuccessCriteriaMet True CompletionsReached', 'Complete True CompletionsReached']);
    expect(c.pods()[0]?.metadata.finalizers).toBeUndefined();
    expect(reasons(c)).toEqual(['Normal SuccessfulCreate', 'Normal Completed']);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('runs as many at a time as parallelism, until completions have succeeded', () => {
    const c = createCluster();
    c.create(job('exit-0-after-5s', { completions: 5, parallelism: 2 }));
    let most = 0;
    c.until(() => {
      most = Math.max(most, status(c).active ?? 0);
      return finished(c)();
    });
    expect(most).toBe(2);
    expect(status(c).succeeded).toBe(5);
    expect(c.pods()).toHaveLength(5);
  });

  it('does not repeat work whose pod somebody deletes once it has ended', () => {
    const c = createCluster();
    c.create(job('exit-0-after-5s', { completions: 2, parallelism: 1 }));
    c.until(() => status(c).succeeded === 1);
    c.delete(`pod/${c.pods().find((pod) => pod.status?.phase === 'Succeeded')?.metadata.name}`);
    c.until(finished(c));
    expect(status(c).succeeded).toBe(2);
    expect(c.events('job/work').filter((text) => text.includes('SuccessfulCreate'))).toHaveLength(2);
  });

  it('tries again after 10 s, 20 s, …, and gives up at the back-off limit', () => {
    const c = createCluster();
    c.create(job('exit-1', { backoffLimit: 2 }));
    const births: number[] = [];
    const start = c.kernel.state.now;
    c.until(() => {
      if (c.pods().length > births.length) births.push((c.kernel.state.now - start) / 1e6);
      return finished(c)();
    }, 200);
    expect(births).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = births;
    expect(second - first).toBeGreaterThan(10);
    expect(second - first).toBeLessThan(16);
    expect(third - second).toBeGreaterThan(20);
    expect(third - second).toBeLessThan(26);
    expect(status(c).failed).toBe(3);
    expect(conditions(c)).toEqual(['FailureTarget True BackoffLimitExceeded', 'Failed True BackoffLimitExceeded']);
    expect(c.events('job/work').at(-1)).toBe(
      'Warning BackoffLimitExceeded Job has reached the specified backoff limit',
    );
    expect(c.writesIn(60)).toEqual([]);
  });

  it('is stopped by its deadline, pods and all', () => {
    const c = createCluster();
    c.create(job('sleeper', { activeDeadlineSeconds: 20, parallelism: 2, completions: 2 }));
    expect(c.until(finished(c))).toBeGreaterThan(20);
    expect(conditions(c).at(-1)).toBe('Failed True DeadlineExceeded');
    expect(status(c)).toMatchObject({ failed: 2, terminating: 0 });
    expect(c.pods()).toHaveLength(0);
  });

  it('suspends and resumes, with a new start time', () => {
    const c = createCluster();
    c.create(job('sleeper', { suspend: true }));
    c.run(3);
    expect(c.pods()).toHaveLength(0);
    expect(conditions(c)).toEqual(['Suspended True JobSuspended']);
    expect(status(c).startTime).toBeUndefined();
    c.patch('job/work', { spec: { suspend: false } });
    c.until(() => status(c).active === 1);
    expect(conditions(c)).toEqual(['Suspended False JobResumed']);
    c.patch('job/work', { spec: { suspend: true } });
    c.until(() => c.pods().length === 0);
    c.run(2);
    expect(status(c).failed).toBeUndefined();
    expect(reasons(c).filter((text) => /Suspended|Resumed/.test(text))).toEqual(['Normal Suspended', 'Normal Resumed']);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('gives each index its own pod, and writes down which are done', () => {
    const c = createCluster();
    c.create(job('exit-0', { completions: 4, parallelism: 2, completionMode: 'Indexed' }));
    c.until(() => c.pods().length >= 2);
    expect(
      c
        .pods()
        .map((pod) => pod.spec.hostname)
        .sort(),
    ).toEqual(['work-0', 'work-1']);
    expect(c.pods()[0]?.spec.containers[0]?.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX');
    c.until(finished(c));
    expect(status(c)).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
    expect(new Set(c.pods().map((pod) => pod.metadata.name.split('-')[1]))).toEqual(new Set(['0', '1', '2', '3']));
  });

  it('fails indexes one by one when each has a limit of its own', () => {
    const c = createCluster();
    c.create(job('exit-1', { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1 }));
    c.until(finished(c), 200);
    expect(conditions(c).at(-1)).toBe('Failed True FailedIndexes');
    expect(status(c)).toMatchObject({ failedIndexes: '0,1', failed: 4 });
  });

  it('fails at once where podFailurePolicy says so', () => {
    const c = createCluster();
    const onExitCodes = { operator: 'In', values: [42] };
    c.create(job('exit-42', { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes }] } }));
    c.until(finished(c));
    expect(status(c).conditions?.at(-1)?.message).toMatch(
      /^Container main for pod default\/work-\w{5} failed with exit code 42 matching FailJob rule at index 0$/,
    );
  });

  it('is deleted ttlSecondsAfterFinished after its end, with its pods', () => {
    const c = createCluster();
    c.create(job('exit-0', { ttlSecondsAfterFinished: 30 }));
    c.until(finished(c));
    c.run(25);
    expect(c.get('job/work')).toBeDefined();
    c.until(() => c.get('job/work') === undefined, 10);
    c.until(() => c.pods().length === 0, 10);
  });

  it('leaves no pod behind that cannot go, when it is deleted while it runs', () => {
    const c = createCluster();
    c.create(job('sleeper', { parallelism: 3, completions: 3 }));
    c.until(() => status(c).ready === 3);
    c.delete('job/work', { propagationPolicy: 'Background' });
    c.until(() => c.pods().length === 0);
  });
});

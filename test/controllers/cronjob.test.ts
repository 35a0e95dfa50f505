import { describe, expect, it } from 'vitest';
import { parseCron } from '../../src/sim/api/cron-schedule.ts';
import type { CronJob } from '../../src/sim/api/types.ts';
import { dueTime, zoneOffsetMs } from '../../src/sim/controllers/cronjob-schedule.ts';
import { createCluster, type TestCluster } from './cluster.ts';

function cronJob(spec: object = {}, image = 'exit-0'): object {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } };
  const jobTemplate = { spec: { template } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: { schedule: '* * * * *', jobTemplate, ...spec },
  };
}
const status = (c: TestCluster) => c.get<CronJob>('cronjob/tick')?.status ?? {};
const jobs = (c: TestCluster) =>
  c
    .list('jobs')
    .map((job) => job.metadata.name)
    .sort();

describe('a CronJob', () => {
  it('starts a Job every minute, notes it, and keeps the last three', () => {
    const c = createCluster();
    c.create(cronJob());
    c.until(() => jobs(c).length === 1, 65);
    c.run(1);
    const minute = Math.floor(Date.parse('2026-01-01T09:01:00Z') / 60_000);
    expect(jobs(c)).toEqual([`tick-${minute}`]);
    expect(status(c)).toMatchObject({
      active: [{ kind: 'Job', name: `tick-${minute}` }],
      lastScheduleTime: '2026-01-01T09:01:00Z',
    });
    c.run(20);
    expect(status(c).active).toBeUndefined();
    expect(status(c).lastSuccessfulTime).toBeDefined();
    expect(c.events('cronjob/tick')).toEqual([
      `Normal SuccessfulCreate Created job tick-${minute}`,
      `Normal SawCompletedJob Saw completed job: tick-${minute}, condition: Complete`,
    ]);
    c.run(240);
    expect(jobs(c)).toHaveLength(3);
    expect(jobs(c).at(-1)).toBe(`tick-${minute + 4}`);
  });

  it('forbids a second run beside the first, or replaces it', () => {
    const c = createCluster();
    c.create(cronJob({ concurrencyPolicy: 'Forbid' }, 'sleeper'));
    c.run(200);
    expect(jobs(c)).toHaveLength(1);
    expect(
      c
        .events('cronjob/tick')
        .some((text) => text.startsWith('Normal JobAlreadyActive Not starting job because prior execution is running')),
    ).toBe(true);
    c.patch('cronjob/tick', { spec: { concurrencyPolicy: 'Replace' } });
    const [first] = jobs(c);
    c.run(70);
    expect(jobs(c)).toHaveLength(1);
    expect(jobs(c)[0]).not.toBe(first);
  });

  it('does nothing while suspended, and catches up with one run', () => {
    const c = createCluster();
    c.create(cronJob({ suspend: true }));
    expect(c.writesIn(200)).toEqual([]);
    c.patch('cronjob/tick', { spec: { suspend: false } });
    c.until(() => jobs(c).length > 0, 2);
    c.run(5);
    expect(jobs(c)).toHaveLength(1);
  });

  it('is gone with its Jobs', () => {
    const c = createCluster();
    c.create(cronJob({}, 'sleeper'));
    c.until(() => jobs(c).length === 1 && c.pods().length === 1, 65);
    c.delete('cronjob/tick');
    c.until(() => jobs(c).length === 0 && c.pods().length === 0, 30);
  });

  it('knows when it is due', () => {
    const parsed = parseCron('0 3 * * *');
    if (!parsed.ok) throw new Error(parsed.error);
    const at = (text: string) => Date.parse(text);
    const job = { metadata: { creationTimestamp: '2026-01-01T00:00:00Z' }, spec: {} } as CronJob;
    expect(dueTime(job, parsed.schedule, 0, at('2026-01-01T02:59:00Z')).atMs).toBeUndefined();
    expect(dueTime(job, parsed.schedule, 0, at('2026-01-01T03:00:01Z')).atMs).toBe(at('2026-01-01T03:00:00Z'));
    expect(dueTime(job, parsed.schedule, 0, at('2026-06-01T04:00:00Z'))).toEqual({
      atMs: at('2026-06-01T03:00:00Z'),
      missedMany: true,
    });
    expect(zoneOffsetMs('Etc/GMT+5')).toBe(-5 * 3_600_000);
    expect(dueTime(job, parsed.schedule, zoneOffsetMs('Etc/GMT+5')!, at('2026-01-01T08:30:00Z')).atMs).toBe(
      at('2026-01-01T08:00:00Z'),
    );
  });
});

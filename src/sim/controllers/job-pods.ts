/** Making and removing a Job's pods. Models pkg/controller/job/job_controller.go manageJob and deleteJobPods. */
import type { Container, Job, Pod, PodSpec } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import type { Write } from './controller.ts';
import { countOf, INDEX, INDEX_FAILURES, INDEX_IGNORED } from './job-indexes.ts';
import { judgeFailure } from './job-policy.ts';
import { isTracked, limitPerIndex, TRACKING } from './job-tally.ts';
import { podFromTemplate } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

/** `index` and the pod it replaces only for Indexed Jobs. */
export function createPod(job: Job, index?: number, replaced?: Pod): Write {
  const about = referenceTo(job);
  const { metadata, spec } = job.spec.template;
  const finalizers = [...new Set([...(metadata?.finalizers ?? []), TRACKING])];
  const template =
    index === undefined
      ? { metadata: { ...metadata, finalizers }, spec }
      : {
          metadata: {
            ...metadata,
            finalizers,
            labels: { ...metadata?.labels, [INDEX]: String(index) },
            annotations: { ...metadata?.annotations, [INDEX]: String(index), ...failureCounts(job, replaced) },
          },
          spec: withIndexVariable(spec, `${job.metadata.name}-${index}`),
        };
  const prefix = index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`;
  return {
    request: {
      method: 'POST',
      path: collectionPath('pods', job.metadata.namespace),
      body: podFromTemplate(template, job, undefined, prefix),
    },
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating: {error}' },
  };
}

function withIndexVariable(spec: PodSpec, hostname: string): PodSpec {
  const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` };
  const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } };
  const add = (container: Container): Container =>
    container.env?.some(({ name }) => name === variable.name) === true
      ? container
      : { ...container, env: [...(container.env ?? []), variable] };
  return {
    ...spec,
    hostname,
    containers: spec.containers.map(add),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(add) }),
  };
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (limitPerIndex(job) === undefined) return {};
  if (replaced === undefined) return { [INDEX_FAILURES]: '0' };
  const { counts } = judgeFailure(job, replaced);
  const ignored = countOf(replaced, INDEX_IGNORED) + (counts ? 0 : 1);
  return {
    [INDEX_FAILURES]: String(countOf(replaced, INDEX_FAILURES) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [INDEX_IGNORED]: String(ignored) } : {}),
  };
}

export function deletePod(job: Job, pod: Pod): Write {
  const about = referenceTo(job);
  const body = { preconditions: { uid: pod.metadata.uid } };
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: {error}' },
  };
}

/** Deletes a pod that nobody needs, so that it counts as nothing. */
export function discardPod(job: Job, pod: Pod): Write[] {
  return isTracked(pod) ? [untrack(pod), deletePod(job, pod)] : [deletePod(job, pod)];
}

/** Takes the tracking finalizer off. */
export function untrack(pod: Pod): Write {
  const finalizers = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
  const body = { metadata: { uid: pod.metadata.uid, finalizers: finalizers.length === 0 ? null : finalizers } };
  const contentType = 'application/merge-patch+json';
  return { request: { method: 'PATCH', path: objectPath('pods', pod), body, contentType }, tolerate: [404, 409] };
}

/**
 * `kubectl scale` and `kubectl autoscale`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/scale, pkg/scale, pkg/cmd/autoscale
 */
import { dryRunOf, patchObject, recordCause, resultPrinter, withLastApplied, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { apiVersionOf, builtinResource, pathOf } from './discovery.ts';
import { KubectlError, throwAll } from './errors.ts';
import { integer, text } from './fields.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { deadlineAfter, waitFor } from './waiting.ts';

export async function scale(session: Session): Promise<undefined> {
  const { flags } = session;
  if (!flags.changed('replicas')) throw new KubectlError('required flag(s) "replicas" not set');
  const replicas = flags.number('replicas');
  if (replicas < 0)
    throw new KubectlError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  const current = flags.number('current-replicas');
  if (current < -1) throw new KubectlError('The --current-replicas must specify an integer of -1 or greater');
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, { ...queryOf(session, flags.args), bareTypes: true });
  const failures = [...errors];
  if (infos.length > 1 && flags.text('resource-version') !== '') {
    throw new KubectlError('cannot use --resource-version with multiple resources');
  }
  for (const info of infos) {
    await collect(failures, async () => {
      if (dryRunOf(session) !== 'client') await scaleOne(session, info, replicas, current);
      await recordCause(session, info.resource, info);
      print(info.object, 'scaled', info.resource);
    });
  }
  throwAll(failures);
  if (infos.length === 0) throw new KubectlError('no objects passed to scale');
  return undefined;
}

async function scaleOne(session: Session, info: Info, replicas: number, current: number): Promise<void> {
  const version = session.flags.text('resource-version');
  const query = writeQuery(session);
  if (current === -1 && version === '') {
    await patchObject(session, info.resource, info, {
      kind: 'merge',
      body: { spec: { replicas } },
      query,
      subresource: 'scale',
    });
  } else {
    const found = await session.get(info.resource, info.namespace, info.name, 'scale');
    const now = integer(found, 'spec', 'replicas');
    if (current !== -1 && now !== current) throw new KubectlError(`Expected replicas to be ${current}, was ${now}`);
    const actual = text(found, 'metadata', 'resourceVersion');
    if (version !== '' && actual !== version)
      throw new KubectlError(`Expected resource version to be ${version}, was ${actual}`);
    const body = { ...found, spec: { replicas } };
    await session.object({
      method: 'PUT',
      path: pathOf(info.resource, info.namespace, info.name, 'scale'),
      query,
      body,
    });
  }
  const timeoutMs = session.flags.durationMs('timeout');
  if (timeoutMs === 0 || dryRunOf(session) !== 'none') return;
  const deadlineMs = deadlineAfter(session, timeoutMs);
  const result = await waitFor(session, { ...info, deadlineMs }, (object) => {
    const seen = integer(object, 'status', 'observedGeneration') >= integer(object, 'metadata', 'generation');
    return seen && integer(object, 'status', 'replicas') === replicas ? 'done' : 'keep waiting';
  });
  if (result === 'timeout') throw new KubectlError('timed out waiting for the condition');
}

export async function autoscale(session: Session): Promise<undefined> {
  const { flags } = session;
  if (!flags.changed('max')) throw new KubectlError('required flag(s) "max" not set');
  const max = flags.number('max');
  const min = flags.number('min');
  if (max < 1) throw new KubectlError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min)
    throw new KubectlError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, { ...queryOf(session, flags.args), latest: true });
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      if (!info.resource.subresources.includes('scale')) {
        throw new KubectlError(
          `cannot autoscale a ${info.resource.kind}: no kind "${info.resource.kind}" is registered for scaling`,
        );
      }
      const metrics = metricsOf(session);
      if (metrics.length === 0) {
        throw new KubectlError(
          'failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input',
        );
      }
      const object = autoscalerOf(session, info, metrics);
      if (dryRunOf(session) === 'client') print(object, 'autoscaled');
      else {
        const path = pathOf(builtinResource(object), info.namespace);
        const body = flags.is('save-config') ? withLastApplied(object) : object;
        print(await session.object({ method: 'POST', path, query: writeQuery(session), body }), 'autoscaled');
      }
    });
  }
  throwAll(failures);
  return undefined;
}

function metricsOf({ flags }: Session): JsonObject[] {
  const metrics: JsonObject[] = [];
  const percent = flags.number('cpu-percent');
  if (flags.changed('cpu-percent') && percent >= 0)
    metrics.push(metric('cpu', { type: 'Utilization', averageUtilization: percent }));
  for (const name of ['cpu', 'memory']) {
    const written = flags.text(name);
    if (written === '') continue;
    if (written.endsWith('%'))
      metrics.push(metric(name, { type: 'Utilization', averageUtilization: Number(written.slice(0, -1)) }));
    else metrics.push(metric(name, { type: 'AverageValue', averageValue: written }));
  }
  return metrics;
}

function metric(name: string, target: JsonObject): JsonObject {
  return { type: 'Resource', resource: { name, target } };
}

function autoscalerOf({ flags }: Session, info: Info, metrics: readonly JsonObject[]): JsonObject {
  const min = flags.number('min');
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: flags.text('name') || info.name, namespace: info.namespace },
    spec: {
      scaleTargetRef: { kind: info.resource.kind, name: info.name, apiVersion: apiVersionOf(info.resource) },
      ...(min > 0 ? { minReplicas: min } : {}),
      maxReplicas: flags.number('max'),
      metrics,
    },
    status: { currentMetrics: null, desiredReplicas: 0 },
  };
}

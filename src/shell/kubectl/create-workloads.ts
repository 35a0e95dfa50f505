/** Deployments, Jobs and CronJobs as `kubectl create` makes them. */
import type { JsonObject } from './client.ts';
import { containerOf } from './create-generators.ts';
import { KubectlError } from './errors.ts';
import { nameOf, record, text } from './fields.ts';
import type { Session } from './session.ts';

export function deploymentOf({ flags }: Session, name: string, command: readonly string[]): JsonObject {
  const images = flags.list('image');
  if (images.length > 1 && command.length > 0)
    throw new KubectlError('cannot specify multiple --image options and command');
  const containers = images.map((image) => containerOf(containerName(image), image, command));
  const port = flags.number('port');
  const [first] = containers;
  if (first !== undefined && flags.changed('port') && port >= 0) {
    const { resources, ...rest } = first;
    containers[0] = { ...rest, ports: [{ containerPort: port }], resources };
  }
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: flags.number('replicas'),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      strategy: {},
    },
    status: {},
  };
}

/** `docker.io/library/nginx:1.27@sha256:…` → `nginx`. */
function containerName(image: string): string {
  const last = image.split('/').at(-1) ?? image;
  return (
    last
      .split(/[:@]/)[0]
      ?.toLowerCase()
      .replace(/[^a-z0-9-]/g, '-') || 'container'
  );
}

export async function jobOf(session: Session, name: string, command: readonly string[]): Promise<JsonObject> {
  const { flags } = session;
  const image = flags.text('image');
  const from = flags.text('from');
  if ((image === '') === (from === '')) throw new KubectlError('either --image or --from must be specified');
  if (from === '')
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { template: jobTemplate(name, image, command, 'Never') },
      status: {},
    };
  if (command.length > 0) throw new KubectlError('cannot specify --from and command');
  const [type = '', source = ''] = from.split('/');
  const resource = await session.mapping(type);
  if (resource.kind !== 'CronJob') throw new KubectlError('from must be an existing cronjob');
  const cronJob = await session.get(resource, session.namespace, source);
  return jobFrom(cronJob, name);
}

function jobFrom(cronJob: JsonObject, name: string): JsonObject {
  const template = record(cronJob, 'spec', 'jobTemplate');
  const labels = record(template, 'metadata', 'labels');
  const annotations = { ...record(template, 'metadata', 'annotations'), 'cronjob.kubernetes.io/instantiate': 'manual' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      annotations,
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: nameOf(cronJob),
          uid: text(cronJob, 'metadata', 'uid'),
          controller: true,
        },
      ],
    },
    spec: template['spec'],
    status: {},
  };
}

function jobTemplate(name: string, image: string, command: readonly string[], restartPolicy: string): JsonObject {
  return { metadata: {}, spec: { containers: [containerOf(name, image, command)], restartPolicy } };
}

export function cronJobOf({ flags }: Session, name: string, command: readonly string[]): JsonObject {
  const template = jobTemplate(name, flags.text('image'), command, flags.text('restart') || 'OnFailure');
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: { schedule: flags.text('schedule'), jobTemplate: { metadata: { name }, spec: { template } } },
    status: {},
  };
}

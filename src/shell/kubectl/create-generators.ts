/**
 * The objects that `kubectl create KIND NAME …` makes, field by field in the order of the API's structs.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/create/create_*.go
 */
import type { JsonObject } from './client.ts';
import { configMapOf, secretOf } from './create-data.ts';
import { ingressOf } from './create-ingress.ts';
import { clusterRoleOf, roleBindingOf, roleOf } from './create-rbac.ts';
import { cronJobOf, deploymentOf, jobOf } from './create-workloads.ts';
import { KubectlError } from './errors.ts';
import type { Flags } from './flags.ts';
import type { Session } from './session.ts';

type Generator = (session: Session, name: string, command: readonly string[]) => Promise<JsonObject> | JsonObject;

const generators: Readonly<Record<string, Generator>> = {
  deployment: deploymentOf,
  job: jobOf,
  cronjob: cronJobOf,
  configmap: configMapOf,
  'secret generic': secretOf,
  'secret docker-registry': secretOf,
  'secret tls': secretOf,
  role: roleOf,
  clusterrole: clusterRoleOf,
  rolebinding: roleBindingOf,
  clusterrolebinding: roleBindingOf,
  ingress: ingressOf,
  'service clusterip': serviceOf,
  'service nodeport': serviceOf,
  'service loadbalancer': serviceOf,
  'service externalname': serviceOf,
  namespace: (_session, name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} }),
  serviceaccount: (_session, name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
  quota: quotaOf,
  poddisruptionbudget: budgetOf,
  priorityclass: priorityClassOf,
};

/** @throws KubectlError with the generator's complaint about its flags. */
export async function generate(
  session: Session,
  kind: string,
  name: string,
  command: readonly string[],
): Promise<JsonObject> {
  const generator = generators[kind];
  if (generator === undefined) throw new KubectlError(`unknown generator ${kind}`);
  return generator(session, name, command);
}

function serviceOf(session: Session, name: string): JsonObject {
  const { flags } = session;
  const type =
    { clusterip: 'ClusterIP', nodeport: 'NodePort', loadbalancer: 'LoadBalancer', externalname: 'ExternalName' }[
      session.command.split(' ').at(-1) ?? ''
    ] ?? 'ClusterIP';
  const headless = flags.text('clusterip') === 'None';
  const pairs = flags.list('tcp');
  if (pairs.length === 0 && !headless && type !== 'ExternalName')
    throw new KubectlError('at least one tcp port specifier must be provided');
  const nodePort = flags.number('node-port');
  const ports = pairs.map((pair) => servicePort(pair, nodePort));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: {
      ...(ports.length === 0 ? {} : { ports }),
      selector: { app: name },
      ...(flags.text('clusterip') === '' ? {} : { clusterIP: flags.text('clusterip') }),
      type,
      ...(type === 'ExternalName' ? { externalName: flags.text('external-name') } : {}),
    },
    status: { loadBalancer: {} },
  };
}

function servicePort(pair: string, nodePort: number): JsonObject {
  const [left = '', right] = pair.split(':');
  const port = portNumber(left);
  const target = right === undefined ? port : /^\d+$/.test(right) ? portNumber(right) : right;
  return {
    name: pair.replace(':', '-'),
    protocol: 'TCP',
    port,
    targetPort: target,
    ...(nodePort === 0 ? {} : { nodePort }),
  };
}

function portNumber(written: string): number {
  const number = Number(written);
  if (!/^\d+$/.test(written))
    throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(written)}: invalid syntax`);
  if (number > 65535) throw new KubectlError(`must be between 1 and 65535, inclusive`);
  return number;
}

function quotaOf({ flags }: Session, name: string): JsonObject {
  const hard = resourceList(flags.text('hard'));
  const scopes = flags.text('scopes') === '' ? [] : flags.text('scopes').split(',');
  if (scopes.includes('')) throw new KubectlError('invalid resource quota scope ""');
  const spec = { ...(hard === undefined ? {} : { hard }), ...(scopes.length === 0 ? {} : { scopes }) };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec, status: {} };
}

/** `cpu=1,memory=2Gi` as quantities; undefined when empty. */
export function resourceList(written: string): Record<string, string> | undefined {
  if (written === '') return undefined;
  const list: Record<string, string> = {};
  for (const statement of written.split(',')) {
    const [key = '', value] = statement.split('=');
    if (value === undefined || statement.split('=').length !== 2) {
      throw new KubectlError(`Invalid argument syntax ${statement}, expected <resource>=<value>`);
    }
    list[key] = value;
  }
  return list;
}

function budgetOf({ flags }: Session, name: string): JsonObject {
  const selector = flags.text('selector');
  const minimum = flags.text('min-available');
  const maximum = flags.text('max-unavailable');
  if (selector === '') throw new KubectlError('a selector must be specified');
  if (minimum === '' && maximum === '')
    throw new KubectlError('one of min-available or max-unavailable must be specified');
  if (minimum !== '' && maximum !== '')
    throw new KubectlError('min-available and max-unavailable cannot be both specified');
  for (const [value, flag] of [
    [minimum, 'min-available'],
    [maximum, 'max-unavailable'],
  ]) {
    if (value !== '' && !/^\d+%?$/.test(value ?? '')) throw new KubectlError(`invalid format specified for ${flag}`);
  }
  const amount = (value: string): number | string => (value.endsWith('%') ? value : Number(value));
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: {
      ...(minimum === '' ? {} : { minAvailable: amount(minimum) }),
      selector: { matchLabels: equalities(selector) },
      ...(maximum === '' ? {} : { maxUnavailable: amount(maximum) }),
    },
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  };
}

/** `a=b,c=d` as a map. */
export function equalities(written: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const part of written.split(',')) {
    const [key = '', value = ''] = part.split(/==?/);
    if (key.trim() === '' || !part.includes('='))
      throw new KubectlError(`couldn't parse the selector string "${written}": unexpected label spec: ${part}`);
    map[key.trim()] = value.trim();
  }
  return map;
}

function priorityClassOf({ flags }: Session, name: string): JsonObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value: flags.number('value'),
    ...(flags.is('global-default') ? { globalDefault: true } : {}),
    ...(flags.text('description') === '' ? {} : { description: flags.text('description') }),
    preemptionPolicy: flags.text('preemption-policy'),
  };
}

/** A pod's first container. */
export function containerOf(name: string, image: string, command: readonly string[], flags?: Flags): JsonObject {
  const port = flags?.number('port') ?? -1;
  return {
    name,
    image,
    ...(command.length === 0 ? {} : { command: [...command] }),
    ...(port >= 0 ? { ports: [{ containerPort: port }] } : {}),
    resources: {},
  };
}

/**
 * What a container finds: environment variables (with `$(NAME)` references, ConfigMaps, Secrets, fields, service addresses) and
 * its arguments. Pure.
 * @source pkg/kubelet/kubelet_pods.go makeEnvironmentVariables, pkg/kubelet/envvars, pkg/fieldpath
 */
import { decodeBase64 } from '../api/base64.ts';
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import type { Container, EnvVar, KubeObject, Pod, Service } from '../api/types.ts';

export interface EnvironmentView {
  readonly nodeName: string;
  readonly hostIp: string;
  readonly podIp: string;
  /** `configmap/NAME`, `secret/NAME` → the object, or why it cannot be read. */
  readonly objects: ReadonlyMap<string, KubeObject | string>;
  /** Services of the pod's namespace and of `default`. */
  readonly services: readonly Service[];
  /** What the node offers, for limits that are not set. */
  readonly nodeCpuMillis: number;
  readonly nodeMemoryBytes: number;
}

export type EnvironmentResult =
  | { readonly ok: true; readonly env: readonly { readonly name: string; readonly value: string }[] }
  /** As the container's waiting message has it. */
  | { readonly ok: false; readonly error: string };

class Missing extends Error {}

export function environmentOf(pod: Pod, container: Container, view: EnvironmentView): EnvironmentResult {
  const env = new Map<string, string>();
  try {
    for (const [name, value] of serviceVariables(pod, view)) env.set(name, value);
    const services = new Map(env);
    const declared = new Map<string, string>();
    for (const source of container.envFrom ?? []) {
      const reference = source.configMapRef ?? source.secretRef;
      const kind = source.configMapRef !== undefined ? 'configmap' : 'secret';
      const data = dataOf(kind, reference?.name ?? '', reference?.optional === true, view);
      for (const [key, value] of Object.entries(data ?? {})) declared.set(`${source.prefix ?? ''}${key}`, value);
    }
    for (const variable of container.env ?? []) {
      const value = variableValue(pod, container, variable, view, (name) => declared.get(name) ?? services.get(name));
      if (value !== undefined) declared.set(variable.name, value);
    }
    for (const [name, value] of declared) env.set(name, value);
  } catch (problem) {
    if (problem instanceof Missing) return { ok: false, error: problem.message };
    throw problem;
  }
  return { ok: true, env: [...env].map(([name, value]) => ({ name, value })) };
}

/** `$(NAME)` → value; `$$(NAME)` stays; what is unknown stays too. */
export function expandReferences(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (all, name: string | undefined) => {
    if (name === undefined) return '$';
    return lookUp(name) ?? all;
  });
}

/** Names of ConfigMaps and Secrets that the environment needs: `configmap/x`. */
export function environmentObjects(container: Container): string[] {
  const names: string[] = [];
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef?.name !== undefined) names.push(`configmap/${configMapRef.name}`);
    if (secretRef?.name !== undefined) names.push(`secret/${secretRef.name}`);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name !== undefined) names.push(`configmap/${valueFrom.configMapKeyRef.name}`);
    if (valueFrom?.secretKeyRef?.name !== undefined) names.push(`secret/${valueFrom.secretKeyRef.name}`);
  }
  return names;
}

/** A field of the pod as the downward API gives it; undefined: not supported. */
export function fieldValue(
  pod: Pod,
  path: string,
  view: Pick<EnvironmentView, 'nodeName' | 'hostIp' | 'podIp'>,
): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return view.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return view.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return view.podIp;
    default:
      return undefined;
  }
}

/** Text of a key in a ConfigMap or Secret. */
export function dataText(kind: string, object: KubeObject): Record<string, string> {
  const data = (object['data'] ?? {}) as Readonly<Record<string, string>>;
  if (kind === 'configmap') return { ...data };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(value) ?? value]));
}

function variableValue(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  view: EnvironmentView,
  lookUp: (name: string) => string | undefined,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expandReferences(variable.value ?? '', lookUp);
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, view) ?? '';
  if (from.resourceFieldRef !== undefined)
    return resourceValue(
      pod,
      container,
      from.resourceFieldRef.resource,
      from.resourceFieldRef.containerName,
      from.resourceFieldRef.divisor,
      view,
    );
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference === undefined) return '';
  const kind = from.configMapKeyRef !== undefined ? 'configmap' : 'secret';
  const optional = reference.optional === true;
  const name = reference.name ?? '';
  const data = dataOf(kind, name, optional, view);
  if (data === undefined) return undefined;
  const value = data[reference.key];
  if (value !== undefined || optional) return value;
  const title = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new Missing(`couldn't find key ${reference.key} in ${title} ${pod.metadata.namespace}/${name}`);
}

function dataOf(
  kind: 'configmap' | 'secret',
  name: string,
  optional: boolean,
  view: EnvironmentView,
): Record<string, string> | undefined {
  const object = view.objects.get(`${kind}/${name}`);
  if (typeof object === 'object') return dataText(kind, object);
  if (optional) return undefined;
  throw new Missing(object ?? `${kind} "${name}" not found`);
}

function resourceValue(
  pod: Pod,
  container: Container,
  resource: string,
  containerName: string | undefined,
  divisor: string | number | undefined,
  view: EnvironmentView,
): string {
  const target =
    containerName === undefined || containerName === ''
      ? container
      : (pod.spec.containers.find(({ name }) => name === containerName) ?? container);
  const [list, name = ''] = resource.split('.') as ['limits' | 'requests', string];
  const isCpu = name === 'cpu';
  const quantity = target.resources?.[list]?.[name];
  const by = divisor === undefined || String(divisor) === '0' ? '1' : divisor;
  const amount =
    quantity === undefined
      ? fallbackAmount(list, name, view)
      : isCpu
        ? quantityMilliValue(quantity)
        : quantityValue(quantity);
  return String(Math.ceil(amount / (isCpu ? quantityMilliValue(by) : quantityValue(by))));
}

function fallbackAmount(list: string, name: string, view: EnvironmentView): number {
  if (list === 'requests') return 0;
  return name === 'cpu' ? view.nodeCpuMillis : name === 'memory' ? view.nodeMemoryBytes : 0;
}

/** Addresses of services as Docker links wrote them: `WEB_SERVICE_HOST`, `WEB_PORT_80_TCP_ADDR`. */
function serviceVariables(pod: Pod, view: EnvironmentView): [string, string][] {
  const links = pod.spec.enableServiceLinks !== false;
  const variables: [string, string][] = [];
  for (const service of view.services) {
    const { name, namespace } = service.metadata;
    const ip = service.spec.clusterIP;
    if (ip === undefined || ip === '' || ip === 'None') continue;
    const isMaster = namespace === 'default' && name === 'kubernetes';
    if (!isMaster && (!links || namespace !== pod.metadata.namespace)) continue;
    const prefix = name.toUpperCase().replaceAll('-', '_');
    const ports = service.spec.ports ?? [];
    variables.push([`${prefix}_SERVICE_HOST`, ip], [`${prefix}_SERVICE_PORT`, String(ports[0]?.port ?? '')]);
    for (const port of ports)
      if (port.name !== undefined && port.name !== '')
        variables.push([`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port)]);
    for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
      const lower = protocol.toLowerCase();
      const long = `${prefix}_PORT_${port}_${protocol}`;
      if (index === 0) variables.push([`${prefix}_PORT`, `${lower}://${ip}:${port}`]);
      variables.push(
        [long, `${lower}://${ip}:${port}`],
        [`${long}_PROTO`, lower],
        [`${long}_PORT`, String(port)],
        [`${long}_ADDR`, ip],
      );
    }
  }
  return variables;
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key] ?? '')}`)
    .join('\n');
}

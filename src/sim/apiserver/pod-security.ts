/**
 * PodSecurity: what a namespace's `pod-security.kubernetes.io/enforce` (and warn) label lets its pods do.
 * @source staging/src/k8s.io/pod-security-admission/{admission,policy}
 */
import type { Container, KubeObject, Pod, PodSpec, Status } from '../api/types.ts';
import { type Admission, forbid } from './admission.ts';
import { cached } from './watch-cache.ts';

type Level = 'privileged' | 'baseline' | 'restricted';
type Fields = Readonly<Record<string, unknown>>;

const LABEL = 'pod-security.kubernetes.io/';

/** Pods and what makes them. */
const WITH_PODS: ReadonlySet<string> = new Set([
  'pods',
  'podtemplates',
  'replicationcontrollers',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
]);

export function podSecurity(admission: Admission, object: KubeObject | undefined): Status | undefined {
  const { kind, operation, subresource } = admission;
  if (object === undefined || operation === 'DELETE' || (subresource !== '' && subresource !== 'ephemeralcontainers'))
    return undefined;
  if (!WITH_PODS.has(kind.plural)) return undefined;
  const labels = cached(admission.server.me, '/registry/namespaces', admission.namespace)?.metadata.labels;
  const enforce = levelOf(labels?.[`${LABEL}enforce`]);
  const warn = levelOf(labels?.[`${LABEL}warn`]);
  if (enforce === 'privileged' && warn === 'privileged') return undefined;
  const isPod = kind.plural === 'pods' && kind.group === '';
  if (
    isPod &&
    operation === 'UPDATE' &&
    subresource === '' &&
    sameImages(object as Pod, admission.old as Pod | undefined)
  )
    return undefined;
  const spec = isPod ? (object as Pod).spec : templateOf(object);
  if (spec === undefined) return undefined;
  if (warn !== 'privileged') {
    const found = violations(spec, warn);
    const version = labels?.[`${LABEL}warn-version`] ?? 'latest';
    if (found.length > 0)
      admission.warnings.push(`would violate PodSecurity "${warn}:${version}": ${found.join(', ')}`);
  }
  if (!isPod || enforce === 'privileged') return undefined;
  const found = violations(spec, enforce);
  if (found.length === 0) return undefined;
  const version = labels?.[`${LABEL}enforce-version`] ?? 'latest';
  return forbid(admission, `violates PodSecurity "${enforce}:${version}": ${found.join(', ')}`);
}

function levelOf(label: string | undefined): Level {
  return label === 'baseline' || label === 'restricted'
    ? label
    : label === undefined || label === 'privileged'
      ? 'privileged'
      : 'restricted';
}

function templateOf(object: KubeObject): PodSpec | undefined {
  const spec = object['spec'] as
    | { readonly template?: { readonly spec?: PodSpec }; readonly jobTemplate?: KubeObject }
    | undefined;
  return spec?.template?.spec ?? (spec?.jobTemplate === undefined ? undefined : templateOf(spec.jobTemplate));
}

/** Everything in a pod that a level does not allow, in the words and order of the real checks. */
export function violations(spec: PodSpec, level: Level): string[] {
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const found: string[] = [];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true);
  if (host.length > 0) found.push(`host namespaces (${host.map((name) => `${name}=true`).join(', ')})`);
  hostPorts(found, all);
  privileged(found, all);
  const hostPaths = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined);
  if (level === 'baseline') {
    if (hostPaths.length > 0)
      found.push(
        `hostPath volumes (${plural(
          'volume',
          hostPaths.map(({ name }) => name),
        )})`,
      );
    capabilities(found, all);
    return found;
  }
  escalation(found, all);
  restrictedCapabilities(found, all);
  volumeTypes(found, spec);
  nonRoot(found, spec, all);
  seccomp(found, spec, all);
  return found;
}

function hostPorts(found: string[], all: readonly Container[]): undefined {
  const bad = all.filter((container) => container.ports?.some(({ hostPort }) => (hostPort ?? 0) > 0) === true);
  if (bad.length === 0) return;
  const ports = [...new Set(bad.flatMap((container) => (container.ports ?? []).map(({ hostPort }) => hostPort ?? 0)))]
    .filter((port) => port > 0)
    .sort((a, b) => a - b);
  const verb = bad.length > 1 ? 'use' : 'uses';
  const noun = ports.length > 1 ? 'hostPorts' : 'hostPort';
  found.push(
    `hostPort (${plural(
      'container',
      bad.map(({ name }) => name),
    )} ${verb} ${noun} ${ports.join(', ')})`,
  );
}

function privileged(found: string[], all: readonly Container[]): undefined {
  const bad = all.filter(({ securityContext }) => securityContext?.['privileged'] === true);
  if (bad.length > 0) found.push(`privileged (${names(bad)} must not set securityContext.privileged=true)`);
}

const BASELINE_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

function capabilities(found: string[], all: readonly Container[]): undefined {
  const bad = all.filter((container) => added(container).some((name) => !BASELINE_CAPABILITIES.has(name)));
  if (bad.length === 0) return;
  const list = [
    ...new Set(bad.flatMap((container) => added(container).filter((name) => !BASELINE_CAPABILITIES.has(name)))),
  ].sort();
  found.push(
    `non-default capabilities (${names(bad)} must not include ${quoted(list)} in securityContext.capabilities.add)`,
  );
}

function escalation(found: string[], all: readonly Container[]): undefined {
  const bad = all.filter(({ securityContext }) => securityContext?.['allowPrivilegeEscalation'] !== false);
  if (bad.length > 0)
    found.push(
      `allowPrivilegeEscalation != false (${names(bad)} must set securityContext.allowPrivilegeEscalation=false)`,
    );
}

function restrictedCapabilities(found: string[], all: readonly Container[]): undefined {
  const undropped = all.filter((container) => !listOf(container, 'drop').includes('ALL'));
  const adding = all.filter((container) => added(container).some((name) => name !== 'NET_BIND_SERVICE'));
  const parts: string[] = [];
  if (undropped.length > 0) parts.push(`${names(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const list = [
      ...new Set(adding.flatMap((container) => added(container).filter((name) => name !== 'NET_BIND_SERVICE'))),
    ].sort();
    parts.push(`${names(adding)} must not include ${quoted(list)} in securityContext.capabilities.add`);
  }
  if (parts.length > 0) found.push(`unrestricted capabilities (${parts.join('; ')})`);
}

const ALLOWED_VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

function volumeTypes(found: string[], spec: PodSpec): undefined {
  const typeOf = (volume: Fields) =>
    Object.keys(volume).find((key) => key !== 'name' && volume[key] !== undefined) ?? 'emptyDir';
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.has(typeOf(volume)));
  if (bad.length === 0) return;
  const types = [...new Set(bad.map(typeOf))].sort();
  const verb = bad.length > 1 ? 'use' : 'uses';
  const noun = types.length > 1 ? 'restricted volume types' : 'restricted volume type';
  found.push(
    `restricted volume types (${plural(
      'volume',
      bad.map(({ name }) => name),
    )} ${verb} ${noun} ${quoted(types)})`,
  );
}

function nonRoot(found: string[], spec: PodSpec, all: readonly Container[]): undefined {
  const pod = spec.securityContext?.['runAsNonRoot'];
  const explicit = all.filter(({ securityContext }) => securityContext?.['runAsNonRoot'] === false);
  const implicit = all.filter(({ securityContext }) => securityContext?.['runAsNonRoot'] === undefined);
  const bad = pod === true ? explicit : [...explicit, ...implicit];
  if (bad.length === 0) return;
  const who = implicit.length > 0 && pod !== true ? `pod or ${names(bad)}` : names(bad);
  const what =
    explicit.length > 0 && implicit.length === 0
      ? 'must not set securityContext.runAsNonRoot=false'
      : 'must set securityContext.runAsNonRoot=true';
  found.push(`runAsNonRoot != true (${who} ${what})`);
}

function seccomp(found: string[], spec: PodSpec, all: readonly Container[]): undefined {
  const good = (context: Fields | undefined) => {
    const type = (context?.['seccompProfile'] as { readonly type?: string } | undefined)?.type;
    return type === undefined ? undefined : type === 'RuntimeDefault' || type === 'Localhost';
  };
  const pod = good(spec.securityContext);
  const bad = all.filter(({ securityContext }) => !(good(securityContext) ?? pod === true));
  if (bad.length === 0) return;
  found.push(
    `seccompProfile (pod or ${names(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
  );
}

function listOf({ securityContext }: Container, name: 'add' | 'drop'): readonly string[] {
  const capabilitiesOf = securityContext?.['capabilities'] as
    | { readonly add?: readonly string[]; readonly drop?: readonly string[] }
    | undefined;
  return capabilitiesOf?.[name] ?? [];
}

function added(container: Container): readonly string[] {
  return listOf(container, 'add');
}

function names(containers: readonly Container[]): string {
  return plural(
    'container',
    containers.map(({ name }) => name),
  );
}

function plural(noun: string, list: readonly string[]): string {
  return `${noun}${list.length > 1 ? 's' : ''} ${quoted(list)}`;
}

function quoted(list: readonly string[]): string {
  return list.map((item) => `"${item}"`).join(', ');
}

function sameImages(pod: Pod, old: Pod | undefined): boolean {
  if (old === undefined) return false;
  const images = ({ spec }: Pod) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image).join('\n');
  return images(pod) === images(old);
}

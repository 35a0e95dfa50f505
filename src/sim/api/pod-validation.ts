/**
 * What the API server demands of a pod or a pod template, in the order in which it says so.
 * @source pkg/apis/core/validation/validation.go ValidatePodSpec
 */
import { parseIp } from './address.ts';
import { IP_WRONG } from './address-validation.ts';
import { validateContainers, validateInitContainers } from './container-validation.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints, validateAnnotations, validateLabels } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain, isQualifiedName } from './names.ts';
import { validateAffinity, validateSpreadConstraints, validateTolerations } from './placement-validation.ts';
import { validateVolumes } from './pod-volume-validation.ts';
import { validatePodLevelResources, validateResourceName, validateResourceQuantity } from './resource-validation.ts';
import { validatePodSecurity } from './security-validation.ts';
import type { PodSpec, PodTemplateSpec, StringMap } from './types.ts';

export interface PodContext {
  readonly annotations?: StringMap | undefined;
  /** A pod itself, not a template of one. */
  readonly isPod: boolean;
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const MAX_INT32 = 2_147_483_647;

export function validatePodSpec(errors: FieldError[], spec: PodSpec, field: string, context: PodContext): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(`${field}.terminationGracePeriodSeconds`));
  const volumes = validateVolumes(errors, spec.volumes, `${field}.volumes`);
  validateContainers(errors, spec, volumes, `${field}.containers`);
  validateInitContainers(errors, spec, volumes, `${field}.initContainers`);
  if (spec.resources !== undefined) validatePodLevelResources(errors, spec.resources, `${field}.resources`);
  if (spec.hostNetwork === true) validateHostNetworkPorts(errors, spec, field, context.isPod);
  validateChoice(errors, spec.restartPolicy, RESTART_POLICIES, `${field}.restartPolicy`);
  validateChoice(errors, spec.dnsPolicy, DNS_POLICIES, `${field}.dnsPolicy`);
  if (spec.nodeSelector !== undefined) validateLabels(errors, spec.nodeSelector, `${field}.nodeSelector`);
  validatePodSecurity(errors, spec, `${field}.securityContext`);
  if (spec.affinity !== undefined) validateAffinity(errors, spec.affinity, `${field}.affinity`);
  validateDns(errors, spec, `${field}.dnsConfig`);
  spec.readinessGates?.forEach(({ conditionType }, i) => {
    const path = `${field}.readinessGates[${i}].conditionType`;
    pushComplaints(errors, path, conditionType ?? '', isQualifiedName(conditionType ?? ''));
  });
  if (spec.schedulingGates !== undefined) validateSchedulingGates(errors, spec, `${field}.schedulingGates`);
  if (spec.topologySpreadConstraints !== undefined) {
    validateSpreadConstraints(errors, spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`);
  }
  validateNames(errors, spec, field);
  if (spec.tolerations !== undefined) validateTolerations(errors, spec.tolerations, `${field}.tolerations`);
  if (spec.hostAliases !== undefined) validateHostAliases(errors, spec, `${field}.hostAliases`);
  if (spec.priorityClassName) {
    pushComplaints(
      errors,
      `${field}.priorityClassName`,
      spec.priorityClassName,
      isDnsSubdomain(spec.priorityClassName),
    );
  }
  if (spec.runtimeClassName !== undefined) {
    pushComplaints(errors, `${field}.runtimeClassName`, spec.runtimeClassName, isDnsSubdomain(spec.runtimeClassName));
  }
  if (spec.preemptionPolicy !== undefined) {
    validateChoice(errors, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${field}.preemptionPolicy`);
  }
  for (const resource in spec.overhead) {
    validateResourceName(errors, resource, `${field}.overhead.limits[${resource}]`);
    validateResourceQuantity(errors, resource, spec.overhead[resource] ?? 0, `${field}.overhead.limits[${resource}]`);
  }
  if (spec.os !== undefined) validateChoice(errors, spec.os.name, ['linux', 'windows'], `${field}.os.name`);
  if (context.isPod) validateOnlyForPod(errors, spec, field);
}

/** What only a pod itself must obey. */
function validateOnlyForPod(errors: FieldError[], spec: PodSpec, field: string): void {
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list] ?? [];
    for (let i = 0; i < containers.length; i++) {
      const image = containers[i]?.image;
      if (image !== undefined && image !== image.trim()) {
        errors.push(invalid(`${field}.${list}[${i}].image`, image, 'must not have leading or trailing whitespace'));
      }
    }
  }
}

/** What only the creation of a pod forbids. */
export function validatePodCreation(errors: FieldError[], spec: PodSpec): void {
  if ((spec.ephemeralContainers?.length ?? 0) > 0) {
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates?.length ?? 0) > 0) {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
}

/** A pod template, wherever it stands. */
export function validateTemplate(errors: FieldError[], template: PodTemplateSpec, field: string): void {
  const { labels, annotations } = template.metadata ?? {};
  if (labels !== undefined) validateLabels(errors, labels, `${field}.metadata.labels`);
  if (annotations !== undefined) validateAnnotations(errors, annotations, `${field}.metadata.annotations`);
  validatePodSpec(errors, template.spec, `${field}.spec`, { annotations, isPod: false });
  if ((template.spec.ephemeralContainers?.length ?? 0) > 0) {
    errors.push(
      forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    );
  }
}

function validateChoice(
  errors: FieldError[],
  value: string | undefined,
  supported: readonly string[],
  field: string,
): void {
  if (value === undefined || value === '') errors.push(required(field));
  else if (!supported.includes(value)) errors.push(notSupported(field, value, supported));
}

function validateHostNetworkPorts(errors: FieldError[], spec: PodSpec, field: string, isPod: boolean): void {
  spec.containers?.forEach(({ ports = [] }, i) => {
    ports.forEach(({ containerPort, hostPort = 0 }, j) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return;
      const path = `${field}.containers[${i}].ports[${j}].hostPort`;
      errors.push(invalid(path, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    });
  });
}

function validateNames(errors: FieldError[], spec: PodSpec, field: string): void {
  const { serviceAccountName, nodeName, activeDeadlineSeconds, hostname, subdomain } = spec;
  if (serviceAccountName) {
    pushComplaints(errors, `${field}.serviceAccountName`, serviceAccountName, isDnsSubdomain(serviceAccountName));
  }
  if (nodeName) pushComplaints(errors, `${field}.nodeName`, nodeName, isDnsSubdomain(nodeName));
  if (activeDeadlineSeconds !== undefined && (activeDeadlineSeconds < 1 || activeDeadlineSeconds > MAX_INT32)) {
    const detail = `must be between 1 and ${MAX_INT32}, inclusive`;
    errors.push(invalid(`${field}.activeDeadlineSeconds`, activeDeadlineSeconds, detail));
  }
  if (hostname) pushComplaints(errors, `${field}.hostname`, hostname, isDnsLabel(hostname));
  if (subdomain) pushComplaints(errors, `${field}.subdomain`, subdomain, isDnsLabel(subdomain));
}

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

function validateDns(errors: FieldError[], { dnsConfig, dnsPolicy }: PodSpec, field: string): void {
  const nameservers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) {
      errors.push(required(field, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (nameservers.length === 0) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(required(`${field}.nameservers`, detail));
      return;
    }
  }
  if (dnsConfig === undefined) return;
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.push(invalid(`${field}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  }
  nameservers.forEach((nameserver, i) => {
    if (parseIp(nameserver) === undefined) errors.push(invalid(`${field}.nameservers[${i}]`, nameserver, IP_WRONG));
  });
  const searches = dnsConfig.searches ?? [];
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  }
  searches.forEach((search, i) => {
    const name = search.replace(/\.$/, '').replaceAll('_', 'a');
    if (search !== '.') pushComplaints(errors, `${field}.searches[${i}]`, search, isDnsSubdomain(name));
  });
}

function validateSchedulingGates(errors: FieldError[], spec: PodSpec, field: string): void {
  const seen = new Set<string>();
  spec.schedulingGates?.forEach(({ name }, i) => {
    pushComplaints(errors, `${field}[${i}]`, name, isQualifiedName(name));
    if (seen.has(name))
      errors.push({
        ...invalid(`${field}[${i}]`, name, ''),
        type: 'FieldValueDuplicate',
        body: `Duplicate value: "${name}"`,
      });
    seen.add(name);
  });
}

function validateHostAliases(errors: FieldError[], spec: PodSpec, field: string): void {
  spec.hostAliases?.forEach(({ ip, hostnames = [] }, i) => {
    if (parseIp(ip ?? '') === undefined) errors.push(invalid(`${field}[${i}].ip`, ip ?? '', IP_WRONG));
    hostnames.forEach((hostname, j) => {
      pushComplaints(errors, `${field}[${i}].hostnames[${j}]`, hostname, isDnsSubdomain(hostname));
    });
  });
}

/**
 * What a container must say.
 * @source pkg/apis/core/validation/validation.go validateContainerCommon and what it calls
 */
import { validateEnvironment } from './environment-validation.ts';
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
} from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isDnsLabel, isPortName, isPortNumber } from './names.ts';
import { validateDescendingPath } from './path-validation.ts';
import { validateHandler, validateProbe } from './probe-validation.ts';
import { validateContainerResources } from './resource-validation.ts';
import { validateContainerSecurity } from './security-validation.ts';
import type { Container, ContainerPort, PodSpec } from './types.ts';

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

/** The containers of a pod; at least one. */
export function validateContainers(
  errors: FieldError[],
  spec: PodSpec,
  volumes: ReadonlySet<string>,
  field: string,
): void {
  const containers = spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(required(field));
    return;
  }
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i]!;
    const path = `${field}[${i}]`;
    validateContainer(errors, container, spec, volumes, path);
    if (nameTaken(containers, i)) errors.push(duplicate(`${path}.name`, container.name));
    validateLifecycle(errors, container, spec, path);
    validateRestartPolicy(errors, container, path);
  }
  validateHostPorts(errors, containers, field);
}

/** Init containers; those that always restart (sidecars) may have probes and hooks. */
export function validateInitContainers(
  errors: FieldError[],
  spec: PodSpec,
  volumes: ReadonlySet<string>,
  field: string,
): void {
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  (spec.initContainers ?? []).forEach((container, i) => {
    const path = `${field}[${i}]`;
    validateContainer(errors, container, spec, volumes, path);
    validateRestartPolicy(errors, container, path);
    if (names.has(container.name)) errors.push(duplicate(`${path}.name`, container.name));
    else if (container.name) names.add(container.name);
    validateHostPorts(errors, [container], field);
    if (container.restartPolicy === 'Always') {
      validateLifecycle(errors, container, spec, path);
      return;
    }
    for (const forbidden of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[forbidden] === undefined) continue;
      errors.push(
        forbiddenField(`${path}.${forbidden}`, 'may not be set for init containers without restartPolicy=Always'),
      );
    }
  });
}

function validateContainer(
  errors: FieldError[],
  container: Container,
  spec: PodSpec,
  volumes: ReadonlySet<string>,
  path: string,
): void {
  if (!container.name) errors.push(required(`${path}.name`));
  else pushComplaints(errors, `${path}.name`, container.name, isDnsLabel(container.name));
  if (!container.image) errors.push(required(`${path}.image`));
  const messagePolicy = container.terminationMessagePolicy ?? '';
  if (messagePolicy === '') errors.push(required(`${path}.terminationMessagePolicy`));
  else if (!MESSAGE_POLICIES.includes(messagePolicy)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, messagePolicy, MESSAGE_POLICIES));
  }
  if (container.ports !== undefined) validatePorts(errors, container.ports, `${path}.ports`);
  validateEnvironment(errors, container, path);
  if (container.volumeMounts !== undefined) validateMounts(errors, container, volumes, path);
  const pullPolicy = container.imagePullPolicy ?? '';
  if (pullPolicy === '') errors.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(pullPolicy)) {
    errors.push(notSupported(`${path}.imagePullPolicy`, pullPolicy, PULL_POLICIES));
  }
  if (container.resources !== undefined) validateContainerResources(errors, container.resources, `${path}.resources`);
  if (container.securityContext !== undefined) {
    validateContainerSecurity(
      errors,
      container.securityContext,
      `${path}.securityContext`,
      spec['hostUsers'] !== false,
    );
  }
}

/** Whether an earlier container has the same name. */
function nameTaken(containers: readonly Container[], index: number): boolean {
  for (let i = 0; i < index; i++) if (containers[i]?.name === containers[index]?.name) return true;
  return false;
}

function validatePorts(errors: FieldError[], ports: readonly ContainerPort[], field: string): void {
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const path = `${field}[${i}]`;
    if (port.name) {
      const wrong = isPortName(port.name);
      pushComplaints(errors, `${path}.name`, port.name, wrong);
      if (wrong.length === 0 && names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${path}.containerPort`));
    else pushComplaints(errors, `${path}.containerPort`, port.containerPort, isPortNumber(port.containerPort));
    if (port.hostPort) pushComplaints(errors, `${path}.hostPort`, port.hostPort, isPortNumber(port.hostPort));
    if (!port.protocol) errors.push(required(`${path}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) {
      errors.push(notSupported(`${path}.protocol`, port.protocol, PROTOCOLS));
    }
  });
}

function validateMounts(
  errors: FieldError[],
  container: Container,
  volumes: ReadonlySet<string>,
  containerPath: string,
): void {
  const taken = new Set<string>();
  const field = `${containerPath}.volumeMounts`;
  container.volumeMounts?.forEach(({ name, mountPath, subPath }, i) => {
    const path = `${field}[${i}]`;
    if (!name) errors.push(required(`${path}.name`));
    if (!volumes.has(name)) errors.push(notFoundField(`${path}.name`, name ?? ''));
    if (!mountPath) errors.push(required(`${path}.mountPath`));
    if (taken.has(mountPath)) errors.push(invalid(`${path}.mountPath`, mountPath, 'must be unique'));
    taken.add(mountPath);
    if (subPath) validateDescendingPath(errors, subPath, `${field}.subPath`);
  });
}

function validateLifecycle(errors: FieldError[], container: Container, spec: PodSpec, path: string): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const grace = spec.terminationGracePeriodSeconds;
  if (lifecycle?.postStart !== undefined) {
    validateHandler(errors, lifecycle.postStart, `${path}.lifecycle.postStart`, grace);
  }
  if (lifecycle?.preStop !== undefined) validateHandler(errors, lifecycle.preStop, `${path}.lifecycle.preStop`, grace);
  if (livenessProbe !== undefined) validateProbe(errors, livenessProbe, `${path}.livenessProbe`, 'liveness');
  if (readinessProbe !== undefined) validateProbe(errors, readinessProbe, `${path}.readinessProbe`, 'readiness');
  if (startupProbe !== undefined) validateProbe(errors, startupProbe, `${path}.startupProbe`, 'startup');
}

function validateRestartPolicy(errors: FieldError[], container: Container, path: string): void {
  const { restartPolicy } = container;
  if (restartPolicy !== undefined && !RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
}

/** No two containers may want the same port of the host. */
function validateHostPorts(errors: FieldError[], containers: readonly Container[], field: string): void {
  let taken: Set<string> | undefined;
  for (let c = 0; c < containers.length; c++) {
    const ports = containers[c]?.ports ?? [];
    for (let p = 0; p < ports.length; p++) {
      const { hostPort, hostIP = '', protocol } = ports[p]!;
      if (!hostPort) continue;
      taken ??= new Set();
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${field}[${c}].ports[${p}].hostPort`, key));
      taken.add(key);
    }
  }
}

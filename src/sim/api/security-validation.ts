/**
 * Security contexts of pods and containers.
 * @source pkg/apis/core/validation/validation.go ValidateSecurityContext, validatePodSpecSecurityContext
 */
import { type FieldError, invalid, notSupported, required } from './field-error.ts';
import { internalText } from './internal-form.ts';
import { pushComplaints } from './metadata.ts';
import { isInRange } from './names.ts';
import type { PodSpec } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

const MAX_ID = 2_147_483_647;

export function validateContainerSecurity(
  errors: FieldError[],
  context: Fields,
  field: string,
  hostUsers: boolean,
): void {
  validateId(errors, context, 'runAsUser', field);
  validateId(errors, context, 'runAsGroup', field);
  const procMount = context['procMount'];
  if (procMount !== undefined && procMount !== 'Default' && procMount !== 'Unmasked') {
    errors.push(notSupported(`${field}.procMount`, procMount, ['Default', 'Unmasked']));
  }
  if (hostUsers && procMount === 'Unmasked') {
    errors.push(invalid(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  validateProfile(errors, context['seccompProfile'], `${field}.seccompProfile`);
  if (context['allowPrivilegeEscalation'] === false) {
    if (context['privileged'] === true) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      errors.push({ ...invalid(field, null, detail), body: internalBody(context, detail) });
    }
    const added = isFields(context['capabilities']) ? context['capabilities']['add'] : undefined;
    if (Array.isArray(added) && added.includes('CAP_SYS_ADMIN')) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      errors.push({ ...invalid(field, null, detail), body: internalBody(context, detail) });
    }
  }
  validateProfile(errors, context['appArmorProfile'], `${field}.appArmorProfile`);
}

function internalBody(context: Fields, detail: string): string {
  return `Invalid value: ${internalText('SecurityContext', context)}: ${detail}`;
}

export function validatePodSecurity(errors: FieldError[], spec: PodSpec, field: string): void {
  const context = spec.securityContext;
  if (context === undefined) return;
  for (const _some in context) {
    validateId(errors, context, 'fsGroup', field);
    validateId(errors, context, 'runAsUser', field);
    validateId(errors, context, 'runAsGroup', field);
    const groups = context['supplementalGroups'];
    if (Array.isArray(groups)) {
      groups.forEach((group: unknown, i) => {
        pushComplaints(errors, `${field}.supplementalGroups[${i}]`, group, isInRange(Number(group), 0, MAX_ID));
      });
    }
    const change = context['fsGroupChangePolicy'];
    if (change !== undefined && change !== 'Always' && change !== 'OnRootMismatch') {
      errors.push(notSupported(`${field}.fsGroupChangePolicy`, change, ['Always', 'OnRootMismatch']));
    }
    validateSysctls(errors, context['sysctls'], `${field}.sysctls`);
    validateProfile(errors, context['seccompProfile'], `${field}.seccompProfile`);
    validateProfile(errors, context['appArmorProfile'], `${field}.appArmorProfile`);
    return;
  }
}

function validateId(errors: FieldError[], context: Fields, name: string, field: string): void {
  const id = context[name];
  if (typeof id === 'number') pushComplaints(errors, `${field}.${name}`, id, isInRange(id, 0, MAX_ID));
}

function validateSysctls(errors: FieldError[], sysctls: unknown, field: string): void {
  if (!Array.isArray(sysctls)) return;
  const names = new Set<string>();
  (sysctls as readonly { readonly name?: string }[]).forEach(({ name = '' }, i) => {
    const format = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
    if (name === '') errors.push(required(`${field}[${i}].name`));
    else if (name.length > 253 || !new RegExp(`^(${format}[\\./])*${format}$`).test(name)) {
      const rule = `^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;
      errors.push(invalid(`${field}[${i}].name`, name, `must have at most 253 characters and match regex ${rule}`));
    } else if (names.has(name)) {
      errors.push(invalid(`${field}[${i}].name`, name, 'must be unique'));
    }
    names.add(name);
  });
}

/** Seccomp and AppArmor alike: a type, and a file name with `Localhost` only. */
function validateProfile(errors: FieldError[], profile: unknown, field: string): void {
  if (!isFields(profile)) return;
  const { type, localhostProfile } = profile;
  const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  if (typeof type !== 'string' || !types.includes(type)) {
    errors.push(
      type === undefined || type === '' ? required(`${field}.type`, '') : notSupported(`${field}.type`, type, types),
    );
  }
  if (type === 'Localhost' && !localhostProfile) {
    errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  } else if (type !== 'Localhost' && localhostProfile !== undefined) {
    errors.push(
      invalid(`${field}.localhostProfile`, localhostProfile, 'can only be set when seccomp type is Localhost'),
    );
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

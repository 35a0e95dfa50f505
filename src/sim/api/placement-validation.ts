/**
 * Where a pod may go: affinity, tolerations, spreading.
 * @source pkg/apis/core/validation/validation.go validateAffinity, ValidateTolerations, validateTopologySpreadConstraints
 */
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints, validateLabelSelector } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from './names.ts';
import type {
  Affinity,
  LabelSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from './types.ts';

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const HARD = 'requiredDuringSchedulingIgnoredDuringExecution';
const SOFT = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(errors: FieldError[], affinity: Affinity, field: string): void {
  const { nodeAffinity } = affinity;
  const hard = nodeAffinity?.[HARD];
  if (hard !== undefined) validateNodeSelector(errors, hard.nodeSelectorTerms, `${field}.nodeAffinity.${HARD}`);
  nodeAffinity?.[SOFT]?.forEach(({ weight, preference }, i) => {
    const path = `${field}.nodeAffinity.${SOFT}[${i}]`;
    validateWeight(errors, weight, path);
    validateTerm(errors, preference ?? {}, `${path}.preference`, false);
  });
  for (const side of ['podAffinity', 'podAntiAffinity'] as const) {
    affinity[side]?.[HARD]?.forEach((term, i) => {
      validatePodTerm(errors, term, `${field}.${side}.${HARD}[${i}]`);
    });
    affinity[side]?.[SOFT]?.forEach(({ weight, podAffinityTerm }, i) => {
      const path = `${field}.${side}.${SOFT}[${i}]`;
      validateWeight(errors, weight, path);
      validatePodTerm(errors, podAffinityTerm, `${path}.podAffinityTerm`);
    });
  }
}

/** The terms a node must match one of. */
export function validateNodeSelector(
  errors: FieldError[],
  terms: readonly NodeSelectorTerm[] | undefined,
  field: string,
): void {
  if ((terms?.length ?? 0) === 0) {
    errors.push(required(`${field}.nodeSelectorTerms`, 'must have at least one node selector term'));
  }
  terms?.forEach((term, i) => {
    validateTerm(errors, term, `${field}.nodeSelectorTerms[${i}]`, true);
  });
}

function validateWeight(errors: FieldError[], weight: number, path: string): void {
  if (!(weight > 0 && weight <= 100)) errors.push(invalid(`${path}.weight`, weight ?? 0, 'must be in the range 1-100'));
}

function validateTerm(errors: FieldError[], term: NodeSelectorTerm, field: string, checkValues: boolean): void {
  term.matchExpressions?.forEach((requirement, i) => {
    validateExpression(errors, requirement, `${field}.matchExpressions[${i}]`, checkValues);
  });
  term.matchFields?.forEach(({ key, operator, values = [] }, i) => {
    const path = `${field}.matchFields[${i}]`;
    if (operator !== 'In' && operator !== 'NotIn') {
      errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
    } else if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(required(`${path}.values`, detail));
    }
    if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key ?? '', 'not a valid field selector key'));
    else {
      values.forEach((value, j) => {
        pushComplaints(errors, `${path}.values[${j}]`, value, isDnsSubdomain(value));
      });
    }
  });
}

function validateExpression(
  errors: FieldError[],
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  checkValues: boolean,
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(forbiddenField(`${path}.values`, detail));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  }
  pushComplaints(errors, `${path}.key`, key ?? '', isQualifiedName(key ?? ''));
  if (!checkValues) return;
  values.forEach((value, i) => {
    pushComplaints(errors, `${path}.values[${i}]`, value, isLabelValue(value));
  });
}

function validatePodTerm(errors: FieldError[], term: PodAffinityTerm | undefined, field: string): void {
  validateLabelSelector(errors, term?.labelSelector, `${field}.labelSelector`);
  validateLabelSelector(errors, term?.namespaceSelector, `${field}.namespaceSelector`);
  for (const namespace of term?.namespaces ?? []) {
    pushComplaints(errors, `${field}.namespace`, namespace, isDnsLabel(namespace));
  }
  validateLabelKeys(errors, term?.matchLabelKeys, term?.labelSelector, `${field}.matchLabelKeys`);
  validateLabelKeys(errors, term?.mismatchLabelKeys, term?.labelSelector, `${field}.mismatchLabelKeys`);
  const topologyKey = term?.topologyKey ?? '';
  if (topologyKey === '') errors.push(required(`${field}.topologyKey`, 'can not be empty'));
  pushComplaints(errors, `${field}.topologyKey`, topologyKey, isQualifiedName(topologyKey));
}

function validateLabelKeys(
  errors: FieldError[],
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  field: string,
): void {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) errors.push(forbiddenField(field, 'must not be specified when labelSelector is not set'));
  keys.forEach((key, i) => {
    pushComplaints(errors, `${field}[${i}]`, key, isQualifiedName(key));
  });
}

export function validateTolerations(errors: FieldError[], tolerations: readonly Toleration[], field: string): void {
  tolerations.forEach(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, i) => {
    const path = `${field}[${i}]`;
    if (key !== '') pushComplaints(errors, `${path}.key`, key, isQualifiedName(key));
    if (key === '' && operator !== 'Exists') {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${path}.operator`, operator, detail));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === '' || operator === 'Equal') {
      const wrong = isLabelValue(value);
      if (wrong.length > 0) errors.push(invalid(`${path}.operator`, value, wrong.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') {
        errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
      }
    } else if (operator === 'Lt' || operator === 'Gt') {
      errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
    } else {
      errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
    }
    if (effect !== '' && !TAINT_EFFECTS.includes(effect)) {
      errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS));
    }
  });
}

/** Taints of a node: unique by key and effect. */
export function validateTaints(errors: FieldError[], taints: readonly Taint[], field: string): void {
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const { key = '', value = '', effect = '' } = taint;
    const path = `${field}[${i}]`;
    pushComplaints(errors, `${path}.key`, key, isQualifiedName(key));
    const wrong = isLabelValue(value);
    if (wrong.length > 0) errors.push(invalid(`${path}.value`, value, wrong.join(';')));
    if (effect === '') errors.push(required(`${path}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS));
    const identity = `${effect}/${key}`;
    if (seen.has(identity)) {
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
      const error = duplicate(path, shown);
      errors.push({ ...error, body: `${error.body}: taints must be unique by key and effect pair` });
    }
    seen.add(identity);
  });
}

const SPREAD_ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const NODE_POLICIES = ['Honor', 'Ignore'];

export function validateSpreadConstraints(
  errors: FieldError[],
  constraints: readonly TopologySpreadConstraint[],
  field: string,
): void {
  constraints.forEach((constraint, i) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector } = constraint;
    const path = `${field}[${i}]`;
    if (maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
    if (!SPREAD_ACTIONS.includes(whenUnsatisfiable)) {
      errors.push(notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, SPREAD_ACTIONS));
    }
    const again = constraints
      .slice(i + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again) {
      errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${path}.minDomains`, minDomains, 'must be greater than zero'));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        errors.push(invalid(`${path}.minDomains`, minDomains, detail));
      }
    }
    for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const value = constraint[policy];
      if (value !== undefined && !NODE_POLICIES.includes(value)) {
        errors.push(notSupported(`${path}.${policy}`, value, NODE_POLICIES));
      }
    }
    validateLabelKeys(errors, constraint.matchLabelKeys, labelSelector, `${path}.matchLabelKeys`);
    validateLabelSelector(errors, labelSelector, `${path}.labelSelector`);
  });
}

/** Existing tolerations stay (their seconds may change); new ones may come. */
export function validateOnlyAddedTolerations(
  errors: FieldError[],
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
  field: string,
): void {
  const identity = (one: Toleration): string =>
    `${one.key ?? ''}|${one.operator ?? ''}|${one.value ?? ''}|${one.effect ?? ''}`;
  const present = new Set(tolerations.map(identity));
  if (old.some((toleration) => !present.has(identity(toleration)))) {
    errors.push(forbiddenField(field, 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
  validateTolerations(errors, tolerations, field);
}

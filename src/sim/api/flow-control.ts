/**
 * Flow schemas and priority levels (API Priority and Fairness): their shapes, and what they must say.
 * @source pkg/apis/flowcontrol/validation/validation.go
 */
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain } from './names.ts';
import type { Condition, KubeObject } from './types.ts';

export interface FlowSubject {
  readonly kind: string;
  readonly user?: { readonly name: string };
  readonly group?: { readonly name: string };
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface FlowRule {
  readonly subjects?: readonly FlowSubject[] | null;
  readonly resourceRules?: readonly {
    readonly verbs?: readonly string[] | null;
    readonly apiGroups?: readonly string[] | null;
    readonly resources?: readonly string[] | null;
    readonly clusterScope?: boolean;
    readonly namespaces?: readonly string[] | null;
  }[];
  readonly nonResourceRules?: readonly {
    readonly verbs?: readonly string[] | null;
    readonly nonResourceURLs?: readonly string[] | null;
  }[];
}

export interface FlowSchema extends KubeObject {
  readonly spec?: {
    readonly priorityLevelConfiguration?: { readonly name?: string };
    /** The lowest one that matches a request decides; ties go by name. */
    readonly matchingPrecedence?: number;
    readonly distinguisherMethod?: { readonly type: string };
    readonly rules?: readonly FlowRule[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface QueuingConfiguration {
  readonly queues?: number;
  readonly handSize?: number;
  readonly queueLengthLimit?: number;
}

export interface LimitResponse {
  readonly type?: string;
  readonly queuing?: QueuingConfiguration | undefined;
}

export interface LimitedPriorityLevel {
  readonly nominalConcurrencyShares?: number;
  readonly limitResponse?: LimitResponse | undefined;
  readonly lendablePercent?: number;
  readonly borrowingLimitPercent?: number;
}

export interface PriorityLevelSpec {
  readonly type?: string;
  readonly limited?: LimitedPriorityLevel | undefined;
  readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number } | undefined;
}

export interface PriorityLevelConfiguration extends KubeObject {
  readonly spec?: PriorityLevelSpec | undefined;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const HIGHEST_PRECEDENCE = 10_000;
const MOST_QUEUES = 10_000_000;
const HASH_BITS = 60;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowSchema(schema: FlowSchema): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = schema.spec ?? {};
  const wrongPrecedence = precedenceComplaint(matchingPrecedence, schema.metadata.name);
  if (wrongPrecedence !== undefined) {
    errors.push(invalid('spec.matchingPrecedence', matchingPrecedence, wrongPrecedence));
  }
  if (distinguisherMethod !== undefined && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type)) {
    errors.push(notSupported('spec.distinguisherMethod.type', distinguisherMethod.type, ['ByNamespace', 'ByUser']));
  }
  const level = priorityLevelConfiguration?.name ?? '';
  const levelField = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.push(required(levelField, 'must reference a priority level'));
  else pushComplaints(errors, levelField, level, isDnsSubdomain(level));
  rules.forEach((rule, i) => {
    validateRule(errors, rule, `spec.rules[${i}]`);
  });
  return errors;
}

export function validatePriorityLevel(level: PriorityLevelConfiguration): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { type = '', limited, exempt } = level.spec ?? {};
  if ((level.metadata.name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt !== undefined) validateShares(errors, exempt, 'spec.exempt');
  } else if (type !== 'Limited') {
    errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  } else {
    if (exempt !== undefined) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else {
      validateShares(errors, limited, 'spec.limited');
      validateLimitResponse(errors, limited.limitResponse?.type ?? '', limited.limitResponse?.queuing);
    }
  }
  return errors;
}

function precedenceComplaint(precedence: number, name: string): string | undefined {
  if (precedence <= 0) return 'must be a positive value';
  if (precedence > HIGHEST_PRECEDENCE) return `must not be greater than ${HIGHEST_PRECEDENCE}`;
  if (precedence === 1 && name !== 'exempt') return "only the schema named 'exempt' may have matchingPrecedence 1";
  return undefined;
}

function validateRule(errors: FieldError[], rule: FlowRule, field: string): void {
  const subjects = rule.subjects ?? [];
  const resourceRules = rule.resourceRules ?? [];
  const nonResourceRules = rule.nonResourceRules ?? [];
  if (subjects.length === 0) errors.push(required(`${field}.subjects`, 'subjects must contain at least one value'));
  subjects.forEach((subject, i) => {
    validateSubject(errors, subject, `${field}.subjects[${i}]`);
  });
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  resourceRules.forEach((resourceRule, i) => {
    const at = `${field}.resourceRules[${i}]`;
    const { verbs, apiGroups, resources, clusterScope = false } = resourceRule;
    const namespaces = resourceRule.namespaces ?? [];
    validateVerbs(errors, verbs, `${at}.verbs`);
    validateNames(
      errors,
      apiGroups,
      `${at}.apiGroups`,
      'resource rules must supply at least one api group',
      'api groups',
    );
    validateNames(
      errors,
      resources,
      `${at}.resources`,
      'resource rules must supply at least one resource',
      'resources',
    );
    if (namespaces.length === 0 && !clusterScope) {
      const detail = 'resource rules that are not cluster scoped must supply at least one namespace';
      errors.push(required(`${at}.namespaces`, detail));
    } else if (namespaces.includes('*')) onlyStar(errors, namespaces, `${at}.namespaces`, 'namespaces');
    else {
      namespaces.forEach((namespace, k) => {
        for (const complaint of isDnsLabel(namespace)) {
          const detail = `each member of this list must be '*' or a DNS-1123 label; ${complaint}`;
          errors.push(invalid(`${at}.namespaces[${k}]`, namespace, detail));
        }
      });
    }
  });
  nonResourceRules.forEach((nonResourceRule, i) => {
    const at = `${field}.nonResourceRules[${i}]`;
    const urls = nonResourceRule.nonResourceURLs ?? [];
    validateVerbs(errors, nonResourceRule.verbs, `${at}.verbs`);
    if (urls.length === 0) {
      errors.push(required(`${at}.nonResourceURLs`, 'nonResourceURLs must contain at least one value'));
    } else if (urls.includes('*')) onlyStar(errors, urls, `${at}.nonResourceURLs`, 'non-resource URLs');
    else {
      urls.forEach((url, k) => {
        const complaint = urlComplaint(url);
        if (complaint !== undefined) errors.push(invalid(`${at}.nonResourceURLs[${k}]`, url, complaint));
      });
    }
  });
}

const SUBJECT_FIELDS = [
  ['ServiceAccount', 'serviceAccount'],
  ['User', 'user'],
  ['Group', 'group'],
] as const;

function validateSubject(errors: FieldError[], subject: FlowSubject, field: string): void {
  const own = SUBJECT_FIELDS.find(([kind]) => kind === subject.kind);
  if (own === undefined) {
    errors.push(notSupported(`${field}.kind`, subject.kind, ['Group', 'ServiceAccount', 'User']));
    return;
  }
  const [kind, name] = own;
  const value = subject[name];
  if (value === undefined) {
    errors.push(required(`${field}.${name}`, `${name} is required when subject kind is '${kind}'`));
  } else {
    if (value.name === '') errors.push(required(`${field}.${name}.name`));
    else if (name === 'serviceAccount' && value.name !== '*') {
      pushComplaints(errors, `${field}.${name}.name`, value.name, isDnsSubdomain(value.name));
    }
    if ('namespace' in value) {
      if (value.namespace === '') {
        errors.push(required(`${field}.${name}.namespace`, 'must specify namespace for service account'));
      } else pushComplaints(errors, `${field}.${name}.namespace`, value.namespace, isDnsLabel(value.namespace));
    }
  }
  for (const [otherKind, other] of SUBJECT_FIELDS) {
    if (other === name || subject[other] === undefined) continue;
    errors.push(forbiddenField(`${field}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
  }
}

function validateVerbs(errors: FieldError[], given: readonly string[] | null | undefined, field: string): void {
  const verbs = given ?? [];
  if (verbs.length === 0) errors.push(required(field, 'verbs must contain at least one value'));
  else if (verbs.includes('*')) onlyStar(errors, verbs, field, 'verbs');
  else if (!verbs.every((verb) => VERBS.includes(verb))) errors.push(notSupported(field, verbs, VERBS));
}

function validateNames(
  errors: FieldError[],
  given: readonly string[] | null | undefined,
  field: string,
  missing: string,
  what: string,
): void {
  const names = given ?? [];
  if (names.length === 0) errors.push(required(field, missing));
  else if (names.includes('*')) onlyStar(errors, names, field, what);
}

function onlyStar(errors: FieldError[], values: readonly string[], field: string, what: string): void {
  if (values.length > 1) errors.push(invalid(field, values, `if '*' is present, must not specify other ${what}`));
}

function urlComplaint(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const stars = url.split('*').length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}

function validateShares(
  errors: FieldError[],
  shares: {
    readonly nominalConcurrencyShares?: number;
    readonly lendablePercent?: number;
    readonly borrowingLimitPercent?: number;
  },
  field: string,
): void {
  const { nominalConcurrencyShares = 0, lendablePercent = 0, borrowingLimitPercent = 0 } = shares;
  if (nominalConcurrencyShares < 0) {
    errors.push(
      invalid(`${field}.nominalConcurrencyShares`, nominalConcurrencyShares, 'must be a non-negative integer'),
    );
  }
  if (lendablePercent < 0 || lendablePercent > 100) {
    errors.push(invalid(`${field}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive'));
  }
  if (borrowingLimitPercent < 0) {
    const detail = 'if specified, must be a non-negative integer';
    errors.push(invalid(`${field}.borrowingLimitPercent`, borrowingLimitPercent, detail));
  }
}

function validateLimitResponse(errors: FieldError[], type: string, queuing: QueuingConfiguration | undefined): void {
  const field = 'spec.limited.limitResponse';
  const when = 'if limited.limitResponse.type is';
  if (type === 'Reject') {
    if (queuing !== undefined) errors.push(forbiddenField(`${field}.queuing`, `must be nil ${when} not Limited`));
  } else if (type !== 'Queue') errors.push(notSupported(`${field}.type`, type, ['Queue', 'Reject']));
  else if (queuing === undefined) errors.push(required(`${field}.queuing`, `must not be empty ${when} Limited`));
  else validateQueuing(errors, queuing, `${field}.queuing`);
}

function validateQueuing(errors: FieldError[], queuing: QueuingConfiguration, field: string): void {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  if (queueLengthLimit <= 0) errors.push(invalid(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${field}.queues`, queues, 'must be positive'));
  else if (queues > MOST_QUEUES)
    errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${MOST_QUEUES}`));
  const complaint = handComplaint(queues, handSize);
  if (complaint !== undefined) errors.push(invalid(`${field}.handSize`, handSize, complaint));
}

function handComplaint(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return 'must be positive';
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  let bits = 0;
  for (let dealt = 0; dealt < handSize && bits <= HASH_BITS; dealt++) bits += Math.log2(queues - dealt);
  if (Math.ceil(bits) <= HASH_BITS) return undefined;
  return `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS}`;
}

/**
 * Terms of pod (anti-)affinity, parsed once a pod: which pods they mean, and within which topology.
 * @source staging/src/k8s.io/kube-scheduler/framework/types.go AffinityTerm
 */
import { goQuote } from '../api/field-error.ts';
import { isLabelValue, isQualifiedName } from '../api/names.ts';
import { matchesSelector, type Selector, selectorOf } from '../api/selector.ts';
import type { LabelSelector, PodAffinityTerm, StringMap } from '../api/types.ts';

export interface AffinityTerm {
  readonly selector: Selector;
  /** Namespaces named outright. */
  readonly namespaces: readonly string[];
  /** Namespaces by their labels; matches none when the term has no namespaceSelector. */
  readonly namespaceSelector: Selector;
  readonly topologyKey: string;
}

export interface WeightedAffinityTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

/** Parses the terms of a pod in `namespace`; a text when a selector cannot be understood. */
export function affinityTerms(namespace: string, terms: readonly PodAffinityTerm[]): AffinityTerm[] | string {
  const parsed: AffinityTerm[] = [];
  for (const term of terms) {
    const wrong = selectorComplaint(term.labelSelector) ?? selectorComplaint(term.namespaceSelector);
    if (wrong !== undefined) return wrong;
    const own = (term.namespaces?.length ?? 0) === 0 && !term.namespaceSelector;
    parsed.push({
      selector: selectorOf(term.labelSelector),
      namespaces: own ? [namespace] : (term.namespaces ?? []),
      namespaceSelector: selectorOf(term.namespaceSelector),
      topologyKey: term.topologyKey,
    });
  }
  return parsed;
}

/**
 * Whether the term means a pod.
 * @param namespaceLabels the labels of the pod's namespace
 */
export function termMatches(
  term: AffinityTerm,
  namespace: string,
  labels: StringMap | undefined,
  namespaceLabels: StringMap | undefined,
): boolean {
  if (!term.namespaces.includes(namespace) && !matchesSelector(term.namespaceSelector, namespaceLabels)) return false;
  return matchesSelector(term.selector, labels);
}

/** Why a label selector cannot be used, as the parser says it; undefined when it can. */
export function selectorComplaint(selector: LabelSelector | null | undefined): string | undefined {
  if (selector === null || selector === undefined) return undefined;
  const labels = selector.matchLabels ?? {};
  for (const key of Object.keys(labels)) {
    const wrong = requirementComplaint(key, [labels[key] ?? '']);
    if (wrong !== undefined) return wrong;
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const count = values?.length ?? 0;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0) return "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty";
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        return `values: Invalid value: ${JSON.stringify(values)}: values set must be empty for exists and does not exist`;
    } else return `${goQuote(operator)} is not a valid label selector operator`;
    const wrong = requirementComplaint(key, values ?? []);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function requirementComplaint(key: string, values: readonly string[]): string | undefined {
  const complaints: string[] = [];
  const wrongKey = isQualifiedName(key);
  if (wrongKey.length > 0) complaints.push(`key: Invalid value: ${goQuote(key)}: ${wrongKey.join('; ')}`);
  values.forEach((value, i) => {
    const wrong = isLabelValue(value);
    if (wrong.length > 0)
      complaints.push(`values[${i}][${key}]: Invalid value: ${goQuote(value)}: ${wrong.join('; ')}`);
  });
  if (complaints.length === 0) return undefined;
  return complaints.length === 1 ? complaints[0] : `[${complaints.join(', ')}]`;
}

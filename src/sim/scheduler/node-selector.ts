/**
 * Node selectors and node affinity: terms are alternatives, the requirements of a term must all hold.
 * A term that cannot be parsed never matches; neither does an empty one.
 * @source staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
 */
import { isLabelValue, isQualifiedName } from '../api/names.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, StringMap } from '../api/types.ts';

/** Whether any of the terms matches. */
export function matchesNodeSelectorTerms(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => matchesTerm(term, node.metadata.labels, node.metadata.name));
}

/** For volumes: only labels count, the node has no name. @source component-helpers/storage/volume/helpers.go CheckNodeAffinity */
export function matchesTermsByLabels(terms: readonly NodeSelectorTerm[], labels: StringMap | undefined): boolean {
  return terms.some((term) => matchesTerm(term, labels, ''));
}

/** The sum of the weights of the preferred terms that match. */
export function preferenceScore(
  terms: readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[],
  node: Node,
): number {
  let score = 0;
  for (const { weight, preference } of terms) {
    if (weight !== 0 && matchesTerm(preference, node.metadata.labels, node.metadata.name)) score += weight;
  }
  return score;
}

/** `spec.nodeSelector` and the required node affinity together. */
export function matchesRequiredNodeAffinity(pod: Pod, node: Node): boolean {
  const selector = pod.spec.nodeSelector;
  if (selector !== undefined && selector !== null) {
    const labels = node.metadata.labels;
    for (const key of Object.keys(selector)) if (labels?.[key] !== selector[key]) return false;
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    required === undefined || required === null || matchesNodeSelectorTerms(required.nodeSelectorTerms ?? [], node)
  );
}

/** Terms already checked, by the very object: API objects are immutable and shared. */
const parsable = new WeakMap<NodeSelectorTerm, boolean>();

function isParsable(term: NodeSelectorTerm): boolean {
  let known = parsable.get(term);
  if (known === undefined) {
    known =
      (term.matchExpressions ?? []).every(isLabelRequirement) && (term.matchFields ?? []).every(isFieldRequirement);
    parsable.set(term, known);
  }
  return known;
}

function matchesTerm(term: NodeSelectorTerm, labels: StringMap | undefined, name: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  if (!isParsable(term)) return false;
  for (const requirement of expressions) if (!matchesLabel(requirement, labels)) return false;
  if (name === '') return true;
  for (const requirement of fields) {
    const equal = (requirement.key === 'metadata.name' ? name : '') === requirement.values?.[0];
    if (equal !== (requirement.operator === 'In')) return false;
  }
  return true;
}

function matchesLabel(requirement: NodeSelectorRequirement, labels: StringMap | undefined): boolean {
  const value = labels?.[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const limit = values[0];
      if (value === undefined || limit === undefined || !isInteger(value)) return false;
      return requirement.operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
    default:
      return false;
  }
}

function isLabelRequirement(requirement: NodeSelectorRequirement): boolean {
  const values = requirement.values ?? [];
  if (isQualifiedName(requirement.key).length > 0) return false;
  if (!values.every((value) => isLabelValue(value).length === 0)) return false;
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0;
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0;
    case 'Gt':
    case 'Lt':
      return values.length === 1 && isInteger(values[0] ?? '');
    default:
      return false;
  }
}

function isFieldRequirement(requirement: NodeSelectorRequirement): boolean {
  return (requirement.operator === 'In' || requirement.operator === 'NotIn') && requirement.values?.length === 1;
}

function isInteger(text: string): boolean {
  return /^[-+]?[0-9]{1,19}$/.test(text);
}

/**
 * RBAC rules taken apart and put together again for reading: one line per resource with all its verbs.
 * @source staging/src/k8s.io/kubectl/pkg/util/rbac/rbac.go
 */
import type { JsonObject } from './client.ts';
import { compareText, texts } from './fields.ts';

export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

export function compactRules(rules: readonly JsonObject[]): Rule[] {
  const simple = new Map<string, { rule: Rule; verbs: string[] }>();
  const others: Rule[] = [];
  for (const rule of rules.flatMap(breakDown)) {
    if (rule.nonResourceURLs.length > 0) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = simple.get(key);
    if (known === undefined) simple.set(key, { rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs.filter((verb) => !known.verbs.includes(verb)));
  }
  const compacted = [...others, ...[...simple.values()].map(({ rule, verbs }) => ({ ...rule, verbs }))];
  return compacted.sort((a, b) => compareText(sortKey(a), sortKey(b)));
}

function sortKey(rule: Rule): string {
  const list = (values: readonly string[]): string => `[${values.join(' ')}]`;
  return `Verbs:${list(rule.verbs)},APIGroups:${list(rule.apiGroups)},Resources:${list(rule.resources)},ResourceNames:${list(rule.resourceNames)},NonResourceURLs:${list(rule.nonResourceURLs)}`;
}

function breakDown(rule: JsonObject): Rule[] {
  const verbs = texts(rule, 'verbs');
  const names = texts(rule, 'resourceNames');
  const found: Rule[] = [];
  for (const group of texts(rule, 'apiGroups')) {
    for (const resource of texts(rule, 'resources')) {
      for (const verb of verbs) {
        for (const name of names.length === 0 ? [undefined] : names) {
          const resourceNames = name === undefined ? [] : [name];
          found.push({ verbs: [verb], apiGroups: [group], resources: [resource], resourceNames, nonResourceURLs: [] });
        }
      }
    }
  }
  for (const url of texts(rule, 'nonResourceURLs')) {
    for (const verb of verbs)
      found.push({ verbs: [verb], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [url] });
  }
  return found;
}

/** Cells: `pods/log`, `[]`, `[]`, `[get list]`. */
export function ruleCells(rule: Rule): string[] {
  const list = (values: readonly string[]): string => `[${values.join(' ')}]`;
  return [resourceGroup(rule), list(rule.nonResourceURLs), list(rule.resourceNames), list(rule.verbs)];
}

function resourceGroup(rule: Rule): string {
  const [resource] = rule.resources;
  if (resource === undefined) return '';
  const slash = resource.indexOf('/');
  const name = slash === -1 ? resource : resource.slice(0, slash);
  const group = rule.apiGroups[0] ?? '';
  return `${name}${group === '' ? '' : `.${group}`}${slash === -1 ? '' : resource.slice(slash)}`;
}

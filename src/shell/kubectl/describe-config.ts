/** `kubectl describe` of ConfigMaps, Secrets, Namespaces, quotas, limits, ServiceAccounts, priority classes and disruption budgets. */
import { base64ToBytes, textOfUtf8 } from '../../sim/api/base64.ts';
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import { type DescribeWriter, selectorText } from './describe-writer.ts';
import { compareText, has, integer, nameOf, objects, record, sortedEntries, text, texts } from './fields.ts';
import { formatLabels } from './table.ts';

export function describeConfigMap(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  w.metadata(object);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(record(object, 'data'))) w.write(0, `${key}:\n----\n${String(value)}\n\n`);
  w.write(0, '\nBinaryData\n====\n');
  for (const [key, value] of sortedEntries(record(object, 'binaryData'))) {
    w.write(0, `${key}: ${base64ToBytes(String(value))?.length ?? 0} bytes\n`);
  }
  w.write(0, '\n');
  w.events(subject.events);
}

export function describeSecret(subject: Subject): void {
  const { w, object } = subject;
  const type = text(object, 'type');
  heading(subject);
  w.metadata(object);
  w.write(0, `\nType:\t${type}\n`);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(record(object, 'data'))) {
    const bytes = base64ToBytes(String(value)) ?? new Uint8Array();
    const token = key === 'token' && type === 'kubernetes.io/service-account-token';
    w.field(key, token ? (textOfUtf8(bytes) ?? '') : `${bytes.length} bytes`);
  }
}

export async function describeNamespace(subject: Subject): Promise<void> {
  const { w, object } = subject;
  heading(subject, false);
  w.metadata(object);
  w.field('Status', text(object, 'status', 'phase'));
  w.conditions(object, ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'], []);
  w.write(0, '\n');
  const quotas = [...(await subject.list('resourcequotas', nameOf(object)))].sort((a, b) =>
    compareText(nameOf(a), nameOf(b)),
  );
  w.write(0, quotas.length === 0 ? 'No resource quota.\n' : 'Resource Quotas\n');
  for (const quota of quotas) {
    w.field('Name', nameOf(quota), 1);
    scopes(w, quota, 1, '* ');
    w.row(1, 'Resource', 'Used', 'Hard');
    w.row(1, '--------', '---', '---');
    quotaRows(w, quota, 1);
  }
  w.write(0, '\n');
  const ranges = await subject.list('limitranges', nameOf(object));
  if (ranges.length === 0) {
    w.write(0, 'No LimitRange resource.\n');
    return;
  }
  w.write(0, 'Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n');
  w.write(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n');
  for (const range of ranges) limitRows(w, range, ' ');
}

const scopeHelp: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

function scopes(w: DescribeWriter, quota: JsonObject, level: number, bullet: string): void {
  const found = texts(quota, 'spec', 'scopes').sort(compareText);
  if (found.length === 0) return;
  w.field('Scopes', found.join(', '), level);
  for (const scope of found) if (scopeHelp[scope] !== undefined) w.write(level, `${bullet}${scopeHelp[scope]}\n`);
}

function quotaRows(w: DescribeWriter, quota: JsonObject, level: number): void {
  for (const [name, hard] of sortedEntries(record(quota, 'status', 'hard'))) {
    w.row(level, name, text(quota, 'status', 'used', name) || '0', hard);
  }
}

export function describeQuota(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  scopes(w, object, 0, ' * ');
  w.row(0, 'Resource', 'Used', 'Hard');
  w.row(0, '--------', '----', '----');
  quotaRows(w, object, 0);
}

export function describeLimitRange(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  w.row(0, 'Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio');
  w.row(0, '----', '--------', '---', '---', '---------------', '-------------', '-----------------------');
  limitRows(w, object, '');
}

function limitRows(w: DescribeWriter, range: JsonObject, prefix: string): void {
  const fields = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio'];
  for (const limit of objects(range, 'spec', 'limits')) {
    const names = new Set(fields.flatMap((field) => Object.keys(record(limit, field))));
    for (const name of [...names].sort(compareText)) {
      w.row(0, `${prefix}${text(limit, 'type')}`, name, ...fields.map((field) => text(limit, field, name) || '-'));
    }
  }
}

export function describeServiceAccount(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  w.metadata(object);
  const secrets = objects(object, 'imagePullSecrets').map((secret) => text(secret, 'name'));
  if (secrets.length === 0) w.field('Image pull secrets', '<none>');
  secrets.forEach((name, i) => {
    w.row(0, i === 0 ? 'Image pull secrets:' : '                   ', name);
  });
  w.events(subject.events);
}

export function describePriorityClass(subject: Subject): void {
  const { w, object } = subject;
  heading(subject, false);
  w.field('Value', integer(object, 'value'));
  w.field('GlobalDefault', object['globalDefault'] === true);
  w.field('PreemptionPolicy', text(object, 'preemptionPolicy'));
  w.field('Description', text(object, 'description'));
  w.field('Annotations', formatLabels(record(object, 'metadata', 'annotations')));
  w.events(subject.events);
}

export function describeDisruptionBudget(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  if (has(object, 'spec', 'minAvailable')) w.field('Min available', text(object, 'spec', 'minAvailable'));
  else if (has(object, 'spec', 'maxUnavailable')) w.field('Max unavailable', text(object, 'spec', 'maxUnavailable'));
  w.field('Selector', has(object, 'spec', 'selector') ? selectorText(record(object, 'spec', 'selector')) : '<unset>');
  w.write(0, 'Status:\n');
  w.field('Allowed disruptions', integer(object, 'status', 'disruptionsAllowed'), 2);
  w.field('Current', integer(object, 'status', 'currentHealthy'), 2);
  w.field('Desired', integer(object, 'status', 'desiredHealthy'), 2);
  w.field('Total', integer(object, 'status', 'expectedPods'), 2);
  w.events(subject.events);
}

/** `kubectl describe hpa` and `kubectl describe csr`. */
import { decodeBase64 } from '../../sim/api/base64.ts';
import { humanDuration } from '../../sim/api/time.ts';
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import { at, has, integer, objects, record, text, texts } from './fields.ts';
import { formatLabels } from './table.ts';

export function describeAutoscaler(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  const status = record(object, 'status');
  heading(subject);
  w.metadata(object);
  w.field('CreationTimestamp', w.time(at(object, 'metadata', 'creationTimestamp')));
  const kind = text(spec, 'scaleTargetRef', 'kind');
  w.field('Reference', `${kind}/${text(spec, 'scaleTargetRef', 'name')}`);
  if (text(object, 'apiVersion') === 'autoscaling/v1') utilization(subject, spec, status);
  else {
    w.field('Metrics', '( current / target )');
    objects(spec, 'metrics').forEach((metric, i) => {
      w.write(1, metricLine(metric, objects(status, 'currentMetrics')[i] ?? {}));
    });
  }
  w.field('Min replicas', has(spec, 'minReplicas') ? integer(spec, 'minReplicas') : '<unset>');
  w.field('Max replicas', integer(spec, 'maxReplicas'));
  if (has(spec, 'behavior')) {
    w.write(0, 'Behavior:\n');
    for (const [title, field] of [
      ['Scale Up', 'scaleUp'],
      ['Scale Down', 'scaleDown'],
    ] as const) {
      if (has(spec, 'behavior', field)) behavior(subject, title, record(spec, 'behavior', field));
    }
  }
  w.field(
    `${kind} pods`,
    `${integer(status, 'currentReplicas')} current / ${integer(status, 'desiredReplicas')} desired`,
  );
  w.conditions(object, ['Type', 'Status', 'Reason', 'Message'], []);
  w.events(subject.events);
}

function utilization({ w }: Subject, spec: JsonObject, status: JsonObject): void {
  if (!has(spec, 'targetCPUUtilizationPercentage')) return;
  w.field('Target CPU utilization', `${integer(spec, 'targetCPUUtilizationPercentage')}%`);
  w.field('Current CPU utilization', `${text(status, 'currentCPUUtilizationPercentage') || '<unknown>'}%`);
}

function metricLine(metric: JsonObject, current: JsonObject): string {
  const type = text(metric, 'type');
  const field = `${type[0]?.toLowerCase()}${type.slice(1)}`;
  const source = record(metric, field);
  const now = record(current, field, 'current');
  const known = has(current, field);
  const average = (): string => (known ? text(now, 'averageValue') || '<unknown>' : '<unknown>');
  const target = record(source, 'target');
  const name = JSON.stringify(text(source, 'metric', 'name'));
  if (type === 'Resource' || type === 'ContainerResource') {
    const subject =
      type === 'Resource'
        ? `resource ${text(source, 'name')} on pods`
        : `resource ${text(source, 'name')} of container "${text(source, 'container')}" on pods`;
    if (has(target, 'averageValue')) return `${subject}:\t${average()} / ${text(target, 'averageValue')}\n`;
    const percent = has(now, 'averageUtilization')
      ? `${integer(now, 'averageUtilization')}% (${text(now, 'averageValue')})`
      : '<unknown>';
    const wanted = has(target, 'averageUtilization') ? `${integer(target, 'averageUtilization')}%` : '<auto>';
    return `${subject}  (as a percentage of request):\t${percent} / ${wanted}\n`;
  }
  if (type === 'Pods') return `${name} on pods:\t${average()} / ${text(target, 'averageValue')}\n`;
  const described =
    type === 'Object'
      ? ` on ${text(source, 'describedObject', 'kind')}/${text(source, 'describedObject', 'name')}`
      : '';
  if (type !== 'Object' && type !== 'External') return `<unknown metric type "${type}">\n`;
  if (has(target, 'averageValue'))
    return `${name}${described} (target average value):\t${average()} / ${text(target, 'averageValue')}\n`;
  return `${name}${described} (target value):\t${text(now, 'value') || '<unknown>'} / ${text(target, 'value')}\n`;
}

function behavior({ w }: Subject, title: string, rules: JsonObject): void {
  w.write(1, `${title}:\n`);
  if (has(rules, 'stabilizationWindowSeconds'))
    w.write(2, `Stabilization Window: ${integer(rules, 'stabilizationWindowSeconds')} seconds\n`);
  const policies = objects(rules, 'policies');
  if (policies.length === 0) return;
  w.write(2, `Select Policy: ${text(rules, 'selectPolicy') || 'Max'}\n`);
  w.write(2, 'Policies:\n');
  for (const policy of policies) {
    w.row(
      3,
      `- Type: ${text(policy, 'type')}`,
      `Value: ${integer(policy, 'value')}`,
      `Period: ${integer(policy, 'periodSeconds')} seconds`,
    );
  }
}

export function describeSigningRequest(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  heading(subject, false);
  w.field('Labels', formatLabels(record(object, 'metadata', 'labels')));
  w.field('Annotations', formatLabels(record(object, 'metadata', 'annotations')));
  w.field('CreationTimestamp', w.time(at(object, 'metadata', 'creationTimestamp')));
  w.field('Requesting User', text(spec, 'username'));
  if (text(spec, 'signerName') !== '') w.field('Signer', text(spec, 'signerName'));
  if (has(spec, 'expirationSeconds'))
    w.field('Requested Duration', humanDuration(integer(spec, 'expirationSeconds') * 1000));
  w.field('Status', signingStatus(object));
  const wanted = subjectOf(text(spec, 'request'));
  w.write(0, 'Subject:\n');
  w.row(0, '', 'Common Name:', wanted.commonName || text(spec, 'username'));
  w.row(0, '', 'Serial Number:', '');
  if (wanted.organizations.length > 0) w.row(0, '', 'Organization:', wanted.organizations.join('\n\t\t'));
  w.events(subject.events);
}

export function signingStatus(object: JsonObject): string {
  const types = objects(object, 'status', 'conditions').map((condition) => text(condition, 'type'));
  const decision = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  return `${decision}${types.includes('Failed') ? ',Failed' : ''}${text(object, 'status', 'certificate') === '' ? '' : ',Issued'}`;
}

/** The subject inside a PEM request; the simulation's own PEM bodies carry it as readable text. */
function subjectOf(request: string): { commonName: string; organizations: string[] } {
  const pem = decodeBase64(request) ?? '';
  const body = pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  const plain = decodeBase64(body) ?? '';
  try {
    const parsed: unknown = JSON.parse(plain);
    const subject = record(parsed, 'subject');
    return { commonName: text(subject, 'cn'), organizations: texts(subject, 'o') };
  } catch {
    return { commonName: '', organizations: [] };
  }
}

/** Containers and pod templates inside descriptions. */
import { quantityMilliValue, quantityValue } from '../../sim/api/quantity.ts';
import type { JsonObject } from './client.ts';
import { describeVolumes } from './describe-volumes.ts';
import { type DescribeWriter, selectorText } from './describe-writer.ts';
import { at, compareText, has, integer, isObject, objects, record, sortedEntries, text, texts } from './fields.ts';

export function describeContainers(
  w: DescribeWriter,
  label: string,
  containers: readonly JsonObject[],
  statuses: readonly JsonObject[],
  pod: JsonObject | undefined,
  space: string,
): void {
  w.write(0, `${space}${label}:${containers.length === 0 ? ' <none>' : ''}\n`);
  for (const container of containers) {
    const status = statuses.find((each) => text(each, 'name') === text(container, 'name'));
    basics(w, container, status, space);
    for (const [title, field] of [
      ['Command', 'command'],
      ['Args', 'args'],
    ] as const) {
      const words = texts(container, field);
      if (words.length > 0) w.write(2, `${title}:\n`);
      for (const word of words) for (const line of word.split('\n')) w.write(3, `${line}\n`);
    }
    if (status !== undefined) {
      describeState(w, 'State', record(status, 'state'));
      if (isObject(at(status, 'lastState', 'terminated'))) describeState(w, 'Last State', record(status, 'lastState'));
      w.field('Ready', status['ready'] === true ? 'True' : 'False', 2);
      w.field('Restart Count', integer(status, 'restartCount'), 2);
    }
    describeResources(w, record(container, 'resources'), 2);
    for (const [title, field] of [
      ['Liveness', 'livenessProbe'],
      ['Readiness', 'readinessProbe'],
      ['Startup', 'startupProbe'],
    ] as const) {
      if (has(container, field)) w.field(title, probeText(record(container, field)), 2);
    }
    environment(w, container, pod);
    mounts(w, container);
  }
}

function basics(w: DescribeWriter, container: JsonObject, status: JsonObject | undefined, space: string): void {
  w.write(1, `${space === '' ? '' : ' '}${text(container, 'name')}:\n`);
  if (status !== undefined) w.field('Container ID', text(status, 'containerID'), 2);
  w.field('Image', text(container, 'image'), 2);
  if (status !== undefined) w.field('Image ID', text(status, 'imageID'), 2);
  const ports = portsText(container, 'containerPort');
  w.field(ports.includes(',') ? 'Ports' : 'Port', ports || '<none>', 2);
  const hostPorts = portsText(container, 'hostPort');
  w.field(hostPorts.includes(',') ? 'Host Ports' : 'Host Port', hostPorts || '<none>', 2);
  const seccomp = record(container, 'securityContext', 'seccompProfile');
  if (text(seccomp, 'type') !== '') {
    w.field('SeccompProfile', text(seccomp, 'type'), 2);
    if (text(seccomp, 'type') === 'Localhost') w.field('LocalhostProfile', text(seccomp, 'localhostProfile'), 3);
  }
}

function portsText(container: JsonObject, field: string): string {
  return objects(container, 'ports')
    .map((port) => {
      const written = `${integer(port, field)}/${text(port, 'protocol')}`;
      return text(port, 'name') === '' ? written : `${written} (${text(port, 'name')})`;
    })
    .join(', ');
}

function describeState(w: DescribeWriter, name: string, state: JsonObject): void {
  if (isObject(state['running'])) {
    w.field(name, 'Running', 2);
    w.field('Started', w.time(at(state, 'running', 'startedAt')), 3);
    return;
  }
  const ended = state['terminated'];
  if (!isObject(ended)) {
    w.field(name, 'Waiting', 2);
    const reason = text(state, 'waiting', 'reason');
    if (reason !== '') w.field('Reason', reason, 3);
    return;
  }
  w.field(name, 'Terminated', 2);
  if (text(ended, 'reason') !== '') w.field('Reason', text(ended, 'reason'), 3);
  if (text(ended, 'message') !== '') w.field('Message', text(ended, 'message'), 3);
  w.field('Exit Code', integer(ended, 'exitCode'), 3);
  if (integer(ended, 'signal') > 0) w.field('Signal', integer(ended, 'signal'), 3);
  w.field('Started', w.time(ended['startedAt']), 3);
  w.field('Finished', w.time(ended['finishedAt']), 3);
}

export function describeResources(w: DescribeWriter, resources: JsonObject, level: number): void {
  for (const [title, field] of [
    ['Limits', 'limits'],
    ['Requests', 'requests'],
  ] as const) {
    const entries = sortedEntries(record(resources, field));
    if (entries.length > 0) w.write(level, `${title}:\n`);
    for (const [name, quantity] of entries) w.field(name, quantity, level + 1);
  }
}

function probeText(probe: JsonObject): string {
  const number = (field: string): number => integer(probe, field);
  const attributes =
    `delay=${number('initialDelaySeconds')}s timeout=${number('timeoutSeconds')}s period=${number('periodSeconds')}s ` +
    `#success=${number('successThreshold')} #failure=${number('failureThreshold')}`;
  if (has(probe, 'exec')) return `exec [${texts(probe, 'exec', 'command').join(' ')}] ${attributes}`;
  if (has(probe, 'httpGet')) {
    const get = record(probe, 'httpGet');
    const host = text(get, 'host').includes(':') ? `[${text(get, 'host')}]` : text(get, 'host');
    return `http-get ${text(get, 'scheme').toLowerCase()}://${host}:${text(get, 'port')}${text(get, 'path')} ${attributes}`;
  }
  if (has(probe, 'tcpSocket'))
    return `tcp-socket ${text(probe, 'tcpSocket', 'host')}:${text(probe, 'tcpSocket', 'port')} ${attributes}`;
  if (has(probe, 'grpc'))
    return `grpc <pod>:${text(probe, 'grpc', 'port')} ${text(probe, 'grpc', 'service')} ${attributes}`;
  return `unknown ${attributes}`;
}

function environment(w: DescribeWriter, container: JsonObject, pod: JsonObject | undefined): void {
  const from = objects(container, 'envFrom');
  if (from.length > 0) w.write(2, 'Environment Variables from:\n');
  for (const source of from) {
    const kind = has(source, 'configMapRef') ? 'ConfigMap' : has(source, 'secretRef') ? 'Secret' : '';
    const reference = record(source, kind === 'Secret' ? 'secretRef' : 'configMapRef');
    const prefix = text(source, 'prefix');
    const optional = reference['optional'] === true;
    w.row(
      3,
      text(reference, 'name'),
      prefix === '' ? kind : `${kind} with prefix '${prefix}'`,
      `Optional: ${optional}`,
    );
  }
  const variables = objects(container, 'env');
  w.write(2, `Environment:${variables.length === 0 ? '\t<none>' : ''}\n`);
  for (const variable of variables) w.write(0, variableLines(variable, container, pod));
}

function variableLines(variable: JsonObject, container: JsonObject, pod: JsonObject | undefined): string {
  const name = text(variable, 'name');
  const from = variable['valueFrom'];
  if (!isObject(from)) {
    const [first = '', ...rest] = text(variable, 'value').split('\n');
    return `      ${name}:\t${first}\n${rest.map((line) => `      \t${line}\n`).join('')}`;
  }
  if (has(from, 'fieldRef')) {
    const path = text(from, 'fieldRef', 'fieldPath');
    const version = text(from, 'fieldRef', 'apiVersion');
    return `      ${name}:\t${pod === undefined ? '' : podField(pod, path)} (${version}:${path})\n`;
  }
  if (has(from, 'resourceFieldRef')) {
    const resource = text(from, 'resourceFieldRef', 'resource');
    const value = containerResource(container, resource);
    return `      ${name}:\t${value === '0' && resource.startsWith('limits.') ? 'node allocatable' : value} (${resource})\n`;
  }
  const secret = has(from, 'secretKeyRef');
  const reference = record(from, secret ? 'secretKeyRef' : 'configMapKeyRef');
  const holder = secret ? `in secret '${text(reference, 'name')}'` : `of config map '${text(reference, 'name')}'`;
  return `      ${name}:\t<set to the key '${text(reference, 'key')}' ${holder}>\tOptional: ${reference['optional'] === true}\n`;
}

/** The value a downward API field path names. */
function podField(pod: JsonObject, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return text(pod, 'metadata', subscript[1] ?? '', subscript[2] ?? '');
  if (path === 'metadata.labels' || path === 'metadata.annotations') {
    const map = record(pod, 'metadata', path.slice('metadata.'.length));
    return sortedEntries(map)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join('\n');
  }
  return text(pod, ...path.split('.'));
}

function containerResource(container: JsonObject, resource: string): string {
  const [list = '', ...name] = resource.split('.');
  const quantity = text(container, 'resources', list, name.join('.'));
  if (quantity === '') return '0';
  return name[0] === 'cpu' ? String(Math.ceil(quantityMilliValue(quantity) / 1000)) : String(quantityValue(quantity));
}

function mounts(w: DescribeWriter, container: JsonObject): void {
  const found = [...objects(container, 'volumeMounts')].sort((a, b) =>
    compareText(text(a, 'mountPath'), text(b, 'mountPath')),
  );
  w.write(2, `Mounts:${found.length === 0 ? '\t<none>' : ''}\n`);
  for (const mount of found) {
    const flags = [mount['readOnly'] === true ? 'ro' : 'rw'];
    if (text(mount, 'subPath') !== '') flags.push(`path=${JSON.stringify(text(mount, 'subPath'))}`);
    w.write(3, `${text(mount, 'mountPath')} from ${text(mount, 'name')} (${flags.join(',')})\n`);
  }
  const devices = objects(container, 'volumeDevices');
  if (devices.length > 0) w.write(2, 'Devices:\n');
  for (const device of devices) w.write(3, `${text(device, 'devicePath')} from ${text(device, 'name')}\n`);
}

export function describePodTemplate(w: DescribeWriter, template: JsonObject): void {
  const spec = record(template, 'spec');
  w.write(0, 'Pod Template:\n');
  w.labels('  Labels', record(template, 'metadata', 'labels'));
  const annotations = record(template, 'metadata', 'annotations');
  if (Object.keys(annotations).length > 0) w.annotations('  Annotations', annotations);
  if (text(spec, 'serviceAccountName') !== '') w.field('Service Account', text(spec, 'serviceAccountName'), 1);
  const init = objects(spec, 'initContainers');
  if (init.length > 0) describeContainers(w, 'Init Containers', init, [], undefined, '  ');
  describeContainers(w, 'Containers', objects(spec, 'containers'), [], undefined, '  ');
  describeVolumes(w, objects(spec, 'volumes'), '  ');
  describeSpread(w, objects(spec, 'topologySpreadConstraints'), '  ');
  if (text(spec, 'priorityClassName') !== '') w.field('Priority Class Name', text(spec, 'priorityClassName'), 1);
  w.labels('  Node-Selectors', record(spec, 'nodeSelector'));
  w.tolerations('  Tolerations', objects(spec, 'tolerations'));
}

export function describeSpread(w: DescribeWriter, constraints: readonly JsonObject[], space: string): void {
  if (constraints.length === 0) return;
  const sorted = [...constraints].sort((a, b) => compareText(text(a, 'topologyKey'), text(b, 'topologyKey')));
  sorted.forEach((constraint, i) => {
    const selector = has(constraint, 'labelSelector')
      ? ` for selector ${selectorText(constraint['labelSelector'])}`
      : '';
    const line = `${text(constraint, 'topologyKey')}:${text(constraint, 'whenUnsatisfiable')} when max skew ${integer(constraint, 'maxSkew')} is exceeded${selector}\n`;
    w.write(0, `${i === 0 ? `${space}Topology Spread Constraints:` : space}\t${line}`);
  });
}

/** `kubectl describe` of Services, Endpoints, EndpointSlices, Ingresses, IngressClasses and NetworkPolicies. */
import { civilTime } from '../../sim/api/time.ts';
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import { selectorText, timeMs } from './describe-writer.ts';
import { KubectlError } from './errors.ts';
import { at, compareText, has, integer, nameOf, namespaceOf, objects, record, text, texts } from './fields.ts';

export async function describeService(subject: Subject): Promise<void> {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  const slices = await subject.list('endpointslices', namespaceOf(object), {
    labelSelector: `kubernetes.io/service-name=${nameOf(object)}`,
  });
  const listed = (field: string): string => texts(spec, field).join(',');
  heading(subject);
  w.metadata(object);
  w.field('Selector', selectorText({ matchLabels: record(spec, 'selector') }));
  w.field('Type', text(spec, 'type'));
  if (has(spec, 'ipFamilyPolicy')) w.field('IP Family Policy', text(spec, 'ipFamilyPolicy'));
  w.field('IP Families', listed('ipFamilies') || '<none>');
  w.field('IP', text(spec, 'clusterIP'));
  w.field('IPs', listed('clusterIPs') || '<none>');
  if (listed('externalIPs') !== '') w.field('External IPs', listed('externalIPs'));
  if (text(spec, 'loadBalancerIP') !== '') w.field('Desired LoadBalancer IP', text(spec, 'loadBalancerIP'));
  if (text(spec, 'externalName') !== '') w.field('External Name', text(spec, 'externalName'));
  const ingress = objects(object, 'status', 'loadBalancer', 'ingress');
  if (ingress.length > 0) w.field('LoadBalancer Ingress', ingress.map(ingressAddress).join(', '));
  for (const port of objects(spec, 'ports')) describePort(subject, port, slices);
  w.field('Session Affinity', text(spec, 'sessionAffinity'));
  if (text(spec, 'externalTrafficPolicy') !== '')
    w.field('External Traffic Policy', text(spec, 'externalTrafficPolicy'));
  if (has(spec, 'internalTrafficPolicy')) w.field('Internal Traffic Policy', text(spec, 'internalTrafficPolicy'));
  if (integer(spec, 'healthCheckNodePort') !== 0) w.field('HealthCheck NodePort', integer(spec, 'healthCheckNodePort'));
  if (listed('loadBalancerSourceRanges') !== '')
    w.field('LoadBalancer Source Ranges', listed('loadBalancerSourceRanges'));
  if (has(spec, 'trafficDistribution')) w.field('Traffic Distribution', text(spec, 'trafficDistribution'));
  w.events(subject.events);
}

function ingressAddress(ingress: JsonObject): string {
  const ip = text(ingress, 'ip');
  if (ip === '') return text(ingress, 'hostname');
  return has(ingress, 'ipMode') ? `${ip} (${text(ingress, 'ipMode')})` : ip;
}

function describePort({ w }: Subject, port: JsonObject, slices: readonly JsonObject[]): void {
  const name = text(port, 'name') || '<unset>';
  const protocol = text(port, 'protocol');
  w.row(0, 'Port:', name, `${integer(port, 'port')}/${protocol}`);
  w.field('TargetPort', `${text(port, 'targetPort')}/${protocol}`);
  if (has(port, 'appProtocol')) w.field('AppProtocol', text(port, 'appProtocol'));
  if (integer(port, 'nodePort') !== 0) w.row(0, 'NodePort:', name, `${integer(port, 'nodePort')}/${protocol}`);
  w.field('Endpoints', endpointsText(slices, text(port, 'name')));
}

/** `10.244.1.4:80,10.244.2.7:80`, the first three and how many more. */
function endpointsText(slices: readonly JsonObject[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const found: string[] = [];
  for (const slice of slices) {
    const ports = objects(slice, 'ports');
    const ready = objects(slice, 'endpoints').filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false);
    const addresses = ready.map((endpoint) => texts(endpoint, 'addresses')[0] ?? '');
    if (ports.length === 0) found.push(...addresses);
    for (const port of ports) {
      if (text(port, 'name') !== portName) continue;
      found.push(
        ...addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${integer(port, 'port')}`),
      );
    }
  }
  return found.length > 3 ? `${found.slice(0, 3).join(',')} + ${found.length - 3} more...` : found.join(',');
}

export function describeEndpoints(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  w.metadata(object);
  w.write(0, 'Subsets:\n');
  for (const subset of objects(object, 'subsets')) {
    const ips = (field: string): string =>
      objects(subset, field)
        .map((address) => text(address, 'ip'))
        .join(',') || '<none>';
    w.field('Addresses', ips('addresses'), 1);
    w.field('NotReadyAddresses', ips('notReadyAddresses'), 1);
    const ports = objects(subset, 'ports');
    if (ports.length > 0) {
      w.write(1, 'Ports:\n');
      w.row(2, 'Name', 'Port', 'Protocol');
      w.row(2, '----', '----', '--------');
    }
    for (const port of ports) w.row(2, text(port, 'name') || '<unset>', integer(port, 'port'), text(port, 'protocol'));
    w.write(0, '\n');
  }
  w.events(subject.events);
}

export function describeEndpointSlice(subject: Subject): void {
  const { w, object } = subject;
  heading(subject);
  w.metadata(object);
  w.field('AddressType', text(object, 'addressType'));
  const ports = objects(object, 'ports');
  w.write(0, ports.length === 0 ? 'Ports: <unset>\n' : 'Ports:\n');
  if (ports.length > 0) {
    w.row(1, 'Name', 'Port', 'Protocol');
    w.row(1, '----', '----', '--------');
  }
  for (const port of ports)
    w.row(1, text(port, 'name') || '<unset>', text(port, 'port') || '<unset>', text(port, 'protocol'));
  const endpoints = objects(object, 'endpoints');
  w.write(0, endpoints.length === 0 ? 'Endpoints: <none>\n' : 'Endpoints:\n');
  for (const endpoint of endpoints) {
    w.field('- Addresses', texts(endpoint, 'addresses').join(', ') || '<none>', 1);
    w.write(2, 'Conditions:\n');
    w.field('Ready', text(endpoint, 'conditions', 'ready') || '<unset>', 3);
    w.field('Hostname', text(endpoint, 'hostname') || '<unset>', 2);
    if (has(endpoint, 'targetRef'))
      w.field('TargetRef', `${text(endpoint, 'targetRef', 'kind')}/${text(endpoint, 'targetRef', 'name')}`, 2);
    w.field('NodeName', text(endpoint, 'nodeName') || '<unset>', 2);
    w.field('Zone', text(endpoint, 'zone') || '<unset>', 2);
  }
  w.events(subject.events);
}

export async function describeIngress(subject: Subject): Promise<void> {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  w.field('Name', nameOf(object));
  w.labels('Labels', record(object, 'metadata', 'labels'));
  w.field('Namespace', namespaceOf(object));
  const addresses = objects(object, 'status', 'loadBalancer', 'ingress').map(
    (each) => text(each, 'ip') || text(each, 'hostname'),
  );
  w.field('Address', [...new Set(addresses)].sort(compareText).join(','));
  w.field('Ingress Class', text(spec, 'ingressClassName') || '<none>');
  const fallback = has(spec, 'defaultBackend')
    ? await backendText(subject, record(spec, 'defaultBackend'))
    : '<default>';
  w.field('Default backend', fallback);
  const tls = objects(spec, 'tls');
  if (tls.length > 0) w.write(0, 'TLS:\n');
  for (const entry of tls) {
    const hosts = texts(entry, 'hosts').join(',');
    const secret = text(entry, 'secretName');
    w.write(1, secret === '' ? `SNI routes ${hosts}\n` : `${secret} terminates ${hosts}\n`);
  }
  w.write(0, 'Rules:\n  Host\tPath\tBackends\n');
  w.row(1, '----', '----', '--------');
  const rules = objects(spec, 'rules').filter((rule) => has(rule, 'http'));
  for (const rule of rules) {
    w.write(1, `${text(rule, 'host') || '*'}\t\n`);
    for (const path of objects(rule, 'http', 'paths')) {
      w.write(2, `\t${text(path, 'path')} \t${await backendText(subject, record(path, 'backend'))}\n`);
    }
  }
  if (rules.length === 0) w.row(1, '*', '*', fallback);
  w.annotations('Annotations', record(object, 'metadata', 'annotations'));
  w.events(subject.events);
}

async function backendText(subject: Subject, backend: JsonObject): Promise<string> {
  const service = record(backend, 'service');
  if (!has(backend, 'service')) {
    const resource = record(backend, 'resource');
    return `APIGroup: ${text(resource, 'apiGroup') || '<none>'}, Kind: ${text(resource, 'kind')}, Name: ${text(resource, 'name')}`;
  }
  const name = text(service, 'name');
  const number = integer(service, 'port', 'number');
  const title = `${name}:${number === 0 ? text(service, 'port', 'name') : number}`;
  const namespace = namespaceOf(subject.object);
  const slices = await subject.list('endpointslices', namespace, {
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  try {
    const target = await subject.get('services', namespace, name);
    const port = objects(target, 'spec', 'ports').find(
      (each) =>
        (number !== 0 && integer(each, 'port') === number) ||
        (number === 0 && text(each, 'name') === text(service, 'port', 'name')),
    );
    return `${title} (${endpointsText(slices, text(port, 'name'))})`;
  } catch (error) {
    if (error instanceof KubectlError) return `${title} (<error: ${error.message}>)`;
    throw error;
  }
}

export function describeIngressClass(subject: Subject): void {
  const { w, object } = subject;
  heading(subject, false);
  w.metadata(object);
  w.field('Controller', text(object, 'spec', 'controller'));
  const parameters = record(object, 'spec', 'parameters');
  if (has(object, 'spec', 'parameters')) {
    w.write(0, 'Parameters:\n');
    if (has(parameters, 'apiGroup')) w.field('APIGroup', text(parameters, 'apiGroup'), 1);
    w.field('Kind', text(parameters, 'kind'), 1);
    w.field('Name', text(parameters, 'name'), 1);
  }
  w.events(subject.events);
}

export function describeNetworkPolicy(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  heading(subject);
  w.field('Created on', createdOn(at(object, 'metadata', 'creationTimestamp')));
  w.metadata(object);
  w.write(0, 'Spec:\n');
  const selector = selectorText(spec['podSelector']);
  w.write(
    1,
    `PodSelector:     ${selector === '<none>' ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selector}\n`,
  );
  const types = texts(spec, 'policyTypes');
  for (const [direction, field, peers, word] of [
    ['ingress', 'ingress', 'from', 'From'],
    ['egress', 'egress', 'to', 'To'],
  ] as const) {
    const title = direction === 'ingress' ? 'Ingress' : 'Egress';
    if (!types.includes(title)) {
      w.write(1, `Not affecting ${direction} traffic\n`);
      continue;
    }
    w.write(1, `Allowing ${direction} traffic:\n`);
    policyRules(subject, objects(spec, field), peers, word, direction);
  }
  w.write(1, `Policy Types: ${types.join(', ')}\n`);
}

function createdOn(time: unknown): string {
  const ms = timeMs(time);
  if (ms === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  const civil = civilTime(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${civil.year}-${two(civil.month)}-${two(civil.day)} ${two(civil.hour)}:${two(civil.minute)}:${two(civil.second)} +0000 UTC`;
}

function policyRules(
  { w }: Subject,
  rules: readonly JsonObject[],
  peers: string,
  word: string,
  direction: string,
): void {
  const indent = '    ';
  if (rules.length === 0) w.write(0, `${indent}<none> (Selected pods are isolated for ${direction} connectivity)\n`);
  rules.forEach((rule, i) => {
    const ports = objects(rule, 'ports');
    if (ports.length === 0) w.write(0, `${indent}To Port: <any> (traffic allowed to all ports)\n`);
    for (const port of ports) {
      const protocol = text(port, 'protocol') || 'TCP';
      const end = text(port, 'endPort');
      w.write(
        0,
        end === ''
          ? `${indent}To Port: ${text(port, 'port')}/${protocol}\n`
          : `${indent}To Port Range: ${text(port, 'port')}-${end}/${protocol}\n`,
      );
    }
    const others = objects(rule, peers);
    if (others.length === 0) {
      w.write(
        0,
        `${indent}${word}: <any> (traffic not restricted by ${direction === 'ingress' ? 'source' : 'destination'})\n`,
      );
    }
    for (const other of others) {
      w.write(0, `${indent}${word}:\n`);
      if (has(other, 'namespaceSelector'))
        w.write(1, `${indent}NamespaceSelector: ${selectorText(other['namespaceSelector'])}\n`);
      if (has(other, 'podSelector')) w.write(1, `${indent}PodSelector: ${selectorText(other['podSelector'])}\n`);
      if (has(other, 'ipBlock')) {
        w.write(1, `${indent}IPBlock:\n`);
        w.write(2, `${indent}CIDR: ${text(other, 'ipBlock', 'cidr')}\n`);
        w.write(2, `${indent}Except: ${texts(other, 'ipBlock', 'except').join(', ')}\n`);
      }
    }
    if (i !== rules.length - 1) w.write(0, `${indent}----------\n`);
  });
}

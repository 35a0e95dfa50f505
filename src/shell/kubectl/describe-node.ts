/** `kubectl describe node`. */
import { quantityMilliValue, quantityValue } from '../../sim/api/quantity.ts';
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import { taintText } from './describe-writer.ts';
import { StatusError } from './errors.ts';
import { at, compareText, has, nameOf, namespaceOf, objects, record, sortedEntries, text, texts } from './fields.ts';
import { add, podTotals, type Totals } from './pod-resources.ts';

export async function describeNode(subject: Subject): Promise<void> {
  const { w, object: node } = subject;
  heading(subject, false);
  w.field('Roles', rolesOf(node).join(',') || '<none>');
  w.metadata(node);
  w.field('CreationTimestamp', w.time(at(node, 'metadata', 'creationTimestamp')));
  taints(subject);
  w.field('Unschedulable', at(node, 'spec', 'unschedulable') === true);
  await lease(subject);
  w.conditions(
    node,
    ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'],
    [0, 1, 2, 3, 4],
  );
  w.write(0, 'Addresses:\n');
  for (const address of objects(node, 'status', 'addresses'))
    w.field(text(address, 'type'), text(address, 'address'), 1);
  for (const [title, field] of [
    ['Capacity', 'capacity'],
    ['Allocatable', 'allocatable'],
  ] as const) {
    const entries = sortedEntries(record(node, 'status', field));
    if (entries.length > 0) w.write(0, `${title}:\n`);
    for (const [name, quantity] of entries) w.field(name, quantity, 1);
  }
  systemInfo(subject);
  if (text(node, 'spec', 'podCIDR') !== '') w.field('PodCIDR', text(node, 'spec', 'podCIDR'));
  if (texts(node, 'spec', 'podCIDRs').length > 0) w.field('PodCIDRs', texts(node, 'spec', 'podCIDRs').join(','));
  if (text(node, 'spec', 'providerID') !== '') w.field('ProviderID', text(node, 'spec', 'providerID'));
  const fieldSelector = `spec.nodeName=${nameOf(node)},status.phase!=Succeeded,status.phase!=Failed`;
  pods(subject, await subject.list('pods', '', { fieldSelector }));
  w.events(subject.events);
}

export function rolesOf(node: JsonObject): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(record(node, 'metadata', 'labels'))) {
    if (key.startsWith('node-role.kubernetes.io/')) roles.add(key.slice('node-role.kubernetes.io/'.length));
    else if (key === 'kubernetes.io/role') roles.add(String(value));
  }
  roles.delete('');
  return [...roles].sort(compareText);
}

function taints({ w, object: node }: Subject): void {
  const key = (taint: JsonObject): string => `${text(taint, 'effect')},${text(taint, 'key')}`;
  const found = [...objects(node, 'spec', 'taints')].sort((a, b) => compareText(key(a), key(b)));
  w.write(0, 'Taints:\t');
  if (found.length === 0) w.write(0, '<none>\n');
  found.forEach((taint, i) => {
    w.write(0, `${i === 0 ? '' : '\t'}${taintText(taint)}\n`);
  });
}

async function lease(subject: Subject): Promise<void> {
  const { w, object: node } = subject;
  try {
    const found = await subject.get('leases.coordination.k8s.io', 'kube-node-lease', nameOf(node));
    w.write(0, 'Lease:\n');
    const spec = record(found, 'spec');
    w.field('HolderIdentity', text(spec, 'holderIdentity') || '<unset>', 1);
    w.field('AcquireTime', has(spec, 'acquireTime') ? w.time(spec['acquireTime']) : '<unset>', 1);
    w.field('RenewTime', has(spec, 'renewTime') ? w.time(spec['renewTime']) : '<unset>', 1);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    w.field('Lease', `Failed to get lease: ${error.message}`);
  }
}

function systemInfo({ w, object: node }: Subject): void {
  w.write(0, 'System Info:\n');
  for (const [title, field] of [
    ['Machine ID', 'machineID'],
    ['System UUID', 'systemUUID'],
    ['Boot ID', 'bootID'],
    ['Kernel Version', 'kernelVersion'],
    ['OS Image', 'osImage'],
    ['Operating System', 'operatingSystem'],
    ['Architecture', 'architecture'],
    ['Container Runtime Version', 'containerRuntimeVersion'],
    ['Kubelet Version', 'kubeletVersion'],
  ] as const) {
    w.field(title, text(node, 'status', 'nodeInfo', field), 1);
  }
}

function pods({ w, object: node }: Subject, list: readonly JsonObject[]): void {
  const allocatable = has(node, 'status', 'allocatable')
    ? record(node, 'status', 'allocatable')
    : record(node, 'status', 'capacity');
  const requests: Totals = new Map();
  const limits: Totals = new Map();
  w.field('Non-terminated Pods', `(${list.length} in total)`);
  w.row(1, 'Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age');
  w.row(1, '---------', '----', '', '------------', '----------', '---------------', '-------------', '---');
  for (const pod of list) {
    const wanted = podTotals(pod, 'requests');
    const allowed = podTotals(pod, 'limits');
    add(requests, wanted);
    add(limits, allowed);
    const cells = [
      share(wanted, 'cpu', allocatable),
      share(allowed, 'cpu', allocatable),
      share(wanted, 'memory', allocatable),
      share(allowed, 'memory', allocatable),
    ];
    w.row(1, namespaceOf(pod), nameOf(pod), '', ...cells, w.age(at(pod, 'metadata', 'creationTimestamp')));
  }
  w.write(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n');
  w.row(1, 'Resource', 'Requests', 'Limits');
  w.row(1, '--------', '--------', '------');
  const names = Object.keys(allocatable).sort(compareText);
  const huge = names.filter((name) => name.startsWith('hugepages-'));
  const extended = names.filter((name) => !standard.has(name) && !name.startsWith('hugepages-'));
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...huge]) {
    w.row(1, name, share(requests, name, allocatable), share(limits, name, allocatable));
  }
  for (const name of extended) w.row(1, name, requests.get(name) ?? '0', limits.get(name) ?? '0');
}

const standard = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods']);

/** `100m (2%)` of what the node can give. */
function share(totals: Totals, name: string, allocatable: JsonObject): string {
  const quantity = totals.get(name) ?? '0';
  const measure = name === 'cpu' ? quantityMilliValue : quantityValue;
  const whole = measure(text(allocatable, name) || '0');
  const percent = whole === 0 ? 0 : Math.trunc((measure(quantity) / whole) * 100);
  return `${quantity} (${percent}%)`;
}

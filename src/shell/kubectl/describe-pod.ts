/** `kubectl describe pod`. */
import type { JsonObject } from './client.ts';
import { describeContainers, describeResources, describeSpread } from './describe-containers.ts';
import { heading, type Subject } from './describe-source.ts';
import { describeVolumes } from './describe-volumes.ts';
import { controllerOf } from './describe-writer.ts';
import { has, integer, objects, record, text } from './fields.ts';

export function describePod(subject: Subject): void {
  const { w, object: pod } = subject;
  const spec = record(pod, 'spec');
  const status = record(pod, 'status');
  heading(subject);
  if (has(spec, 'priority')) w.field('Priority', integer(spec, 'priority'));
  optional(subject, 'Priority Class Name', text(spec, 'priorityClassName'));
  optional(subject, 'Runtime Class Name', text(spec, 'runtimeClassName'));
  optional(subject, 'Service Account', text(spec, 'serviceAccountName'));
  const node = text(spec, 'nodeName');
  w.field('Node', node === '' ? '<none>' : `${node}/${text(status, 'hostIP')}`);
  if (has(status, 'startTime')) w.field('Start Time', w.time(status['startTime']));
  w.metadata(pod);
  phase(subject, status);
  optional(subject, 'Reason', text(status, 'reason'));
  optional(subject, 'Message', text(status, 'message'));
  const seccomp = record(spec, 'securityContext', 'seccompProfile');
  optional(subject, 'SeccompProfile', text(seccomp, 'type'));
  if (text(seccomp, 'type') === 'Localhost') w.field('LocalhostProfile', text(seccomp, 'localhostProfile'));
  w.field('IP', text(status, 'podIP'));
  const addresses = objects(status, 'podIPs');
  w.write(0, addresses.length === 0 ? 'IPs:\t<none>\n' : 'IPs:\n');
  for (const address of addresses) w.field('IP', text(address, 'ip'), 1);
  optional(subject, 'Controlled By', controllerOf(pod));
  optional(subject, 'NominatedNodeName', text(status, 'nominatedNodeName'));
  if (has(spec, 'resources')) {
    w.write(0, 'Resources:\n');
    describeResources(w, record(spec, 'resources'), 1);
  }
  containers(subject, spec, status);
  gates(subject, spec, status);
  w.conditions(pod, ['Type', 'Status'], [0, 1]);
  describeVolumes(w, objects(spec, 'volumes'), '');
  w.field('QoS Class', text(status, 'qosClass'));
  w.labels('Node-Selectors', record(spec, 'nodeSelector'));
  w.tolerations('Tolerations', objects(spec, 'tolerations'));
  describeSpread(w, objects(spec, 'topologySpreadConstraints'), '');
  w.events(subject.events);
}

function optional({ w }: Subject, name: string, value: string): void {
  if (value !== '') w.field(name, value);
}

function phase({ w, object: pod }: Subject, status: JsonObject): void {
  const current = text(status, 'phase');
  if (!has(pod, 'metadata', 'deletionTimestamp') || current === 'Failed' || current === 'Succeeded') {
    w.field('Status', current);
    return;
  }
  w.field('Status', `Terminating (lasts ${w.age(record(pod, 'metadata')['deletionTimestamp'])})`);
  w.field('Termination Grace Period', `${integer(pod, 'metadata', 'deletionGracePeriodSeconds')}s`);
}

function containers({ w, object: pod }: Subject, spec: JsonObject, status: JsonObject): void {
  const init = objects(spec, 'initContainers');
  if (init.length > 0)
    describeContainers(w, 'Init Containers', init, objects(status, 'initContainerStatuses'), pod, '');
  describeContainers(w, 'Containers', objects(spec, 'containers'), objects(status, 'containerStatuses'), pod, '');
  const ephemeral = objects(spec, 'ephemeralContainers');
  if (ephemeral.length > 0) {
    describeContainers(w, 'Ephemeral Containers', ephemeral, objects(status, 'ephemeralContainerStatuses'), pod, '');
  }
}

function gates({ w }: Subject, spec: JsonObject, status: JsonObject): void {
  const found = objects(spec, 'readinessGates');
  if (found.length === 0) return;
  w.write(0, 'Readiness Gates:\n  Type\tStatus\n');
  for (const gate of found) {
    const type = text(gate, 'conditionType');
    const condition = objects(status, 'conditions').find((each) => text(each, 'type') === type);
    w.row(1, `${type} `, `${condition === undefined ? '<none>' : text(condition, 'status')} `);
  }
}

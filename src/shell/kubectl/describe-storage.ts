/** `kubectl describe` of PersistentVolumes, PersistentVolumeClaims and StorageClasses. */
import type { JsonObject } from './client.ts';
import { heading, type Subject } from './describe-source.ts';
import { describeSource } from './describe-volumes.ts';
import { at, compareText, has, nameOf, namespaceOf, objects, record, text, texts } from './fields.ts';
import { formatLabels } from './table.ts';

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modesText(modes: readonly string[]): string {
  return [...new Set(modes)].map((mode) => accessModes[mode] ?? mode).join(',');
}

function phase({ w, object }: Subject): void {
  const deleted = at(object, 'metadata', 'deletionTimestamp');
  w.field('Status', deleted === undefined ? text(object, 'status', 'phase') : `Terminating (lasts ${w.age(deleted)})`);
}

export function describePersistentVolume(subject: Subject): void {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  heading(subject, false);
  w.metadata(object);
  w.field('Finalizers', `[${texts(object, 'metadata', 'finalizers').join(' ')}]`);
  w.field('StorageClass', text(spec, 'storageClassName'));
  phase(subject);
  w.field(
    'Claim',
    has(spec, 'claimRef') ? `${text(spec, 'claimRef', 'namespace')}/${text(spec, 'claimRef', 'name')}` : '',
  );
  w.field('Reclaim Policy', text(spec, 'persistentVolumeReclaimPolicy'));
  w.field('Access Modes', modesText(texts(spec, 'accessModes')));
  if (has(spec, 'volumeMode')) w.field('VolumeMode', text(spec, 'volumeMode'));
  w.field('Capacity', text(spec, 'capacity', 'storage') || '0');
  nodeAffinity(subject, spec);
  w.field('Message', text(object, 'status', 'message'));
  w.write(0, 'Source:\n');
  describeSource(w, spec);
  w.events(subject.events);
}

function nodeAffinity({ w }: Subject, spec: JsonObject): void {
  if (!has(spec, 'nodeAffinity', 'required')) {
    w.field('Node Affinity', '<none>');
    return;
  }
  const terms = objects(spec, 'nodeAffinity', 'required', 'nodeSelectorTerms');
  w.write(0, 'Node Affinity:\t\n');
  w.write(1, terms.length === 0 ? 'Required Terms:\t<none>\n' : 'Required Terms:\t\n');
  terms.forEach((term, i) => {
    w.write(2, `Term ${i}:\t`);
    const expressions = objects(term, 'matchExpressions');
    if (expressions.length === 0) w.write(0, '<none>\n');
    expressions.forEach((expression, j) => {
      const values = texts(expression, 'values');
      const written = `${text(expression, 'key')} ${text(expression, 'operator').toLowerCase()}${values.length === 0 ? '' : ` [${values.join(', ')}]`}`;
      if (j > 0) w.write(2, '\t');
      w.write(0, `${written}\n`);
    });
  });
}

export async function describeClaim(subject: Subject): Promise<void> {
  const { w, object } = subject;
  const spec = record(object, 'spec');
  heading(subject);
  w.field('StorageClass', text(spec, 'storageClassName'));
  phase(subject);
  const volume = text(spec, 'volumeName');
  w.field('Volume', volume);
  w.metadata(object);
  w.field('Finalizers', `[${texts(object, 'metadata', 'finalizers').join(' ')}]`);
  w.field('Capacity', volume === '' ? '' : text(object, 'status', 'capacity', 'storage') || '0');
  w.field('Access Modes', volume === '' ? '' : modesText(texts(object, 'status', 'accessModes')));
  if (has(spec, 'volumeMode')) w.field('VolumeMode', text(spec, 'volumeMode'));
  if (has(spec, 'dataSource')) {
    w.write(0, 'DataSource:\n');
    if (has(spec, 'dataSource', 'apiGroup')) w.field('APIGroup', text(spec, 'dataSource', 'apiGroup'), 1);
    w.field('Kind', text(spec, 'dataSource', 'kind'), 1);
    w.field('Name', text(spec, 'dataSource', 'name'), 1);
  }
  const pods = await subject.list('pods', namespaceOf(object));
  const users = pods.filter((pod) =>
    objects(pod, 'spec', 'volumes').some((each) => text(each, 'persistentVolumeClaim', 'claimName') === nameOf(object)),
  );
  const names = users.map(nameOf).sort(compareText);
  w.write(0, `Used By:\t${names.length === 0 ? '<none>\n' : `${names[0]}\n`}`);
  for (const name of names.slice(1)) w.write(0, `\t${name}\n`);
  w.conditions(object, ['Type', 'Status', 'LastProbeTime', 'LastTransitionTime', 'Reason', 'Message'], [0, 1, 2, 3, 4]);
  w.events(subject.events);
}

export function describeStorageClass(subject: Subject): void {
  const { w, object } = subject;
  const annotations = record(object, 'metadata', 'annotations');
  heading(subject, false);
  w.field('IsDefaultClass', text(annotations, 'storageclass.kubernetes.io/is-default-class') === 'true' ? 'Yes' : 'No');
  w.field('Annotations', formatLabels(annotations));
  w.field('Provisioner', text(object, 'provisioner'));
  w.field('Parameters', formatLabels(record(object, 'parameters')));
  const expansion = object['allowVolumeExpansion'];
  w.field('AllowVolumeExpansion', expansion === undefined ? '<unset>' : expansion === true ? 'True' : 'False');
  const options = texts(object, 'mountOptions');
  w.write(0, options.length === 0 ? 'MountOptions:\t<none>\n' : 'MountOptions:\n');
  for (const option of options) w.write(1, `${option}\n`);
  if (has(object, 'reclaimPolicy')) w.field('ReclaimPolicy', text(object, 'reclaimPolicy'));
  if (has(object, 'volumeBindingMode')) w.field('VolumeBindingMode', text(object, 'volumeBindingMode'));
  w.events(subject.events);
}

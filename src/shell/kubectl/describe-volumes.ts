/** Volumes of pods and of PersistentVolumes inside descriptions. */
import type { JsonObject } from './client.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { at, has, integer, isObject, objects, record, sortedEntries, text } from './fields.ts';

export function describeVolumes(w: DescribeWriter, volumes: readonly JsonObject[], space: string): void {
  if (volumes.length === 0) {
    w.write(0, `${space}Volumes:\t<none>\n`);
    return;
  }
  w.write(0, `${space}Volumes:\n`);
  for (const volume of volumes) {
    w.write(1, `${space === '' ? '' : ' '}${text(volume, 'name')}:\n`);
    describeSource(w, volume);
  }
}

type Lines = (source: JsonObject) => readonly (readonly [string, unknown])[];

/** Per source: its sentence, then its fields. */
const sources: Readonly<Record<string, readonly [type: string, lines: Lines]>> = {
  hostPath: [
    'HostPath (bare host directory volume)',
    (source) => [
      ['Path', text(source, 'path')],
      ['HostPathType', has(source, 'type') ? text(source, 'type') : '<none>'],
    ],
  ],
  emptyDir: [
    "EmptyDir (a temporary directory that shares a pod's lifetime)",
    (source) => [
      ['Medium', text(source, 'medium')],
      ['SizeLimit', text(source, 'sizeLimit') || '<unset>'],
    ],
  ],
  secret: [
    'Secret (a volume populated by a Secret)',
    (source) => [
      ['SecretName', text(source, 'secretName')],
      ['Optional', source['optional'] === true],
    ],
  ],
  configMap: [
    'ConfigMap (a volume populated by a ConfigMap)',
    (source) => [
      ['Name', text(source, 'name')],
      ['Optional', source['optional'] === true],
    ],
  ],
  nfs: [
    'NFS (an NFS mount that lasts the lifetime of a pod)',
    (source) => [
      ['Server', text(source, 'server')],
      ['Path', text(source, 'path')],
      ['ReadOnly', source['readOnly'] === true],
    ],
  ],
  persistentVolumeClaim: [
    'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    (source) => [
      ['ClaimName', text(source, 'claimName')],
      ['ReadOnly', source['readOnly'] === true],
    ],
  ],
  local: [
    'LocalVolume (a persistent volume backed by local storage on a node)',
    (source) => [['Path', text(source, 'path')]],
  ],
  image: [
    'Image (a container image or OCI artifact)',
    (source) => [
      ['Reference', text(source, 'reference')],
      ['PullPolicy', text(source, 'pullPolicy')],
    ],
  ],
  csi: [
    'CSI (a Container Storage Interface (CSI) volume source)',
    (source) =>
      has(source, 'volumeHandle')
        ? [
            ['Driver', text(source, 'driver')],
            ['FSType', text(source, 'fsType')],
            ['VolumeHandle', text(source, 'volumeHandle')],
            ['ReadOnly', source['readOnly'] === true],
          ]
        : [
            ['Driver', text(source, 'driver')],
            ['FSType', text(source, 'fsType')],
            ['ReadOnly', source['readOnly'] === true],
          ],
  ],
};

/** The lines of whichever source a volume (or a PersistentVolume's spec) has. */
export function describeSource(w: DescribeWriter, holder: JsonObject): void {
  for (const [name, [type, lines]] of Object.entries(sources)) {
    const source = holder[name];
    if (!isObject(source)) continue;
    w.field('Type', type, 2);
    for (const [field, value] of lines(source)) w.field(field, value, 2);
    if (name === 'csi') attributes(w, record(source, 'volumeAttributes'));
    return;
  }
  if (has(holder, 'projected')) projected(w, objects(holder, 'projected', 'sources'));
  else if (has(holder, 'downwardAPI')) downward(w, objects(holder, 'downwardAPI', 'items'));
  else if (has(holder, 'ephemeral')) {
    w.field(
      'Type',
      'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)',
      2,
    );
  } else w.write(1, '<unknown>\n');
}

function attributes(w: DescribeWriter, map: JsonObject): void {
  const entries = sortedEntries(map);
  w.write(2, 'VolumeAttributes:\t');
  if (entries.length === 0) w.write(0, '<none>\n');
  entries.forEach(([key, value], i) => {
    w.write(i === 0 ? 0 : 2, `${i === 0 ? '' : '\t'}    ${key}=${String(value)}\n`);
  });
}

function projected(w: DescribeWriter, list: readonly JsonObject[]): void {
  w.field('Type', 'Projected (a volume that contains injected data from multiple sources)', 2);
  for (const source of list) {
    if (has(source, 'secret')) {
      w.field('SecretName', text(source, 'secret', 'name'), 2);
      w.field('Optional', at(source, 'secret', 'optional') === true, 2);
    } else if (has(source, 'downwardAPI')) w.field('DownwardAPI', 'true', 2);
    else if (has(source, 'configMap')) {
      w.field('ConfigMapName', text(source, 'configMap', 'name'), 2);
      w.field('Optional', at(source, 'configMap', 'optional') === true, 2);
    } else if (has(source, 'serviceAccountToken')) {
      w.field('TokenExpirationSeconds', integer(source, 'serviceAccountToken', 'expirationSeconds'), 2);
    }
  }
}

function downward(w: DescribeWriter, items: readonly JsonObject[]): void {
  w.field('Type', 'DownwardAPI (a volume populated by information about the pod)', 2);
  w.write(2, 'Items:\n');
  for (const item of items) {
    if (has(item, 'fieldRef')) w.write(3, `${text(item, 'fieldRef', 'fieldPath')} -> ${text(item, 'path')}\n`);
    else w.write(3, `${text(item, 'resourceFieldRef', 'resource')} -> ${text(item, 'path')}\n`);
  }
}

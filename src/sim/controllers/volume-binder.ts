/**
 * Persistent volume binder: brings claims and volumes together and says what becomes of volumes whose claim has gone. It provisions nothing
 * by itself: that is the work of a class's external provisioner. Models pkg/controller/volume/persistentvolume/pv_controller.go.
 */
import { semanticEqual } from '../api/equal.ts';
import { formatTime } from '../api/time.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { objectPath } from './resources.ts';
import { bestMatch, classOfClaim, isBoundTo, mismatch } from './volume-match.ts';

const BOUND_BY_US = 'pv.kubernetes.io/bound-by-controller';
const COMPLETED = 'pv.kubernetes.io/bind-completed';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONERS = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'];
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const CLAIM = '(claim)';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export const volumeBinderController: Controller = {
  name: 'persistentvolume-binder-controller',
  account: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  watches: ['persistentvolumes', 'persistentvolumeclaims', 'storageclasses'],
  workers: 1,
  keysOf(resource, { key, object, type }, view) {
    if (resource === 'storageclasses') return type === 'deleted' ? [] : pendingClaims(view);
    if (resource === 'persistentvolumeclaims') {
      const volume = (object as PersistentVolumeClaim).spec.volumeName ?? '';
      return volume === '' ? [CLAIM + key] : [CLAIM + key, volume];
    }
    // A volume that has come may be what a claim waits for; one that has gone may be missed.
    const { claimRef } = (object as PersistentVolume).spec;
    const claims = view.by('persistentvolumeclaims', 'byVolume', key).map((claim) => CLAIM + keyOf(claim));
    if (claimRef !== undefined) claims.push(`${CLAIM}${claimRef.namespace}/${claimRef.name}`);
    else if (type !== 'deleted') claims.push(...pendingClaims(view));
    return [key, ...claims];
  },
  every: { periodMs: 15_000, flag: 'pvclaimbinder-sync-period', keys: pendingClaims },
  reconcile: (key, view) => (key.startsWith(CLAIM) ? syncClaim(key.slice(CLAIM.length), view) : syncVolume(key, view)),
};

function pendingClaims(view: View): string[] {
  const keys: string[] = [];
  for (const claim of view.list('persistentvolumeclaims'))
    if (claim.metadata.annotations?.[COMPLETED] === undefined) keys.push(CLAIM + keyOf(claim));
  return keys;
}

function syncClaim(key: string, view: View): Outcome {
  const claim = view.get('persistentvolumeclaims', key) as PersistentVolumeClaim | undefined;
  if (claim === undefined) return NOTHING_TO_DO;
  return claim.metadata.annotations?.[COMPLETED] === undefined ? syncUnbound(claim, view) : syncBound(claim, view);
}

function say(claim: PersistentVolumeClaim, type: EventSpec['type'], reason: string, message: string): EventSpec {
  return { about: referenceTo(claim), type, reason, message };
}

function syncUnbound(claim: PersistentVolumeClaim, view: View): Outcome {
  const name = claim.spec.volumeName ?? '';
  if (name !== '') return syncRequested(claim, name, view);
  const storageClass = view.get('storageclasses', classOfClaim(claim)) as StorageClass | undefined;
  const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
  const provisioning = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  const volume = bestMatch(view.list('persistentvolumes') as Iterable<PersistentVolume>, claim, delayed);
  if (volume !== undefined) return { writes: bind(volume, claim) };
  const defaulted = withDefaultClass(claim, view);
  if (defaulted !== undefined) return { writes: [defaulted] };
  const writes = phase(claim, 'Pending');
  if (delayed && !provisioning) {
    const pods = consumers(claim, view);
    const [reason, message] =
      pods.length === 0
        ? ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding']
        : ['WaitForPodScheduled', `waiting for ${pods.length > 1 ? 'pods' : 'pod'} ${pods.join(',')} to be scheduled`];
    return { writes, events: [say(claim, 'Normal', reason, message)] };
  }
  if (classOfClaim(claim) !== '') return provision(claim, storageClass);
  const message = 'no persistent volumes available for this claim and no storage class is set';
  return { writes, events: [say(claim, 'Normal', 'FailedBinding', message)] };
}

/** The claim names its volume. */
function syncRequested(claim: PersistentVolumeClaim, name: string, view: View): Outcome {
  const volume = view.get('persistentvolumes', name) as PersistentVolume | undefined;
  const writes = phase(claim, 'Pending');
  if (volume === undefined) return { writes };
  if (volume.spec.claimRef === undefined) {
    const problem = mismatch(volume, claim);
    if (problem === undefined) return { writes: bind(volume, claim) };
    const message = `Cannot bind to requested volume "${name}": ${problem}`;
    return { writes, events: [say(claim, 'Warning', 'VolumeMismatch', message)] };
  }
  if (isBoundTo(volume, claim)) return { writes: bind(volume, claim) };
  return {
    writes,
    events: [say(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)],
  };
}

function syncBound(claim: PersistentVolumeClaim, view: View): Outcome {
  const lost = (reason: string, message: string): Outcome => {
    const writes = phase(claim, 'Lost');
    return { writes, events: writes.length === 0 ? [] : [say(claim, 'Warning', reason, message)] };
  };
  const name = claim.spec.volumeName ?? '';
  if (name === '')
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = view.get('persistentvolumes', name) as PersistentVolume | undefined;
  if (volume === undefined)
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid)
    return { writes: bind(volume, claim) };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function provision(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Outcome {
  const failed = (message: string): Outcome => ({
    writes: phase(claim, 'Pending'),
    events: [say(claim, 'Warning', 'ProvisioningFailed', message)],
  });
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io "${classOfClaim(claim)}" not found`);
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER) return failed(`no volume plugin matched name: ${NO_PROVISIONER}`);
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  const events = [say(claim, 'Normal', 'ExternalProvisioning', message)];
  const annotations = { ...claim.metadata.annotations };
  for (const annotation of PROVISIONERS) annotations[annotation] = provisioner;
  if (semanticEqual(annotations, claim.metadata.annotations)) return { writes: phase(claim, 'Pending'), events };
  const body = { ...claim, metadata: { ...claim.metadata, annotations } };
  const path = objectPath('persistentvolumeclaims', claim);
  return { writes: [{ request: { method: 'PUT', path, body }, tolerate: [404] }], events };
}

/** A claim that says nothing about its class gets the default one, even if that came later. */
function withDefaultClass(claim: PersistentVolumeClaim, view: View): Write | undefined {
  if (claim.spec.storageClassName !== undefined && claim.spec.storageClassName !== null) return undefined;
  if (classOfClaim(claim) !== '') return undefined;
  const defaults = [...view.list('storageclasses')].filter(
    ({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true',
  );
  // The newest one counts.
  defaults.sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
  const [chosen] = defaults;
  if (chosen === undefined) return undefined;
  const body = { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } };
  return { request: { method: 'PUT', path: objectPath('persistentvolumeclaims', claim), body }, tolerate: [404] };
}

/** Pods that use the claim and have no node yet. */
function consumers(claim: PersistentVolumeClaim, view: View): string[] {
  const pods = view.by('pods', 'byNamespace', claim.metadata.namespace ?? '') as readonly Pod[];
  const uses = ({ spec }: Pod) =>
    spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name) === true;
  return pods.filter((pod) => (pod.spec.nodeName ?? '') === '' && uses(pod)).map(({ metadata }) => metadata.name);
}

/** Both ends, then both statuses; each only as far as it does not say so already. */
function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Write[] {
  const writes: Write[] = [];
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  if (volume.spec.claimRef?.uid !== uid) {
    const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
    const annotations =
      volume.spec.claimRef === undefined
        ? { ...volume.metadata.annotations, [BOUND_BY_US]: 'yes' }
        : volume.metadata.annotations;
    const body = { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
    return [{ request: { method: 'PUT', path: objectPath('persistentvolumes', volume), body } }];
  }
  if (volume.status?.phase !== 'Bound') writes.push(volumePhase(volume, 'Bound'));
  const annotations = claim.metadata.annotations ?? {};
  if (claim.spec.volumeName !== volume.metadata.name || annotations[COMPLETED] === undefined) {
    const byUs = claim.spec.volumeName === volume.metadata.name ? {} : { [BOUND_BY_US]: 'yes' };
    const metadata = { ...claim.metadata, annotations: { ...annotations, [COMPLETED]: 'yes', ...byUs } };
    const body = { ...claim, metadata, spec: { ...claim.spec, volumeName: volume.metadata.name } };
    writes.push({ request: { method: 'PUT', path: objectPath('persistentvolumeclaims', claim), body } });
    return writes;
  }
  const { accessModes, capacity } = volume.spec;
  return [...writes, ...phase(claim, 'Bound', { accessModes, capacity })];
}

function phase(claim: PersistentVolumeClaim, wanted: string, more: object = {}): Write[] {
  const { accessModes: _modes, capacity: _capacity, ...kept } = claim.status ?? {};
  const status = { ...kept, phase: wanted, ...more };
  if (semanticEqual(status, claim.status)) return [];
  const path = `${objectPath('persistentvolumeclaims', claim)}/status`;
  return [{ request: { method: 'PUT', path, body: { ...claim, status } }, tolerate: [404] }];
}

function volumePhase(volume: PersistentVolume, wanted: string, message?: string): Write {
  const status = { phase: wanted, ...(message === undefined ? {} : { message }) };
  const body = { ...volume, status };
  const path = `${objectPath('persistentvolumes', volume)}/status`;
  return { request: { method: 'PUT', path, body }, tolerate: [404] };
}

function syncVolume(name: string, view: View): Outcome {
  const volume = view.get('persistentvolumes', name) as PersistentVolume | undefined;
  if (volume === undefined) return NOTHING_TO_DO;
  const be = (wanted: string): Outcome =>
    volume.status?.phase === wanted ? NOTHING_TO_DO : { writes: [volumePhase(volume, wanted)] };
  const reference = volume.spec.claimRef;
  if (reference === undefined || (reference.uid ?? '') === '') return be('Available');
  const claim = view.get('persistentvolumeclaims', `${reference.namespace}/${reference.name}`) as
    | PersistentVolumeClaim
    | undefined;
  if (claim === undefined || claim.metadata.uid !== reference.uid) return reclaim(volume, view);
  if ((claim.spec.volumeName ?? '') === '') return { writes: [], alsoKeys: [CLAIM + keyOf(claim)] };
  if (claim.spec.volumeName === name) return be('Bound');
  // The claim has another volume now.
  const { claimRef: _lost, ...spec } = volume.spec;
  const annotations = { ...volume.metadata.annotations };
  const ours = annotations[BOUND_BY_US] !== undefined;
  delete annotations[BOUND_BY_US];
  const { namespace, name: claimName } = reference;
  const left = ours ? spec : { ...spec, claimRef: { ...reference, namespace, name: claimName, uid: undefined } };
  const body = { ...volume, metadata: { ...volume.metadata, annotations }, spec: left };
  return { writes: [{ request: { method: 'PUT', path: objectPath('persistentvolumes', volume), body } }] };
}

/** Its claim has gone: it keeps what is on it, unless its policy says otherwise. Nothing here can delete storage. */
function reclaim(volume: PersistentVolume, view: View): Outcome {
  const known = volume.status?.phase;
  if (known !== 'Released' && known !== 'Failed') return { writes: [volumePhase(volume, 'Released')] };
  const dynamic = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined;
  if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete' || dynamic || known === 'Failed') return NOTHING_TO_DO;
  const { hostPath } = volume.spec as { readonly hostPath?: { readonly path: string } };
  const message =
    hostPath === undefined
      ? `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`;
  const about = referenceTo(volume);
  view.log(`"Deletion of volume failed" volumeName="${volume.metadata.name}" at="${formatTime(view.nowMs)}"`);
  const event: EventSpec = { about, type: 'Warning', reason: 'VolumeFailedDelete', message };
  return { writes: [volumePhase(volume, 'Failed', message)], events: [event] };
}

/** Identities of a StatefulSet's pods: ordinal, name, hostname, claims. Models pkg/controller/statefulset (stateful_set_utils.go, stateful_pod_control.go). */
import { semanticEqual } from '../api/equal.ts';
import type {
  ControllerRevision,
  OwnerReference,
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  StatefulSet,
  Volume,
} from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import type { View, Write } from './controller.ts';
import { controllerOf, ownerReference, podFromTemplate } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

/** `web-3` → 3 for the set `web`; undefined for other names. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name } = pod.metadata;
  const dash = name.lastIndexOf('-');
  const ordinal = name.slice(dash + 1);
  return name.slice(0, dash) === set.metadata.name && /^\d+$/.test(ordinal) ? Number(ordinal) : undefined;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The template a revision stores. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const data = revision.data as {
    readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } };
  };
  const { $patch: _, ...template } = data.spec.template;
  return template;
}

/** The claims it needs and does not have, then the pod. */
export function createPod(set: StatefulSet, revision: ControllerRevision, ordinal: number, view: View): Write[] {
  const name = podName(set, ordinal);
  const template = templateOf(revision);
  const labels = {
    ...template.metadata?.labels,
    [REVISION_LABEL]: revision.metadata.name,
    [POD_NAME]: name,
    [POD_INDEX]: String(ordinal),
  };
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = templates.map(
    (claim): Volume => ({
      name: claim.metadata.name,
      persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
    }),
  );
  const others = (template.spec.volumes ?? []).filter(
    (volume) => !templates.some((claim) => claim.metadata.name === volume.name),
  );
  const spec = {
    ...template.spec,
    hostname: name,
    subdomain: set.spec.serviceName,
    ...(claimed.length + others.length === 0 ? {} : { volumes: [...claimed, ...others] }),
  };
  const about = referenceTo(set);
  const said = `Create Pod ${name} in StatefulSet ${set.metadata.name}`;
  return [
    ...createClaims(set, ordinal, view),
    {
      request: {
        method: 'POST',
        path: collectionPath('pods', set.metadata.namespace),
        body: podFromTemplate({ metadata: { ...template.metadata, labels }, spec }, set, name),
      },
      event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: `${said} successful` },
      failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: `${said} failed error: {error}` },
    },
  ];
}

/** Claims of a pod that do not exist. */
export function createClaims(set: StatefulSet, ordinal: number, view: View): Write[] {
  const { namespace } = set.metadata;
  return (set.spec.volumeClaimTemplates ?? []).flatMap((template): Write[] => {
    const name = claimName(set, template, ordinal);
    if (view.get('persistentvolumeclaims', `${namespace}/${name}`) !== undefined) return [];
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
        ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
        ...(retention(set, 'whenDeleted') === 'Delete' ? { ownerReferences: [ownerReference(set)] } : {}),
      },
      spec: template.spec,
    };
    const about = referenceTo(set);
    const [pod, parent] = [podName(set, ordinal), set.metadata.name];
    return [
      {
        request: { method: 'POST', path: collectionPath('persistentvolumeclaims', namespace), body },
        tolerate: [409],
        event: {
          about,
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Create Claim ${name} Pod ${pod} in StatefulSet ${parent} success`,
        },
        failureEvent: {
          about,
          type: 'Warning',
          reason: 'FailedCreate',
          message: `Create Claim ${name} for Pod ${pod} in StatefulSet ${parent} failed error: {error}`,
        },
      },
    ];
  });
}

/** A claim that is on its way out must be gone before the pod may come back. */
export function hasStaleClaim(set: StatefulSet, ordinal: number, view: View): boolean {
  return claimsOf(set, ordinal, view).some(({ metadata }) => metadata.deletionTimestamp !== undefined);
}

/** Owners of claims as the retention policy wants them: the set (whenDeleted), a condemned pod (whenScaled), or nobody. */
export function retainClaims(set: StatefulSet, ordinal: number, condemned: Pod | undefined, view: View): Write[] {
  return claimsOf(set, ordinal, view).flatMap((claim): Write[] => {
    const ours = (owner: OwnerReference) =>
      owner.uid === set.metadata.uid || (owner.kind === 'Pod' && owner.name === podName(set, ordinal));
    const foreign = (claim.metadata.ownerReferences ?? []).filter((owner) => !ours(owner));
    const controller = controllerOf(claim);
    // Somebody else manages the claim: the policy is ignored.
    if (controller !== undefined && !ours(controller)) return [];
    const owners = [...foreign];
    if (condemned !== undefined && retention(set, 'whenScaled') === 'Delete') owners.push(ownerReference(condemned));
    else if (retention(set, 'whenDeleted') === 'Delete') owners.push(ownerReference(set));
    if (semanticEqual(owners, claim.metadata.ownerReferences)) return [];
    const body = { ...claim, metadata: { ...claim.metadata, ownerReferences: owners } };
    return [{ request: { method: 'PUT', path: objectPath('persistentvolumeclaims', claim), body }, tolerate: [404] }];
  });
}

export function deletePod(set: StatefulSet, pod: Pod): Write {
  const about = referenceTo(set);
  const said = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body: { preconditions: { uid: pod.metadata.uid } } },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `${said} successful` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: `${said} failed error: {error}` },
  };
}

/** Puts back labels that say who the pod is. */
export function restoreIdentity(set: StatefulSet, pod: Pod): Write[] {
  const { labels, name } = pod.metadata;
  const wanted = { [POD_NAME]: name, [POD_INDEX]: String(ordinalOf(set, pod)) };
  if (Object.entries(wanted).every(([key, value]) => labels?.[key] === value)) return [];
  const contentType = 'application/merge-patch+json';
  const body = { metadata: { uid: pod.metadata.uid, labels: wanted } };
  return [{ request: { method: 'PATCH', path: objectPath('pods', pod), body, contentType }, tolerate: [404, 409] }];
}

function claimsOf(set: StatefulSet, ordinal: number, view: View): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).flatMap((template) => {
    const key = `${set.metadata.namespace}/${claimName(set, template, ordinal)}`;
    const claim = view.get('persistentvolumeclaims', key);
    return claim === undefined ? [] : [claim as PersistentVolumeClaim];
  });
}

function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${podName(set, ordinal)}`;
}

function retention({ spec }: StatefulSet, when: 'whenDeleted' | 'whenScaled'): string {
  return spec.persistentVolumeClaimRetentionPolicy?.[when] ?? 'Retain';
}

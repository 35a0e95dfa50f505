/**
 * The revisions behind a Deployment (ReplicaSets), a DaemonSet or a StatefulSet (ControllerRevisions), and how to go back to one.
 * @source staging/src/k8s.io/kubectl/pkg/polymorphichelpers/history.go, rollback.go
 */
import type { PatchKind } from './changes.ts';
import type { JsonObject } from './client.ts';
import { describePodTemplate } from './describe-containers.ts';
import { DescribeWriter, selectorText } from './describe-writer.ts';
import { pathOf } from './discovery.ts';
import { KubectlError } from './errors.ts';
import { at, integer, objects, record, sameValue, text, withField } from './fields.ts';
import { ownedReplicaSets, revisionAnnotation, revisionOf, withoutHash } from './replica-sets.ts';
import type { Info } from './resources.ts';
import type { Session } from './session.ts';
import { applyLocally } from './strategic.ts';
import { alignTabs, describeOptions } from './tabwriter.ts';

const changeCause = 'kubernetes.io/change-cause';

export interface Revision {
  readonly revision: number;
  readonly cause: string;
  readonly template: JsonObject;
  /** The ReplicaSet, or the object as it was in that revision. */
  readonly object: JsonObject;
  /** What brings the revision back. */
  readonly data: JsonObject;
}

/** In order of revision. */
export async function historyOf(session: Session, info: Info): Promise<Revision[]> {
  const found =
    info.resource.kind === 'Deployment'
      ? await replicaSetHistory(session, info)
      : await controllerHistory(session, info);
  return found.sort((a, b) => a.revision - b.revision);
}

async function replicaSetHistory(session: Session, info: Info): Promise<Revision[]> {
  const byRevision = new Map<number, Revision>();
  for (const set of await ownedReplicaSets(session, info.object)) {
    const cause = text(set, 'metadata', 'annotations', changeCause);
    const template = record(set, 'spec', 'template');
    const shown = cause === '' ? template : withField(template, ['metadata', 'annotations', changeCause], cause);
    byRevision.set(revisionOf(set), { revision: revisionOf(set), cause, template: shown, object: set, data: set });
  }
  return [...byRevision.values()];
}

async function controllerHistory(session: Session, info: Info): Promise<Revision[]> {
  if (info.resource.kind !== 'DaemonSet' && info.resource.kind !== 'StatefulSet') {
    const name = info.resource.group === '' ? info.resource.kind : `${info.resource.kind}.${info.resource.group}`;
    throw new KubectlError(`no history viewer has been implemented for "${name}"`);
  }
  const resource = await session.mapping('controllerrevisions.apps');
  const query = { labelSelector: selectorText(at(info.object, 'spec', 'selector')) };
  const list = await session.object({ method: 'GET', path: pathOf(resource, info.namespace), query });
  const uid = text(info.object, 'metadata', 'uid');
  return objects(list, 'items')
    .filter((each) => objects(each, 'metadata', 'ownerReferences').some((owner) => text(owner, 'uid') === uid))
    .map((each) => {
      const data = record(each, 'data');
      const object = applyLocally(info.resource, info.object, 'strategic', data);
      const cause = text(each, 'metadata', 'annotations', changeCause);
      return { revision: integer(each, 'revision'), cause, template: record(object, 'spec', 'template'), object, data };
    });
}

/** The table of revisions, or one revision's pod template (with its tabs as they are). */
export function historyText(history: readonly Revision[], revision: number): string {
  if (history.length === 0) return 'No rollout history found.';
  if (revision === 0) {
    const rows = history.map((each) => `${each.revision}\t${each.cause || '<none>'}`);
    return `${alignTabs(['REVISION\tCHANGE-CAUSE', ...rows].join('\n'), describeOptions)}\n`;
  }
  const found = history.find((each) => each.revision === revision);
  if (found === undefined) throw new KubectlError('unable to find the specified revision');
  return templateText(found.template);
}

/** A pod template's description before any alignment: the real command prints it so. */
export function templateText(template: JsonObject): string {
  const w = new DescribeWriter(0);
  describePodTemplate(w, template);
  return w.unaligned();
}

export interface Rollback {
  readonly kind: PatchKind;
  readonly body: unknown;
  /** Nothing to do: the template is that one already. */
  readonly matches: boolean;
  /** What a client dry run shows. */
  readonly preview: string;
}

/** The patch that brings back a revision; 0 is the one before the latest. */
export async function rollbackTarget(session: Session, info: Info, toRevision: number): Promise<Rollback> {
  if (toRevision < 0) throw notFound(toRevision);
  const history = await historyOf(session, info);
  const deployment = info.resource.kind === 'Deployment';
  const target = toRevision === 0 ? history.at(-2) : history.find((each) => each.revision === toRevision);
  if (target === undefined) {
    if (toRevision > 0) throw notFound(toRevision);
    throw new KubectlError(
      deployment ? `no rollout history found for deployment "${info.name}"` : 'no last revision to roll back to',
    );
  }
  const current = record(info.object, 'spec', 'template');
  const preview = templateText(target.template);
  if (!deployment) {
    const matches = sameValue(withoutHash(target.template), withoutHash(current));
    return { kind: 'strategic', body: target.data, matches, preview };
  }
  const template = withoutHash(record(target.data, 'spec', 'template'));
  const body = [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: annotationsFor(info.object, target.data) },
  ];
  return { kind: 'json', body, matches: sameValue(template, withoutHash(current)), preview };
}

const kept = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** The Deployment keeps its own bookkeeping; everything else comes from the ReplicaSet. */
function annotationsFor(deployment: JsonObject, set: JsonObject): JsonObject {
  const annotations: JsonObject = {};
  const own = record(deployment, 'metadata', 'annotations');
  for (const key of kept) if (own[key] !== undefined) annotations[key] = own[key];
  for (const [key, value] of Object.entries(record(set, 'metadata', 'annotations')))
    if (!kept.includes(key)) annotations[key] = value;
  return annotations;
}

function notFound(revision: number): KubectlError {
  return new KubectlError(`unable to find specified revision ${revision} in history`);
}

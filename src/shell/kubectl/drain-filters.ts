/**
 * Which pods of a node may be evicted, which are left alone, and which stop a drain.
 * @source staging/src/k8s.io/kubectl/pkg/drain/filters.go
 */
import type { JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { KubectlError, StatusError } from './errors.ts';
import { has, nameOf, namespaceOf, objects, text } from './fields.ts';
import type { Session } from './session.ts';

interface Verdict {
  readonly remove: boolean;
  readonly level: 'okay' | 'skip' | 'warning' | 'error';
  readonly message: string;
}

const okay: Verdict = { remove: true, level: 'okay', message: '' };
const skip: Verdict = { remove: false, level: 'skip', message: '' };
const warning = (remove: boolean, message: string): Verdict => ({ remove, level: 'warning', message });
const failure = (message: string): Verdict => ({ remove: false, level: 'error', message });

export class DrainList {
  private readonly items: readonly { readonly pod: JsonObject; readonly verdict: Verdict }[];

  private constructor(items: readonly { readonly pod: JsonObject; readonly verdict: Verdict }[]) {
    this.items = items;
  }

  static async load(session: Session, node: string): Promise<DrainList> {
    const resource = await session.mapping('pods');
    const selector = session.flags.text('pod-selector');
    const list = await session.object({
      method: 'GET',
      path: pathOf(resource, ''),
      query: {
        fieldSelector: `spec.nodeName=${node}`,
        limit: '500',
        ...(selector === '' ? {} : { labelSelector: selector }),
      },
    });
    const items: { pod: JsonObject; verdict: Verdict }[] = [];
    for (const pod of objects(list, 'items')) items.push({ pod, verdict: await judge(session, pod) });
    return new DrainList(items);
  }

  pods(): JsonObject[] {
    return this.items.filter(({ verdict }) => verdict.remove).map(({ pod }) => pod);
  }

  warnings(): string {
    return this.grouped('warning')
      .map(([message, pods]) => `${message}: ${pods.join(', ')}`)
      .join('; ');
  }

  errors(): KubectlError[] {
    return this.grouped('error').map(
      ([message, pods]) => new KubectlError(`cannot delete ${message}: ${pods.join(', ')}`),
    );
  }

  private grouped(level: Verdict['level']): [string, string[]][] {
    const groups = new Map<string, string[]>();
    for (const { pod, verdict } of this.items) {
      if (verdict.level !== level) continue;
      const message = verdict.message || 'unexpected error';
      groups.set(message, [...(groups.get(message) ?? []), `${namespaceOf(pod)}/${nameOf(pod)}`]);
    }
    return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).reverse();
  }
}

/** The filters one after the other; the last word is the first refusal, else the last verdict. */
async function judge(session: Session, pod: JsonObject): Promise<Verdict> {
  let verdict = okay;
  for (const filter of [skipDeleted, daemonSet, mirror, localStorage, unmanaged]) {
    verdict = await filter(session, pod);
    if (!verdict.remove) return verdict;
  }
  return verdict;
}

const finished = (pod: JsonObject): boolean => ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));

const ownerOf = (pod: JsonObject): JsonObject | undefined =>
  objects(pod, 'metadata', 'ownerReferences').find((owner) => owner['controller'] === true);

function skipDeleted(session: Session, pod: JsonObject): Verdict {
  const seconds = session.flags.number('skip-wait-for-delete-timeout');
  const deleted = text(pod, 'metadata', 'deletionTimestamp');
  return seconds > 0 && deleted !== '' && session.connection.now() - Date.parse(deleted) > seconds * 1000 ? skip : okay;
}

async function daemonSet(session: Session, pod: JsonObject): Promise<Verdict> {
  const owner = ownerOf(pod);
  if (owner === undefined || text(owner, 'kind') !== 'DaemonSet' || finished(pod)) return okay;
  try {
    await session.get(await session.mapping('daemonsets.apps'), namespaceOf(pod), text(owner, 'name'));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.isNotFound && session.flags.is('force') ? warning(true, error.message) : failure(error.message);
  }
  return session.flags.is('ignore-daemonsets')
    ? warning(false, 'ignoring DaemonSet-managed Pods')
    : failure('DaemonSet-managed Pods (use --ignore-daemonsets to ignore)');
}

function mirror(_session: Session, pod: JsonObject): Verdict {
  return has(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror') ? skip : okay;
}

function localStorage(session: Session, pod: JsonObject): Verdict {
  if (!objects(pod, 'spec', 'volumes').some((volume) => has(volume, 'emptyDir')) || finished(pod)) return okay;
  return session.flags.is('delete-emptydir-data')
    ? warning(true, 'deleting Pods with local storage')
    : failure('Pods with local storage (use --delete-emptydir-data to override)');
}

function unmanaged(session: Session, pod: JsonObject): Verdict {
  if (finished(pod) || ownerOf(pod) !== undefined) return okay;
  return session.flags.is('force')
    ? warning(true, 'deleting Pods that declare no controller')
    : failure('cannot delete Pods that declare no controller (use --force to override)');
}

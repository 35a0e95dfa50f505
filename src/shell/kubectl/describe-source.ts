/** What a describer works with: the object, its events, a writer, and ways to ask the server for related objects. */
import type { JsonObject } from './client.ts';
import { DescribeWriter } from './describe-writer.ts';
import { pathOf } from './discovery.ts';
import { KubectlError } from './errors.ts';
import { nameOf, namespaceOf, objects, text } from './fields.ts';
import type { Session } from './session.ts';

export class Subject {
  readonly session: Session;
  readonly object: JsonObject;
  readonly w: DescribeWriter;
  /** Undefined with --show-events=false. */
  events: readonly JsonObject[] | undefined;

  constructor(session: Session, object: JsonObject) {
    this.session = session;
    this.object = object;
    this.w = new DescribeWriter(session.connection.now());
  }

  /** Items of a list, or [] when the server does not have them or does not let us. */
  async list(type: string, namespace: string, query: Record<string, string> = {}): Promise<readonly JsonObject[]> {
    try {
      const resource = await this.session.mapping(type);
      const list = await this.session.object({
        method: 'GET',
        path: pathOf(resource, namespace),
        query: { ...query, limit: '500' },
      });
      return objects(list, 'items');
    } catch (error) {
      if (error instanceof KubectlError) return [];
      throw error;
    }
  }

  async get(type: string, namespace: string, name: string): Promise<JsonObject> {
    return this.session.get(await this.session.mapping(type), namespace, name);
  }

  /** Events about the object; `kind` and `uid` may be left open. */
  async findEvents(kind: string, uid: string): Promise<readonly JsonObject[]> {
    const namespace = namespaceOf(this.object);
    const selector = [`involvedObject.name=${nameOf(this.object)}`, `involvedObject.namespace=${namespace}`];
    if (kind !== '') selector.push(`involvedObject.kind=${kind}`);
    if (uid !== '') selector.push(`involvedObject.uid=${uid}`);
    return this.list('events', namespace, { fieldSelector: selector.join(',') });
  }

  async loadEvents(): Promise<void> {
    const kind = text(this.object, 'kind');
    const uid = text(this.object, 'metadata', 'uid');
    if (kind === 'Pod') {
      const mirror = text(this.object, 'metadata', 'annotations', 'kubernetes.io/config.mirror');
      this.events = await this.findEvents('', mirror || uid);
      return;
    }
    this.events = await this.findEvents(kind, uid);
    if (kind === 'Node') this.events = [...this.events, ...(await this.findEvents(kind, nameOf(this.object)))];
  }

  /** `2 Running / 0 Waiting / 0 Succeeded / 0 Failed` of the pods this object controls. */
  async podsStatus(selector: string): Promise<string> {
    const uid = text(this.object, 'metadata', 'uid');
    const pods = await this.list('pods', namespaceOf(this.object), { labelSelector: selector });
    const count = (phase: string): number =>
      pods.filter((pod) => {
        const owner = objects(pod, 'metadata', 'ownerReferences').find((each) => each['controller'] === true);
        return text(owner, 'uid') === uid && text(pod, 'status', 'phase') === phase;
      }).length;
    return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
  }
}

export type Describer = (subject: Subject) => Promise<void> | void;

/** Name and, for namespaced kinds, Namespace. */
export function heading({ w, object }: Subject, withNamespace = true): void {
  w.field('Name', nameOf(object));
  if (withNamespace) w.field('Namespace', namespaceOf(object));
}

/**
 * What a controller is: what it watches, which keys a change concerns, and a pure `reconcile(key, view)` that says what to write.
 * One machine (`controller-manager.machine.ts`) runs them all: leader election, caches, work queues, back-off, read-your-writes.
 */
import type { HttpRequest } from '../api/http.ts';
import type { KubeObject, ObjectReference } from '../api/types.ts';
import type { Delta } from '../client/informer.ts';
import type { ResourceName } from './resources.ts';

export interface Controller {
  /** As in --controllers and in the logs: `deployment-controller`. */
  readonly name: string;
  /** ServiceAccount in kube-system whose rights it uses under --use-service-account-credentials. */
  readonly account: string;
  /** How many times --kube-api-qps and --kube-api-burst its client may spend; absent: once. */
  readonly throughput?: { readonly qps: number; readonly burst: number } | undefined;
  /** What its events name as their source; absent: its name. */
  readonly eventSource?: string | undefined;
  readonly watches: readonly ResourceName[];
  /** How many keys may be in work at a time; `workersFlag` names the flag that says otherwise. */
  readonly workers: number;
  readonly workersFlag?: string | undefined;
  /** Not started by `*`: --controllers must name it. */
  readonly onlyWhenNamed?: boolean | undefined;
  /** Keys to reconcile because of this change. */
  keysOf(resource: ResourceName, delta: Delta, view: View): readonly string[];
  /** A key that comes from a change of this resource waits so long, so that several changes become one look. */
  delayMs?(resource: ResourceName, key: string, view: View): number;
  /** Decides; changes nothing but the controller's `own` memory. */
  reconcile(key: string, view: View): Outcome;
  /** Some controllers also look around now and then, whatever happens. */
  readonly every?:
    | { readonly periodMs: number; readonly flag?: string; keys(view: View): readonly string[] }
    | undefined;
  /** Fresh memory of the controller's own, plain data; absent = none. */
  readonly createOwn?: (() => unknown) | undefined;
}

/** What a controller sees: the shared caches as they are now (maybe behind the store), and its process. */
export interface View {
  /** The host's wall clock, epoch milliseconds. */
  readonly nowMs: number;
  get(resource: ResourceName, key: string): KubeObject | undefined;
  list(resource: ResourceName): Iterable<KubeObject>;
  /** Objects of the shared index: see resources.ts. */
  by(resource: ResourceName, index: string, value: string): readonly KubeObject[];
  random(): number;
  /** A flag's text, '' when not set. */
  flag(name: string): string;
  readFile(path: string): string | undefined;
  /** How the last look at this key ended, if a write failed then; it is being tried again. */
  readonly failure: Failure | undefined;
  /** The memory made by `createOwn`; mutable plain data. */
  readonly own: unknown;
  /** One klog line. */
  log(message: string): void;
}

/** The first write that failed. `status` 0: no answer came. */
export interface Failure {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

export interface Outcome {
  /** In order; a failed one ends the list and brings the key back with back-off. */
  readonly writes: readonly Write[];
  /** Look at the key again after this time. */
  readonly requeueAfterMs?: number | undefined;
  /** Creates go out in batches of 1, 2, 4, 8 …; without it one after the other. */
  readonly slowStart?: boolean | undefined;
  /** Other keys of this controller to look at once the writes are done and seen. */
  readonly alsoKeys?: readonly string[] | undefined;
  /** Events to record whatever becomes of the writes. */
  readonly events?: readonly EventSpec[] | undefined;
}

export interface Write {
  readonly request: HttpRequest;
  /** Failure statuses that count as done: 404 for a delete, 409 for a create that somebody did already. */
  readonly tolerate?: readonly number[] | undefined;
  /**
   * A question before the writes that follow: go on only if the object is gone or is another one (by uid), or if the list is empty
   * or does not exist, or an access review says yes.
   * Otherwise the rest is left out, without an error.
   */
  readonly goOnIf?: { readonly gone: string } | 'empty' | 'missing' | 'allowed' | undefined;
  /** Recorded when it worked; `{name}` stands for the name of the object in the answer. */
  readonly event?: EventSpec | undefined;
  /** Its failure does not keep the others from being sent; the key comes back all the same. */
  readonly goOnAfterFailure?: boolean | undefined;
  /** Recorded when it failed; `{error}` stands for the message. */
  readonly failureEvent?: EventSpec | undefined;
}

export interface EventSpec {
  readonly about: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export const NOTHING_TO_DO: Outcome = Object.freeze({ writes: [] });

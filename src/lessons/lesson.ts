/** A lesson as data: what `lesson.yaml` says, and the words of one language. */
import type { Fault } from '../sim/world.ts';

export const TRACKS = [
  'tour',
  'etcd',
  'kubelet',
  'proxy',
  'apiserver',
  'scheduler',
  'controllers',
  'addons',
  'incidents',
] as const;
export type Track = (typeof TRACKS)[number];

export const MODES = ['worked', 'faded', 'fix', 'incident'] as const;
export type Mode = (typeof MODES)[number];

export const LANGUAGES = ['en', 'es'] as const;
export type LessonLanguage = (typeof LANGUAGES)[number];

export interface Lesson {
  readonly id: string;
  readonly track: Track;
  /** 1…3 */
  readonly level: number;
  readonly minutes: number;
  readonly prerequisites: readonly string[];
  readonly concepts: readonly string[];
  readonly certs: readonly string[];
  readonly mode: Mode;
  readonly sources: readonly string[];
  readonly world: LessonWorld;
  /** What an on-call person would be told. */
  readonly changeLog: readonly string[];
  readonly steps: readonly Step[];
  readonly goals: Readonly<Record<string, Goal>>;
  readonly forbid: readonly Forbidden[];
  readonly hints: readonly Hint[];
  /** Each a list of commands as a learner types them. */
  readonly solutions: readonly (readonly string[])[];
  readonly decoys: readonly (readonly string[])[];
  readonly presenter: { readonly notes: boolean; readonly checkpoints: readonly string[] };
  /** Folder it came from. */
  readonly folder: string;
  readonly texts: Readonly<Record<LessonLanguage, LessonText>>;
}

export interface LessonWorld {
  readonly cluster: string;
  readonly seed: number;
  /** Contents of the files named, in order. */
  readonly manifests: readonly { readonly name: string; readonly text: string }[];
  /** Files put on the laptop for the learner: name → text. */
  readonly files: Readonly<Record<string, string>>;
  /** Virtual seconds that the cluster may settle before the timeline starts; the lesson opens after the last entry plus `settle`. */
  readonly settleSeconds: number;
  readonly timeline: readonly TimelineEntry[];
}

export interface TimelineEntry {
  /** Seconds after the manifests have settled. */
  readonly atSeconds: number;
  readonly fault?: Fault | undefined;
  /** Or a command, run on the laptop. */
  readonly run?: string | undefined;
}

export interface Step {
  readonly id: string;
  readonly show: readonly string[];
  readonly ask?: Question | undefined;
  /** Goals that must be met before the step counts as done. */
  readonly goals: readonly string[];
}

export interface Question {
  readonly options: readonly string[];
  readonly answer: string;
  /** Step at which what really happened is shown. */
  readonly observeAt: string | undefined;
}

/** An outcome that can be seen in the world. Exactly one of the predicates. */
export interface Goal {
  readonly predicate: Predicate;
  readonly stableForSeconds: number;
}

export type Predicate =
  /** A request from a pod or a host ends with this HTTP status. */
  | { readonly kind: 'reach'; readonly from: string; readonly to: string; readonly status: number }
  /** So many pods match the selector and are Ready. */
  | { readonly kind: 'podsReady'; readonly namespace: string; readonly selector: string; readonly count: number }
  | { readonly kind: 'nodesReady'; readonly count: number }
  /** A field of an object: `deployment/web`, a JSONPath without braces, the text it must have. */
  | { readonly kind: 'object'; readonly target: string; readonly path: string; readonly equals: string }
  | { readonly kind: 'exists'; readonly target: string }
  /** So many members of etcd agree on a leader and have applied the same. */
  | { readonly kind: 'etcdHealthy'; readonly members: number }
  /** A process is there, in this state when one is named. */
  | { readonly kind: 'process'; readonly process: string; readonly state: string | undefined }
  /** What RBAC says. */
  | {
      readonly kind: 'canI';
      readonly as: string;
      readonly verb: string;
      readonly resource: string;
      readonly namespace: string;
      readonly allowed: boolean;
    }
  /** A write through the API server succeeds. */
  | { readonly kind: 'apiWritable' };

/** A short cut that dodges the point. */
export type Forbidden =
  | { readonly kind: 'deleted'; readonly target: string }
  | {
      readonly kind: 'canI';
      readonly as: string;
      readonly verb: string;
      readonly resource: string;
      readonly namespace: string;
    };

export interface Hint {
  /** A hint of this condition comes before the others as long as the condition holds. */
  readonly when?: HintCondition | undefined;
  /** Key of the hint's words: heading `hint <say>` in the texts. */
  readonly say: string;
}

export type HintCondition =
  /** The learner has not yet run a command with this text. */
  | { readonly kind: 'notRun'; readonly text: string }
  | { readonly kind: 'run'; readonly text: string }
  | { readonly kind: 'goal'; readonly goal: string; readonly met: boolean };

/** The words of a lesson in one language. */
export interface LessonText {
  readonly title: string;
  readonly summary: string;
  /** Markdown by step id. */
  readonly steps: Readonly<Record<string, string>>;
  /** Words of the options, by `<step>/<option>`. */
  readonly options: Readonly<Record<string, string>>;
  readonly hints: Readonly<Record<string, string>>;
  readonly goals: Readonly<Record<string, string>>;
  /** Speaker notes by step id. */
  readonly notes: Readonly<Record<string, string>>;
}

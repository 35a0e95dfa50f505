/**
 * What the screens show, as plain data. The screens know nothing of the simulation or the lessons but these shapes and
 * the two providers at the end; `provider.ts` fills them from the real cluster, tests from a small made-up one.
 */
import type { Language } from './text/language.ts';

/** How well something is; the theme gives each a glyph and a colour, and a word always stands beside it. */
export type Health = 'good' | 'working' | 'warning' | 'broken' | 'off' | 'unknown';

/** One process of the cluster: an etcd member, an API server, a kubelet, … */
export interface PartView {
  /** `cp-1/etcd`, `node-2/kubelet`. */
  readonly id: string;
  /** `etcd`, `kube-apiserver`, … */
  readonly name: string;
  readonly host: string;
  readonly health: Health;
  /** The state of its machine, in the real component's word: `leader`, `syncing`, `Running`. */
  readonly state: string;
}

export interface PodView {
  readonly namespace: string;
  readonly name: string;
  /** Empty while unscheduled. */
  readonly node: string;
  readonly health: Health;
  /** The word of kubectl's STATUS column. */
  readonly state: string;
  /** `1/1`. */
  readonly ready: string;
  readonly restarts: number;
}

export interface NodeView {
  readonly name: string;
  readonly role: 'control-plane' | 'worker';
  readonly health: Health;
  /** `Ready`, `NotReady`, `Ready,SchedulingDisabled`, `booting`. */
  readonly state: string;
  readonly parts: readonly PartView[];
}

export interface ClusterView {
  readonly name: string;
  readonly nodes: readonly NodeView[];
  readonly pods: readonly PodView[];
  readonly services: number;
}

/** One message between two parts, as the trace keeps it. */
export interface TraceRow {
  readonly atUs: number;
  readonly from: string;
  readonly to: string;
  readonly what: string;
  readonly kind: 'call' | 'event' | 'fault' | 'input' | 'note' | 'state';
}

export interface ClockView {
  readonly atUs: number;
  readonly isPaused: boolean;
  /** Simulated seconds for one real second. */
  readonly speed: number;
  /** Earliest time that can be returned to. */
  readonly earliestUs: number;
}

export interface TransitionView {
  /** The event, delay or condition that takes it: `HEARTBEAT`, `after electionTimeout`, `always`. */
  readonly label: string;
  /** The condition, where there is one. */
  readonly guard: string;
  readonly target: string;
}

export interface StateView {
  readonly name: string;
  readonly transitions: readonly TransitionView[];
}

/** A part opened up: its statechart as XState defines it, and what it remembers. */
export interface XRayView {
  readonly part: PartView;
  readonly machine: string;
  readonly states: readonly StateView[];
  readonly current: string;
  readonly initial: string;
  /** The newest first. */
  readonly recent: readonly {
    readonly atUs: number;
    readonly event: string;
    readonly from: string;
    readonly to: string;
  }[];
  readonly memory: readonly { readonly key: string; readonly value: string }[];
}

export interface LessonSummary {
  readonly id: string;
  readonly track: string;
  readonly level: number;
  readonly minutes: number;
  readonly title: string;
  readonly summary: string;
  readonly progress: 'done' | 'new' | 'started';
  /** Shown first to somebody who has done nothing yet. */
  readonly isNext: boolean;
}

export interface GoalView {
  readonly text: string;
  readonly state: 'failed' | 'holding' | 'met' | 'open';
  /** Why it is not met yet, or for how long it must still hold. */
  readonly detail: string;
}

export interface QuestionView {
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly chosen: string | undefined;
  /** Undefined until the learner has committed to an answer and may see what happened. */
  readonly answer: string | undefined;
  readonly explanation: string;
}

/** A running lesson at its current step. */
export interface LessonView {
  readonly id: string;
  readonly title: string;
  readonly stepIndex: number;
  readonly stepCount: number;
  /** Markdown. */
  readonly text: string;
  readonly kind: 'debrief' | 'do' | 'predict' | 'read';
  readonly question: QuestionView | undefined;
  readonly goals: readonly GoalView[];
  /** The hints asked for so far, Markdown. */
  readonly hints: readonly string[];
  /** The commands that the text shows, in order. */
  readonly commands: readonly string[];
  /** True when a further hint may be had now: there is a pause between two. */
  readonly canHint: boolean;
  /** True when this step is done and the next may be gone to; skipping is allowed all the same. */
  readonly isStepDone: boolean;
  readonly isFinished: boolean;
}

/** The command line of the laptop. Output arrives in pieces; time passes in the cluster while a command runs. */
export interface ShellSession {
  prompt(): string;
  /** @returns the exit status; never rejects */
  run(line: string, write: (text: string) => void, signal: AbortSignal): Promise<number>;
  /** @returns where in the line the completed word starts, and what it may become */
  complete(line: string, cursor: number): Promise<{ readonly from: number; readonly candidates: readonly string[] }>;
}

/** A living cluster. Everything it returns is a snapshot. */
export interface ClusterProvider {
  /** Grows whenever a view may have changed. */
  readonly revision: number;
  /** What it takes to see this run again: seed and the like, one line. */
  readonly repro: string;
  cluster(): ClusterView;
  /** The newest last. */
  trace(count: number): readonly TraceRow[];
  clock(): ClockView;
  xray(partId: string): XRayView | undefined;
  shell(): ShellSession;
  /** Lets `elapsedMs` of real time pass at the clock's speed, working for at most `budgetMs`. */
  pass(elapsedMs: number, budgetMs: number): void;
  setPaused(isPaused: boolean): void;
  setSpeed(speed: number): void;
  /** Runs to the next thing that happens and pauses there. */
  step(): void;
  /** Goes back by this much virtual time and pauses there. */
  rewind(byUs: number): void;
}

/** The lessons there are, and the learner's way through one. */
export interface LessonProvider {
  list(language: Language): readonly LessonSummary[];
  /** @returns the lesson and a fresh cluster for it, once that has come up; undefined when there is no such lesson */
  start(id: string): Promise<LessonRun | undefined>;
}

/** What plays a lesson by itself: the number of the right answer, the commands of the first solution. */
export interface Autoplay {
  readonly answer: number | undefined;
  readonly commands: readonly string[];
}

export interface LessonRun {
  readonly autoplay: Autoplay;
  /** Why progress could not be saved, in the system's words; empty while it can. */
  readonly saveProblem: string;
  readonly cluster: ClusterProvider;
  view(language: Language): LessonView;
  next(): void;
  back(): void;
  answer(optionId: string): void;
  hint(): void;
  /** Begins again on a fresh cluster: `cluster` is another one afterwards. */
  restart(): Promise<void>;
  /** Lets goals be checked; cheap when nothing changed. @returns whether something did */
  observe(): Promise<boolean>;
}

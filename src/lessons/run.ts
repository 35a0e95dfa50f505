/** A learner's way through one lesson: steps, predictions, goals, hints. The state is immutable and changed with Immer. */
import { produce } from 'immer';
import { check, type Finding, isPassive, violation } from './goals.ts';
import type { Hint, Lesson } from './lesson.ts';
import type { Prepared } from './prepare.ts';

export interface GoalState {
  /** Virtual time since which it has held, or undefined. */
  readonly since: number | undefined;
  readonly detail: string;
  /** It has held for long enough at least once. */
  readonly met: boolean;
}

export interface RunState {
  readonly stepIndex: number;
  /** Step id → option chosen. */
  readonly answers: Readonly<Record<string, string>>;
  /** Keys of the hints given, oldest first. */
  readonly hints: readonly string[];
  /** Virtual time of the last hint. */
  readonly hintedAt: number;
  readonly goals: Readonly<Record<string, GoalState>>;
  /** A forbidden short cut that was taken. */
  readonly shortCut: string | undefined;
}

export interface Run {
  readonly lesson: Lesson;
  readonly prepared: Prepared;
  readonly state: RunState;
  /** To the next step; skipping is always allowed. */
  next(): void;
  back(): void;
  answer(option: string): void;
  /** The next rung of the ladder, chosen by the state of the world; false while it is too early or there is none. */
  hint(): boolean;
  canHint(): boolean;
  /** Looks at the goals of the lesson, at most once a virtual second. True when something changed. */
  observe(): Promise<boolean>;
  isStepDone(): boolean;
  isFinished(): boolean;
}

const SECOND = 1_000_000;
const HINT_PAUSE_US = 15 * SECOND;

export function createRun(lesson: Lesson, prepared: Prepared): Run {
  let observedAt = Number.NEGATIVE_INFINITY;
  let state: RunState = {
    stepIndex: 0,
    answers: {},
    hints: [],
    hintedAt: Number.NEGATIVE_INFINITY,
    goals: Object.fromEntries(
      Object.keys(lesson.goals).map((id) => [id, { since: undefined, detail: '', met: false }]),
    ),
    shortCut: undefined,
  };

  const step = () => lesson.steps[state.stepIndex]!;
  const set = (change: (draft: Draft) => void) => {
    state = produce(state, change as (draft: RunState) => void);
  };
  const isMet = (goal: string) => state.goals[goal]?.met === true && state.shortCut === undefined;

  const run: Run = {
    lesson,
    prepared,
    get state() {
      return state;
    },
    next: () =>
      set((draft) => {
        draft.stepIndex = Math.min(draft.stepIndex + 1, lesson.steps.length - 1);
      }),
    back: () =>
      set((draft) => {
        draft.stepIndex = Math.max(draft.stepIndex - 1, 0);
      }),
    answer(option) {
      const { ask, id } = step();
      if (ask?.options.includes(option) !== true) return;
      set((draft) => {
        draft.answers[id] = option;
      });
    },
    canHint: () =>
      prepared.world.now - state.hintedAt >= HINT_PAUSE_US && nextHint(lesson, state, prepared) !== undefined,
    hint() {
      const hint = run.canHint() ? nextHint(lesson, state, prepared) : undefined;
      if (hint === undefined) return false;
      set((draft) => {
        draft.hints.push(hint.say);
        draft.hintedAt = prepared.world.now;
      });
      return true;
    },
    async observe() {
      const { now } = prepared.world;
      if (now - observedAt < SECOND && now >= observedAt) return false;
      observedAt = now;
      const before = state;
      const active = step().goals.length > 0;
      for (const [id, { predicate, stableForSeconds }] of Object.entries(lesson.goals)) {
        // What sends something into the world is tried only at the step that asks for it.
        if (!isPassive(predicate) && !active) continue;
        const finding = await check(prepared.gateway, predicate);
        set((draft) => {
          draft.goals[id] = judged(state.goals[id], finding, now, stableForSeconds);
        });
      }
      if (active) {
        for (const forbidden of lesson.forbid) {
          const taken = await violation(prepared.gateway, forbidden);
          if (taken !== state.shortCut && taken !== undefined) {
            set((draft) => {
              draft.shortCut = taken;
            });
          }
        }
      }
      return state !== before;
    },
    isStepDone() {
      const { ask, goals, id } = step();
      return (ask === undefined || state.answers[id] !== undefined) && goals.every(isMet);
    },
    isFinished: () => state.stepIndex === lesson.steps.length - 1 && Object.keys(lesson.goals).every(isMet),
  };
  return run;
}

type Draft = { -readonly [K in keyof RunState]: RunState[K] } & {
  answers: Record<string, string>;
  hints: string[];
  goals: Record<string, GoalState>;
};

function judged(before: GoalState | undefined, finding: Finding, now: number, stableForSeconds: number): GoalState {
  if (!finding.met) return { since: undefined, detail: finding.detail, met: false };
  // After a rewind the moment may lie in the future.
  const since = before?.since === undefined || before.since > now ? now : before.since;
  return { since, detail: finding.detail, met: now - since >= stableForSeconds * SECOND };
}

/** Hints whose condition holds come first; then those without a condition, in order. */
function nextHint(lesson: Lesson, state: RunState, prepared: Prepared): Hint | undefined {
  const left = lesson.hints.filter(({ say }) => !state.hints.includes(say));
  const history = prepared.shell.history();
  const holds = ({ when }: Hint): boolean => {
    switch (when?.kind) {
      case 'run':
        return history.some((line) => line.includes(when.text));
      case 'notRun':
        return !history.some((line) => line.includes(when.text));
      case 'goal':
        return (state.goals[when.goal]?.met === true) === when.met;
      default:
        return false;
    }
  };
  return left.find((hint) => hint.when !== undefined && holds(hint)) ?? left.find((hint) => hint.when === undefined);
}

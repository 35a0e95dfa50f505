/** The lessons behind the screens: loaded from their folders, run on a fresh cluster, progress saved after every step. */
import type { Lesson } from '../lessons/lesson.ts';
import { commandsIn } from '../lessons/lesson-text.ts';
import type { Prepared } from '../lessons/prepare.ts';
import type { Run } from '../lessons/run.ts';
import type { Gateway } from '../shell/gateway.ts';
import { type LessonProgress, type Progress, saveProgress } from './progress-file.ts';
import { createWorldProvider } from './provider.ts';
import type { Language } from './text/language.ts';
import type {
  Autoplay,
  ClusterProvider,
  GoalView,
  LessonProvider,
  LessonRun,
  LessonSummary,
  LessonView,
  QuestionView,
  ShellSession,
} from './view.ts';

const microsecondsPerSecond = 1_000_000;

export interface LessonProviderOptions {
  readonly lessons: readonly Lesson[];
  readonly progress: Progress;
  readonly progressPath: string;
  /** Of the clock at the start of a lesson. */
  readonly speed: number;
  /** Boots the lesson's cluster and brings it to where the lesson begins. */
  readonly begin: (lesson: Lesson, seed: number) => Promise<Run>;
  readonly openShell: (gateway: Gateway, prepared: Prepared) => ShellSession;
  /** The wall clock, RFC 3339; for bringing lessons back after days. */
  readonly now: () => string;
}

export function createLessonProvider(options: LessonProviderOptions): LessonProvider {
  let { progress } = options;
  /** @returns why not, when it could not be saved */
  const save = (id: string, change: Partial<LessonProgress>): string => {
    const before = progress.lessons[id] ?? { step: 0, done: false, unaided: [] };
    progress = { ...progress, lessons: { ...progress.lessons, [id]: { ...before, ...change } } };
    return saveProgress(options.progressPath, progress) ?? '';
  };
  return {
    list: (language) => summaries(options.lessons, progress, language),
    async start(id) {
      const lesson = options.lessons.find((candidate) => candidate.id === id);
      if (!lesson) return undefined;
      const known = progress.lessons[id];
      return startRun(lesson, options, known, (change) => save(id, change));
    },
  };
}

function summaries(lessons: readonly Lesson[], progress: Progress, language: Language): LessonSummary[] {
  const stateOf = ({ id }: Lesson) => {
    const known = progress.lessons[id];
    return known === undefined ? 'new' : known.done ? 'done' : 'started';
  };
  const next =
    lessons.find((lesson) => stateOf(lesson) === 'started') ?? lessons.find((lesson) => stateOf(lesson) === 'new');
  return lessons.map((lesson) => ({
    id: lesson.id,
    track: lesson.track,
    level: lesson.level,
    minutes: lesson.minutes,
    title: lesson.texts[language].title,
    summary: lesson.texts[language].summary,
    progress: stateOf(lesson),
    isNext: lesson === next,
  }));
}

async function startRun(
  lesson: Lesson,
  options: LessonProviderOptions,
  known: LessonProgress | undefined,
  save: (change: Partial<LessonProgress>) => string,
): Promise<LessonRun> {
  // A lesson that was solved comes back with another seed: the same fault looks different.
  let seed = lesson.world.seed + (known?.unaided.length ?? 0);
  let run = await options.begin(lesson, seed);
  let cluster = clusterOf(run.prepared, options);
  let farthest = 0;
  let isObserving = false;
  let saveProblem = '';
  const resume = known && !known.done ? Math.min(known.step, lesson.steps.length - 1) : 0;
  for (let step = 0; step < resume; step++) run.next();
  farthest = resume;
  saveProblem = save({ step: resume });

  const keep = () => {
    const { stepIndex } = run.state;
    farthest = Math.max(farthest, stepIndex);
    if (!run.isFinished()) {
      saveProblem = save({ step: stepIndex });
      return;
    }
    const unaided =
      run.state.hints.length === 0 && !(known?.unaided.includes(seed) ?? false)
        ? [...(known?.unaided ?? []), seed]
        : (known?.unaided ?? []);
    saveProblem = save({ step: 0, done: true, unaided, finishedAt: options.now() });
  };

  return {
    get autoplay() {
      return autoplayOf(run);
    },
    get saveProblem() {
      return saveProblem;
    },
    get cluster() {
      return cluster;
    },
    view: (language) => viewOf(run, farthest, language),
    next() {
      run.next();
      keep();
    },
    back: () => run.back(),
    answer: (option) => {
      run.answer(option);
      keep();
    },
    hint: () => {
      run.hint();
    },
    async restart() {
      seed = lesson.world.seed + (known?.unaided.length ?? 0);
      run = await options.begin(lesson, seed);
      cluster = clusterOf(run.prepared, options);
      farthest = 0;
    },
    async observe() {
      if (isObserving) return false;
      isObserving = true;
      try {
        const observed = run;
        const changed = await observed.observe();
        if (changed && observed === run && run.isFinished()) keep();
        return changed;
      } finally {
        isObserving = false;
      }
    },
  };
}

function clusterOf(prepared: Prepared, options: LessonProviderOptions): ClusterProvider {
  const { world, gateway } = prepared;
  return createWorldProvider({
    world,
    gateway,
    openShell: () => options.openShell(gateway, prepared),
    speed: options.speed,
    earliestUs: world.now,
  });
}

/** What somebody who knows would do at this step. */
function autoplayOf({ lesson, state }: Run): Autoplay {
  const step = lesson.steps[state.stepIndex];
  const isFirstWork = lesson.steps.findIndex(({ goals }) => goals.length > 0) === state.stepIndex;
  const option = step?.ask ? step.ask.options.indexOf(step.ask.answer) : -1;
  return { answer: option === -1 ? undefined : option + 1, commands: isFirstWork ? (lesson.solutions[0] ?? []) : [] };
}

/** @returns the lesson at its current step, in words of this language */
export function viewOf(run: Run, farthest: number, language: Language): LessonView {
  const { lesson, state } = run;
  const text = lesson.texts[language];
  const step = lesson.steps[state.stepIndex];
  if (!step) throw new Error(`${lesson.id}: no step ${state.stepIndex}`);
  // What was expected is looked at again where it can be seen, once it has been seen.
  const expected = lesson.steps.find(
    (candidate) => candidate.ask?.observeAt === step.id && state.answers[candidate.id] !== undefined,
  );
  const asked = step.ask ? step : run.isStepDone() ? expected : undefined;
  const isLast = state.stepIndex === lesson.steps.length - 1;
  return {
    id: lesson.id,
    title: text.title,
    stepIndex: state.stepIndex,
    stepCount: lesson.steps.length,
    text: text.steps[step.id] ?? '',
    kind: step.ask ? 'predict' : step.goals.length > 0 ? 'do' : isLast ? 'debrief' : 'read',
    question: asked && questionOf(run, asked.id, farthest, language),
    goals: step.goals.map((id) => goalOf(run, id, language)),
    hints: state.hints.map((key) => text.hints[key] ?? ''),
    commands: commandsIn(text.steps[step.id] ?? ''),
    canHint: run.canHint(),
    isStepDone: run.isStepDone(),
    isFinished: run.isFinished(),
  };
}

function questionOf(
  { lesson, state }: Run,
  stepId: string,
  farthest: number,
  language: Language,
): QuestionView | undefined {
  const index = lesson.steps.findIndex((step) => step.id === stepId);
  const ask = lesson.steps[index]?.ask;
  if (!ask) return undefined;
  const chosen = state.answers[stepId];
  const observedAt = lesson.steps.findIndex((step) => step.id === ask.observeAt);
  const isRevealed =
    chosen !== undefined && (observedAt <= index || farthest > observedAt || state.stepIndex === observedAt);
  const { options } = lesson.texts[language];
  return {
    options: ask.options.map((id) => ({ id, text: options[`${stepId}/${id}`] ?? id })),
    chosen,
    answer: isRevealed ? ask.answer : undefined,
    explanation: '',
  };
}

function goalOf({ lesson, prepared, state }: Run, id: string, language: Language): GoalView {
  const text = lesson.texts[language].goals[id] ?? id;
  if (state.shortCut !== undefined) return { text, state: 'failed', detail: state.shortCut };
  const goal = state.goals[id];
  if (goal?.met) return { text, state: 'met', detail: '' };
  if (goal?.since === undefined) return { text, state: 'open', detail: goal?.detail ?? '' };
  const wantedUs = (lesson.goals[id]?.stableForSeconds ?? 0) * microsecondsPerSecond;
  const leftSeconds = Math.max(0, Math.ceil((wantedUs - (prepared.world.now - goal.since)) / microsecondsPerSecond));
  return { text, state: 'holding', detail: `${leftSeconds} s` };
}

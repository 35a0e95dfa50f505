/** `learn`: one lesson; with --auto it plays its first solution by itself, as a transcript where there is no terminal. */
import type { Lesson } from '../lessons/lesson.ts';
import { prepare } from '../lessons/prepare.ts';
import { createRun, type Run } from '../lessons/run.ts';
import { composeMarkdown } from '../ui/parts/markdown.ts';
import { type Language, textFor } from '../ui/text/language.ts';
import { createTheme } from '../ui/theme.ts';
import { type CommandContext, type CommandRun, complain, exitStatus } from './command.ts';
import { didYouMean } from './flags.ts';
import { openLessons } from './lesson-roots.ts';
import { openTutor, settle } from './tutor.ts';

const transcriptWidth = 80;
/** A solution that shows no effect for so long is none. */
const patienceSeconds = 600;

export const runLearn: CommandRun = async (parsed, context) => {
  const [id] = parsed.operands;
  const settled = settle(parsed, context);
  if (!settled.ok) return complain(context, settled.message, exitStatus.usage);
  const { lessons } = await openLessons(settled.lessonFolders);
  const lesson = id === undefined ? undefined : lessons.find((candidate) => candidate.id === id);
  if (id !== undefined && !lesson) {
    return complain(
      context,
      `there is no lesson ${JSON.stringify(id)}${
        didYouMean(
          id,
          lessons.map((known) => known.id),
        ) || '; the command lessons lists them.'
      }`,
      exitStatus.usage,
    );
  }
  const isAuto = parsed.switches.has('auto');
  if (settled.hasTerminal) return openTutor(settled, context, { lessonId: id ?? 'next', isAuto });
  if (!isAuto) {
    context.stdout.write(textFor(settled.language).noTerminal);
    return exitStatus.good;
  }
  const played = lesson ?? lessons[0];
  if (!played) return complain(context, 'there are no lessons.', exitStatus.failed);
  return transcribe(played, settled.language, context);
};

/** The lesson from first to last step, in plain text, with what the solution's commands print. */
async function transcribe(lesson: Lesson, language: Language, context: CommandContext): Promise<number> {
  const text = textFor(language);
  const words = lesson.texts[language];
  const theme = createTheme({ hasColour: false, isAscii: false, isPlain: true });
  const say = (line = '') => context.stdout.write(`${line}\n`);
  const show = (markdown: string) => {
    for (const line of composeMarkdown(markdown, transcriptWidth, theme)) say(line.trimEnd());
  };
  const run = createRun(lesson, await prepare(lesson));
  show(`# ${words.title}\n\n${words.summary}`);
  let isSolved = Object.keys(lesson.goals).length === 0;
  for (const [index, step] of lesson.steps.entries()) {
    say();
    say(`── ${text.lesson.step(index + 1, lesson.steps.length)} ${'─'.repeat(40)}`);
    show(words.steps[step.id] ?? '');
    if (step.ask) {
      for (const option of step.ask.options)
        say(`  ${option === step.ask.answer ? '✓' : ' '} ${words.options[`${step.id}/${option}`] ?? option}`);
      run.answer(step.ask.answer);
    }
    if (step.goals.length > 0 && !isSolved) {
      await play(run, lesson.solutions[0] ?? [], context);
      isSolved = await waitUntilMet(run);
    }
    for (const goal of step.goals) {
      const isMet = run.state.goals[goal]?.met === true;
      say(
        `${isMet ? '✓' : '✗'} ${(words.goals[goal] ?? goal).replaceAll('`', '')} ${isMet ? text.lesson.goal.met : `${text.lesson.goal.open} (${run.state.goals[goal]?.detail ?? ''})`}`,
      );
    }
    run.next();
  }
  return isSolved ? exitStatus.good : exitStatus.failed;
}

async function play(run: Run, solution: readonly string[], context: CommandContext): Promise<void> {
  const { shell } = run.prepared;
  for (const line of solution) {
    context.stdout.write(`${shell.prompt()}${line}\n`);
    await shell.run(line, (output) => context.stdout.write(output), new AbortController().signal);
  }
}

async function waitUntilMet(run: Run): Promise<boolean> {
  const { world } = run.prepared;
  for (let second = 0; second < patienceSeconds; second++) {
    await run.observe();
    if (run.isStepDone()) return true;
    world.advance(1_000_000);
  }
  return false;
}

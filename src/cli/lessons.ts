/** `lessons`: what there is to learn, and what is done. */
import { loadLibrary } from '../lessons/library.ts';
import { formatComplaint } from '../lessons/load.ts';
import { loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { decideLanguage, textFor } from '../ui/text/language.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { ownRoots } from './lesson-roots.ts';

export const runLessons: CommandRun = async (parsed, context) => {
  const language = decideLanguage(parsed.values.get('lang'), context.environment);
  if (!language) return complain(context, 'K8SD_LANG takes es or en.', exitStatus.usage);
  const { lessons, complaints } = loadLibrary([
    ...ownRoots(context.environment),
    ...(parsed.lists.get('lessons') ?? []),
  ]);
  for (const complaint of complaints) complain(context, formatComplaint(complaint), exitStatus.failed);
  const { progress } = loadProgress(progressPath(progressDirectory(context.environment)), { putAside: false });
  const rows = lessons.map(({ id, track, level, minutes, certs, texts }) => ({
    id,
    track,
    level,
    minutes,
    title: { en: texts.en.title, es: texts.es.title },
    certs,
    done: progress.lessons[id]?.done === true,
  }));
  if (parsed.switches.has('json')) {
    context.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  } else {
    const text = textFor(language);
    const width = Math.max(...rows.map((row) => row.id.length));
    for (const row of rows) {
      const track = (text.tracks[row.track] ?? row.track).padEnd(14);
      context.stdout.write(
        `${row.done ? '✓' : ' '} ${row.id.padEnd(width)}  ${track}  ${text.home.minutes(row.minutes).padStart(6)}  ${row.title[language]}\n`,
      );
    }
  }
  return complaints.length === 0 ? exitStatus.good : exitStatus.failed;
};

/** `lessons`: what there is to learn. */
import { loadLibrary } from '../lessons/library.ts';
import { formatComplaint } from '../lessons/load.ts';
import { loadProgress, progressDirectory, progressPath } from '../ui/progress-file.ts';
import { decideLanguage } from '../ui/text/language.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runLessons: CommandRun = async (parsed, context) => {
  const language = decideLanguage(parsed.values.get('lang'), context.environment);
  if (!language) return complain(context, 'K8SD_LANG takes es or en.', exitStatus.usage);
  const { lessons, complaints } = loadLibrary(parsed.lists.get('lessons') ?? []);
  for (const complaint of complaints) context.stderr.write(`${formatComplaint(complaint)}\n`);
  const done = doneLessons(context.environment);
  if (parsed.switches.has('json')) {
    const rows = lessons.map(({ id, track, level, minutes, texts, certs }) => ({
      id,
      track,
      level,
      minutes,
      title: { en: texts.en.title, es: texts.es.title },
      certs,
      done: done.has(id),
    }));
    context.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  } else {
    for (const { id, track, minutes, texts } of lessons) {
      const mark = done.has(id) ? '✓' : ' ';
      context.stdout.write(
        `${mark} ${track.padEnd(12)} ${id.padEnd(28)} ${String(minutes).padStart(3)} min  ${texts[language].title}\n`,
      );
    }
  }
  return complaints.length === 0 ? exitStatus.good : exitStatus.failed;
};

function doneLessons(environment: Readonly<Record<string, string | undefined>>): ReadonlySet<string> {
  const { progress } = loadProgress(progressPath(progressDirectory(environment)));
  return new Set(Object.entries(progress.lessons).flatMap(([id, lesson]) => (lesson.done ? [id] : [])));
}

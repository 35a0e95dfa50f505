/** Where the lessons are: `lessons-content` in the package, and folders of one's own named by K8SD_LESSONS. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lesson } from '../lessons/lesson.ts';

export function lessonRoots(environment: Readonly<Record<string, string | undefined>>): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  let directory = here;
  while (!existsSync(join(directory, 'lessons-content')) && dirname(directory) !== directory)
    directory = dirname(directory);
  return [join(directory, 'lessons-content'), ...ownRoots(environment)];
}

/**
 * The lessons for the tutor. The build keeps the package's own ones read and checked, as one JSON file, because reading
 * them anew would be the slowest part of the first frame.
 * @returns the lessons, and the first thing that is wrong with one's own
 */
export async function openLessons(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ lessons: readonly Lesson[]; complaint: string }> {
  if (ownRoots(environment).length === 0) {
    const kept = keptLessons();
    if (kept) return { lessons: kept, complaint: '' };
  }
  const { formatComplaint, loadLessons } = await import('../lessons/load.ts');
  const { lessons, complaints } = loadLessons(lessonRoots(environment));
  return { lessons, complaint: complaints[0] ? formatComplaint(complaints[0]) : '' };
}

function ownRoots(environment: Readonly<Record<string, string | undefined>>): string[] {
  return (environment['K8SD_LESSONS'] ?? '').split(delimiter).filter((root) => root !== '');
}

function keptLessons(): readonly Lesson[] | undefined {
  try {
    return JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'lessons.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

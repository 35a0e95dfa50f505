/** Where a command's lessons come from: the package, `--lessons DIR`, and the folders that K8SD_LESSONS names. */
import { delimiter } from 'node:path';
import type { Lesson } from '../lessons/lesson.ts';
import { workedOut } from './worked-out.ts';

/** @returns the folders that K8SD_LESSONS names, as PATH does */
export function ownRoots(environment: Readonly<Record<string, string | undefined>>): string[] {
  return (environment['K8SD_LESSONS'] ?? '').split(delimiter).filter((root) => root !== '');
}

/**
 * The lessons for the tutor. The build keeps the package's own ones read and checked, as one JSON file, because reading
 * them anew would be the slowest part of the first frame.
 * @param extra  folders with more lessons
 * @returns the lessons, and the first thing that is wrong with one's own
 */
export async function openLessons(
  extra: readonly string[],
): Promise<{ lessons: readonly Lesson[]; complaint: string }> {
  if (extra.length === 0) {
    const kept = keptLessons();
    if (kept) return { lessons: kept, complaint: '' };
  }
  const [{ loadLibrary }, { formatComplaint }] = await Promise.all([
    import('../lessons/library.ts'),
    import('../lessons/load.ts'),
  ]);
  const { lessons, complaints } = loadLibrary(extra);
  return { lessons, complaint: complaints[0] ? formatComplaint(complaints[0]) : '' };
}

function keptLessons(): readonly Lesson[] | undefined {
  return workedOut('lessons.json') as readonly Lesson[] | undefined;
}

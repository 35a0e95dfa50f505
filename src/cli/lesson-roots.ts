/** Where the lessons are: `lessons-content` in the package, and folders of one's own named by K8SD_LESSONS. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function lessonRoots(environment: Readonly<Record<string, string | undefined>>): string[] {
  const own = (environment['K8SD_LESSONS'] ?? '').split(delimiter).filter((root) => root !== '');
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'lessons-content')) && dirname(directory) !== directory) directory = dirname(directory);
  return [join(directory, 'lessons-content'), ...own];
}

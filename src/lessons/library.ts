/** The lessons that come with the program, and those of folders that somebody names. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoadedLessons, loadLessons } from './load.ts';

/** `lessons-content` of the package: beside `dist` once bundled, beside `src` in the source tree. */
export function bundledLessons(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let i = 0; i < 4; i++) {
    const candidate = join(folder, 'lessons-content');
    if (existsSync(candidate)) return candidate;
    folder = dirname(folder);
  }
  return join(folder, 'lessons-content');
}

export function loadLibrary(extra: readonly string[] = []): LoadedLessons {
  return loadLessons([bundledLessons(), ...extra]);
}

/** What the build has worked out once and left beside the bundle. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @returns the document, undefined where there is none, as in the source tree; then it is worked out anew */
export function workedOut(name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), name), 'utf8'));
  } catch {
    return undefined;
  }
}

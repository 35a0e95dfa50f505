/**
 * The learner's progress on disk: one JSON file, replaced whole after every step, so that whatever happens either the
 * old or the new one is there. A file that cannot be read, or that a newer version wrote, is put aside, never lost.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export const progressVersion = 1;

export interface LessonProgress {
  /** The step to continue with. */
  readonly step: number;
  readonly done: boolean;
  /** Seeds on which it was solved without a solution shown: two make it mastered. */
  readonly unaided: readonly number[];
  /** When it was last finished, RFC 3339; for bringing it back after days. */
  readonly finishedAt?: string | undefined;
}

export interface Progress {
  readonly version: number;
  readonly lessons: Readonly<Record<string, LessonProgress>>;
  /** Whatever else other versions keep here stays. */
  readonly [field: string]: unknown;
}

export type LoadedProgress =
  | { readonly state: 'new' | 'read'; readonly progress: Progress }
  | { readonly state: 'damaged' | 'newer'; readonly progress: Progress; readonly keptAs: string };

/** @returns where progress is kept: `$XDG_STATE_HOME/k8s-descompuesto`, else `~/.local/state/k8s-descompuesto` */
export function progressDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const state = environment['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'k8s-descompuesto');
}

export function progressPath(directory: string): string {
  return join(directory, 'progress.json');
}

/**
 * Reads the file; one that cannot be used is renamed beside it, unless this is only a look. Never throws: without a
 * readable file, one begins.
 */
export function loadProgress(path: string, options = { putAside: true }): LoadedProgress {
  const empty: Progress = { version: progressVersion, lessons: {} };
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch {
    return { state: 'new', progress: empty };
  }
  const parsed = parseProgress(content);
  if (parsed !== 'damaged' && parsed !== 'newer') return { state: 'read', progress: parsed };
  return { state: parsed, progress: empty, keptAs: options.putAside ? setAside(path, parsed) : basename(path) };
}

/**
 * Writes beside and renames over, so that a crash leaves either the old or the new file.
 * @returns undefined when saved, else why not, in the system's words
 */
export function saveProgress(path: string, progress: Progress): string | undefined {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeDirectory(dirname(path));
    writeFileSync(temporary, `${JSON.stringify(progress, undefined, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return error instanceof Error ? error.message.replace(/^\w+: /, '').replace(/, \w+ '.*$/s, '') : String(error);
  }
}

function parseProgress(content: string): Progress | 'damaged' | 'newer' {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return 'damaged';
  }
  if (!isRecord(value) || typeof value['version'] !== 'number') return 'damaged';
  if (value['version'] > progressVersion) return 'newer';
  const lessons = value['lessons'];
  if (!isRecord(lessons) || !Object.values(lessons).every(isLessonProgress)) return 'damaged';
  return { ...value, version: progressVersion, lessons: lessons as Readonly<Record<string, LessonProgress>> };
}

function isLessonProgress(value: unknown): value is LessonProgress {
  return (
    isRecord(value) &&
    Number.isInteger(value['step']) &&
    typeof value['done'] === 'boolean' &&
    Array.isArray(value['unaided']) &&
    value['unaided'].every((seed) => typeof seed === 'number')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns the name it is kept under */
function setAside(path: string, why: 'damaged' | 'newer'): string {
  for (let number = 1; ; number++) {
    const kept = `${path}.${why}-${number}`;
    if (existsSync(kept)) continue;
    try {
      renameSync(path, kept);
      return basename(kept);
    } catch {
      return basename(path);
    }
  }
}

/** Node's own recursive mkdir never returns where the system says "no such file" to making one, as /proc does. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

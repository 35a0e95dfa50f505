/** Lessons from folders: `<root>/<track>/<nn>-<id>/{lesson.yaml,en.md,es.md,…}`. Data only; nothing outside of its folder is read. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { LANGUAGES, type Lesson, type LessonLanguage, type LessonText, TRACKS } from './lesson.ts';
import { readLessonText } from './lesson-text.ts';
import { type LessonData, readLessonYaml } from './lesson-yaml.ts';
import type { Complaint } from './yaml-fields.ts';

export interface LoadedLessons {
  /** In the order of tracks and of folder names. */
  readonly lessons: readonly Lesson[];
  readonly complaints: readonly Complaint[];
}

/** Loads every lesson below these roots; one that has complaints is left out. */
export function loadLessons(roots: readonly string[]): LoadedLessons {
  const complaints: Complaint[] = [];
  const lessons: Lesson[] = [];
  for (const root of roots) {
    for (const folder of lessonFolders(root)) {
      const lesson = loadLesson(folder, complaints);
      if (lesson === undefined) continue;
      const twin = lessons.find(({ id }) => id === lesson.id);
      if (twin === undefined) lessons.push(lesson);
      else
        complaints.push({
          file: join(folder, 'lesson.yaml'),
          line: 1,
          field: 'id',
          message: `'${lesson.id}' is also the id of ${twin.folder}`,
        });
    }
  }
  const order = (lesson: Lesson) => TRACKS.indexOf(lesson.track);
  lessons.sort((a, b) => order(a) - order(b) || (basename(a.folder) < basename(b.folder) ? -1 : 1));
  return { lessons, complaints };
}

export function loadLesson(folder: string, complaints: Complaint[]): Lesson | undefined {
  const before = complaints.length;
  const yamlFile = join(folder, 'lesson.yaml');
  const data = readLessonYaml(yamlFile, readText(yamlFile, complaints) ?? '', complaints);
  if (data === undefined) return undefined;
  const texts = Object.fromEntries(
    LANGUAGES.map((language) => [language, textIn(folder, language, data, complaints)]),
  ) as Record<LessonLanguage, LessonText>;
  const manifests = data.world.manifests.map((name) => ({
    name,
    text: readBeside(folder, name, yamlFile, complaints),
  }));
  const files = Object.fromEntries(
    data.world.files.map((name) => [name, readBeside(folder, name, yamlFile, complaints)]),
  );
  if (complaints.length > before) return undefined;
  return { ...data, world: { ...data.world, manifests, files }, folder, texts };
}

/** `src/x.yaml:12: goals.reachable: needs …` */
export function formatComplaint({ file, line, field, message }: Complaint): string {
  return `${file}:${line}: ${field === '' ? '' : `${field}: `}${message}`;
}

function lessonFolders(root: string): string[] {
  if (!existsSync(root)) return [];
  const folders: string[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory()) continue;
    const folder = join(root, entry.name);
    if (existsSync(join(folder, 'lesson.yaml'))) folders.push(folder);
    else folders.push(...lessonFolders(folder));
  }
  return folders;
}

function textIn(folder: string, language: LessonLanguage, data: LessonData, complaints: Complaint[]): LessonText {
  const file = join(folder, `${language}.md`);
  return readLessonText(file, readText(file, complaints) ?? '', data, complaints);
}

function readBeside(folder: string, name: string, yamlFile: string, complaints: Complaint[]): string {
  const inside = normalize(name);
  if (inside !== name || inside.startsWith('..') || inside.startsWith('/') || inside.includes('/')) {
    complaints.push({
      file: yamlFile,
      line: 1,
      field: 'world',
      message: `'${name}' must be the name of a file in the lesson's own folder`,
    });
    return '';
  }
  return readText(join(folder, name), complaints) ?? '';
}

function readText(file: string, complaints: Complaint[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    complaints.push({ file, line: 1, field: '', message: 'is missing; a lesson needs lesson.yaml, en.md and es.md' });
    return undefined;
  }
}

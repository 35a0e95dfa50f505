import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TRACKS } from '../../src/lessons/lesson.ts';
import { commandsIn } from '../../src/lessons/lesson-text.ts';
import { readLessonYaml } from '../../src/lessons/lesson-yaml.ts';
import { formatComplaint, loadLessons } from '../../src/lessons/load.ts';
import type { Complaint } from '../../src/lessons/yaml-fields.ts';

const { lessons, complaints } = loadLessons([fileURLToPath(new URL('../../lessons-content', import.meta.url))]);

describe('the lessons', () => {
  it('load without a complaint, in both languages', () => {
    expect(complaints.map(formatComplaint)).toEqual([]);
    expect(lessons.length).toBeGreaterThanOrEqual(9);
  });

  it('cover the tracks of the talk', () => {
    const tracks = new Set(lessons.map(({ track }) => track));
    const wanted = TRACKS.filter((track) => track !== 'addons');
    expect(wanted.filter((track) => !tracks.has(track))).toEqual([]);
  });

  it('have prerequisites that exist', () => {
    const ids = lessons.map(({ id }) => id);
    expect(lessons.flatMap(({ prerequisites }) => prerequisites.filter((id) => !ids.includes(id)))).toEqual([]);
  });

  it('show the same commands in both languages', () => {
    for (const { id, texts } of lessons) {
      const commands = (language: 'en' | 'es') => Object.values(texts[language].steps).flatMap(commandsIn);
      expect(commands('es'), id).toEqual(commands('en'));
    }
  });
});

describe('a wrong lesson file', () => {
  const complaintsAbout = (text: string): string[] => {
    const found: Complaint[] = [];
    readLessonYaml('x/lesson.yaml', text, found);
    return found.map(formatComplaint);
  };

  it('is told where and what', () => {
    const text =
      'id: Bad Id\ntrack: proxies\nlevel: 9\nminutes: 5\nmode: fix\nsteps:\n  - { id: fix, goals: [gone] }\nsolutions: []\nextra: 1\n';
    const all = complaintsAbout(text);
    expect(all).toContain('x/lesson.yaml:1: id: must be lower-case words joined by dashes');
    expect(all).toContain('x/lesson.yaml:3: level: must be a number from 1 to 3');
    expect(all.some((line) => line.startsWith('x/lesson.yaml:2: track: must be one of tour,'))).toBe(true);
    expect(all.some((line) => line.startsWith('x/lesson.yaml:9: extra: unknown field'))).toBe(true);
    expect(all.some((line) => line.includes("there is no goal 'gone'"))).toBe(true);
  });

  it('says so when it is no YAML at all', () => {
    expect(complaintsAbout('id: [')[0]).toMatch(/^x\/lesson\.yaml:\d+: is not YAML: /);
  });
});

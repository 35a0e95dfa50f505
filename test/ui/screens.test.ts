import { describe, expect, test } from 'vitest';
import { cells } from '../../src/ui/line.ts';
import { composeScreen } from '../../src/ui/screens/compose.ts';
import type { Scene } from '../../src/ui/screens/scene.ts';
import type { UiState } from '../../src/ui/state.ts';
import type { Language } from '../../src/ui/text/language.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { expectGolden, onTerminal } from './golden.ts';
import { madeUpLesson, madeUpQuestion, madeUpScene } from './made-up.ts';

const sizes = [
  [120, 40],
  [80, 24],
  [60, 16],
] as const;
const languages: readonly Language[] = ['en', 'es'];

const screens: Readonly<Record<string, readonly [Partial<UiState>, Partial<Scene>]>> = {
  home: [{}, {}],
  lesson: [{ screen: 'lesson', focus: 'shell' }, { lesson: madeUpLesson }],
  question: [{ screen: 'lesson', focus: 'lesson' }, { lesson: madeUpQuestion }],
  sandbox: [{ screen: 'lesson', focus: 'shell' }, {}],
  map: [{ screen: 'map', partId: 'cp-1/kube-scheduler' }, {}],
  xray: [{ screen: 'xray', partId: 'cp-1/etcd' }, {}],
  help: [{ overlay: 'help' }, {}],
  settings: [{ overlay: 'settings' }, {}],
};

describe('each screen at each size looks as it did', () => {
  for (const [name, [state, scene]] of Object.entries(screens)) {
    for (const [width, height] of sizes) {
      for (const language of languages) {
        test(`${name} ${width}×${height} ${language}`, async () => {
          const lines = composeScreen(madeUpScene({ ...state, width, height, language }, scene));
          expectGolden(`${name}-${width}x${height}-${language}`, await onTerminal(lines, width, height));
        });
      }
    }
  }
});

test('every frame is exactly as large as the terminal, at any size', () => {
  for (const [state, scene] of Object.values(screens)) {
    for (let width = 1; width <= 200; width += 7) {
      for (let height = 1; height <= 60; height += 5) {
        const lines = composeScreen(madeUpScene({ ...state, width, height }, scene));
        expect(lines.length).toBe(height);
        for (const line of lines) expect([width, height, line, cells(line)]).toEqual([width, height, line, width]);
      }
    }
  }
});

test('below 40×10 the screen says what size it needs', () => {
  const lines = composeScreen(madeUpScene({ width: 39, height: 9 }));
  expect(lines.join('\n')).toContain('too small');
});

test('colours never carry meaning alone: the frame reads the same without them', () => {
  const coloured = createTheme({ hasColour: true, isAscii: false });
  for (const [name, [state, scene]] of Object.entries(screens)) {
    if (name === 'settings') continue;
    const strip = (lines: readonly string[]) => lines.map((line) => line.replace(/\x1b\[[0-9;]*m/g, ''));
    const plain = composeScreen(madeUpScene({ ...state, width: 100, height: 30 }, scene));
    const painted = composeScreen(madeUpScene({ ...state, width: 100, height: 30 }, { ...scene, theme: coloured }));
    expect(strip(painted)).toEqual(strip(plain));
  }
});

test('a terminal without UTF-8 gets ASCII drawings in the same places', () => {
  const theme = createTheme({ hasColour: false, isAscii: true });
  const lines = composeScreen(madeUpScene({ width: 80, height: 24 }, { theme }));
  for (const line of lines) expect(line.replace(/\x1b\[[0-9;]*m/g, '')).toMatch(/^[\x20-\x7e]{80}$/);
});

test('a pod name with an escape sequence cannot steer the terminal', () => {
  const lines = composeScreen(madeUpScene({ screen: 'map', width: 120, height: 40 }));
  const text = lines.join('\n');
  expect(text).toContain('evil␛]52;c;aGk=␇name');
  expect(text.replace(/\x1b\[[0-9;]*m/g, '')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

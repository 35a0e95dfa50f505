import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cells, clip, neutralise, toWidth, wrap } from '../../src/ui/line.ts';
import { nextSpeed } from '../../src/ui/parts/clock.ts';
import { composeMarkdown } from '../../src/ui/parts/markdown.ts';
import { loadProgress, type Progress, progressPath, saveProgress } from '../../src/ui/progress-file.ts';
import { createScrollback, print, visibleRows } from '../../src/ui/scrollback.ts';
import { createTheme, decideAscii, decideColour } from '../../src/ui/theme.ts';

const plain = createTheme({ hasColour: false, isAscii: false });
const bare = (lines: readonly string[]) => lines.map((text) => text.replace(/\x1b\[[0-9;]*m/g, ''));

test('lines are cut and filled by cells, wide characters and colours included', () => {
  expect(toWidth('日本語', 5)).toBe('日本…');
  expect(cells(toWidth('\x1b[31m日本語 long\x1b[39m', 6))).toBe(6);
  expect(clip('short', 10)).toBe('short');
  expect(toWidth('', 3)).toBe('   ');
  expect(wrap('a long-word-that-does-not-fit b', 8)).toEqual(['a', 'long-wor', 'd-that-d', 'oes-not-', 'fit b']);
});

test('control characters become symbols; our own colours may stay', () => {
  expect(neutralise('a\x1b]52;c;x\x07b\tc\x9bd')).toBe('a␛]52;c;x␇b    c␡d');
  expect(neutralise('\x1b[31mred\x1b[39m')).toBe('␛[31mred␛[39m');
  expect(neutralise('\x1b[31mred\x1b[39m\x1b[2J', true)).toBe('\x1b[31mred\x1b[39m␛[2J');
});

test('the scrollback keeps what was printed, wraps at the edge, scrolls and stays bounded', () => {
  const scrollback = createScrollback();
  print(scrollback, 'one\r\ntwo');
  print(scrollback, ' more\nabcdefghij\n');
  expect(visibleRows(scrollback, ['$ '], 8, 10)).toEqual(['one', 'two more', 'abcdefgh', 'ij', '$ ']);
  scrollback.offset = 2;
  expect(visibleRows(scrollback, ['$ '], 8, 2)).toEqual(['two more', 'abcdefgh']);
  for (let row = 0; row < 20_000; row++) print(scrollback, `row ${row}\n`);
  expect(scrollback.lines.length).toBeLessThanOrEqual(5_001);
  print(scrollback, '\x1b[H\x1b[2Jclean');
  expect(visibleRows(scrollback, [], 8, 5)).toEqual(['clean']);
});

test('Markdown: headings, styles inside words, lists, code, quotes, tables', () => {
  const lines = bare(
    composeMarkdown(
      '# Title\n\nA **bo**ld `kubectl get <x>` word.\n\n1. first item that wraps\n2. second\n\n- a\n- b\n\n```\n  code  here\n```\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
      22,
      plain,
    ),
  );
  expect(lines).toEqual([
    'Title',
    '',
    'A bold kubectl get <x>',
    'word.',
    '',
    '1. first item that',
    '   wraps',
    '2. second',
    '',
    '• a',
    '• b',
    '',
    '    code  here',
    '',
    '▌ quoted',
    '',
    'a  b',
    '1  2',
  ]);
});

test('Markdown cannot smuggle control characters', () => {
  expect(composeMarkdown('a \x1b]0;title\x07 b', 40, plain).join('\n')).not.toMatch(/\x1b\]|\x07/);
});

test('NO_COLOR, FORCE_COLOR, TERM=dumb and pipes decide the colours', () => {
  expect(decideColour({}, true)).toBe(true);
  expect(decideColour({}, false)).toBe(false);
  expect(decideColour({ NO_COLOR: '1' }, true)).toBe(false);
  expect(decideColour({ NO_COLOR: '' }, true)).toBe(true);
  expect(decideColour({ FORCE_COLOR: '1', NO_COLOR: '1' }, false)).toBe(true);
  expect(decideColour({ FORCE_COLOR: '0' }, true)).toBe(false);
  expect(decideColour({ TERM: 'dumb' }, true)).toBe(false);
  expect(decideAscii({ LANG: 'C' })).toBe(true);
  expect(decideAscii({ LANG: 'es_ES.UTF-8' })).toBe(false);
  expect(decideAscii({})).toBe(false);
});

test('speeds go up and down in steps and stop at the ends', () => {
  expect(nextSpeed(1, 1)).toBe(2);
  expect(nextSpeed(1000, 1)).toBe(1000);
  expect(nextSpeed(0.01, -1)).toBe(0.01);
});

const someProgress: Progress = {
  version: 1,
  lessons: { 'first-look': { step: 2, done: false, unaided: [7] } },
  kept: 'whatever',
};

test('progress is saved whole and read back, unknown fields included', () => {
  const path = progressPath(join(mkdtempSync(join(tmpdir(), 'k8sd-')), 'deep', 'state'));
  expect(loadProgress(path).state).toBe('new');
  expect(saveProgress(path, someProgress)).toBeUndefined();
  expect(loadProgress(path)).toEqual({ state: 'read', progress: someProgress });
});

test('a damaged or newer progress file is put aside, every time under a new name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8sd-'));
  const path = progressPath(directory);
  for (const [content, state] of [
    ['{"version":', 'damaged'],
    ['{"version":1,"lessons":{"a":3}}', 'damaged'],
    ['[]', 'damaged'],
    ['{"version":99,"lessons":{}}', 'newer'],
  ] as const) {
    writeFileSync(path, content);
    expect(loadProgress(path)).toMatchObject({ state, progress: { lessons: {} } });
  }
  expect(readdirSync(directory).sort()).toEqual([
    'progress.json.damaged-1',
    'progress.json.damaged-2',
    'progress.json.damaged-3',
    'progress.json.newer-1',
  ]);
  expect(readFileSync(join(directory, 'progress.json.newer-1'), 'utf8')).toContain('99');
});

test('a place that cannot be written is one sentence, not an exception', () => {
  expect(saveProgress('/proc/nowhere/progress.json', someProgress)).toMatch(/no such file|permission|not permitted/i);
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { footerBindings, keymap, type Place } from '../../src/ui/keymap.ts';
import { cells } from '../../src/ui/line.ts';
import { composeFooter } from '../../src/ui/parts/frame-ends.ts';
import type { Text } from '../../src/ui/text/en.ts';
import { decideLanguage, textFor } from '../../src/ui/text/language.ts';
import { createTheme } from '../../src/ui/theme.ts';

const places = [...new Set(keymap.flatMap((binding) => binding.places))];
const theme = createTheme({ hasColour: false, isAscii: false });

test('no key means two things in one place', () => {
  for (const place of places) {
    const keys = keymap.filter((binding) => binding.places.includes(place)).flatMap((binding) => binding.keys);
    expect([place, keys.filter((key, index) => keys.indexOf(key) !== index)]).toEqual([place, []]);
  }
});

test('the shell keeps every key that writes or edits', () => {
  const editing = [
    'enter',
    'tab',
    'up',
    'down',
    'left',
    'right',
    'home',
    'end',
    'backspace',
    'space',
    'ctrl+c',
    'ctrl+r',
    'ctrl+w',
    'ctrl+a',
    'ctrl+e',
    'ctrl+k',
    'ctrl+u',
    'ctrl+y',
    'ctrl+l',
    'ctrl+d',
    'alt+b',
    'alt+f',
  ];
  const taken = keymap
    .filter((binding) => binding.places.some((place) => place === 'shell' || place === 'anywhere'))
    .flatMap((binding) => binding.keys);
  expect(taken.filter((key) => editing.includes(key) || key.length === 1)).toEqual([]);
});

test('help is offered first, and shown, in every place that is not the shell', () => {
  for (const place of places.filter((place): place is Place => place !== 'shell' && place !== 'anywhere')) {
    expect([place, footerBindings(place)[0]?.action]).toEqual([place, 'help']);
  }
});

test('the footer always fits, in both languages', () => {
  for (const language of ['en', 'es'] as const) {
    for (const place of places) {
      for (const width of [40, 60, 80, 120])
        expect(cells(composeFooter(place, '', width, theme, textFor(language)))).toBe(width);
    }
  }
});

test('both dictionaries say everything, and not the same', () => {
  const leaves = (value: unknown, path: string): string[] => {
    if (typeof value === 'string') return [path];
    if (typeof value === 'function') return [path];
    return typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, part]) => leaves(part, `${path}.${key}`))
      : [];
  };
  const en: Text = textFor('en');
  const es: Text = textFor('es');
  expect(leaves(es, '')).toEqual(leaves(en, ''));
  expect(leaves(en, '').length).toBeGreaterThan(120);
});

test('the language is the flag, else K8SD_LANG, else the locale, else English', () => {
  expect(decideLanguage('es', { K8SD_LANG: 'en' })).toBe('es');
  expect(decideLanguage(undefined, { K8SD_LANG: 'es', LANG: 'en_US.UTF-8' })).toBe('es');
  expect(decideLanguage(undefined, { LANG: 'es_AR.UTF-8' })).toBe('es');
  expect(decideLanguage(undefined, { LANG: 'C', LC_ALL: 'es_ES' })).toBe('es');
  expect(decideLanguage(undefined, {})).toBe('en');
  expect(decideLanguage('fr', {})).toBeUndefined();
});

test('the table of keys in the documentation is the one in the code', () => {
  const text = textFor('en');
  const order: readonly Place[] = ['home', 'lesson', 'question', 'shell', 'map', 'xray', 'overlay', 'anywhere'];
  const sections = order.map((place) => {
    const rows = keymap
      .filter((binding) => binding.places.includes(place))
      .map(({ keys, label }) => `| ${keys.map((key) => `\`${key}\``).join(' ')} | ${text.keys[label]} |`);
    return `## ${text.places[place]}\n\n| Key | What it does |\n|---|---|\n${rows.join('\n')}\n`;
  });
  const editing = text.editorKeys.map(([keys, what]) => `| ${keys} | ${what} |`).join('\n');
  const page = `# Keys\n\nMade from \`src/ui/keymap.ts\` by its test (\`UPDATE_GOLDEN=1\` writes it anew).\n\n${sections.join('\n')}\n## ${text.help.editor}\n\n| Key | What it does |\n|---|---|\n${editing}\n`;
  const path = join(import.meta.dirname, '../../docs/KEYS.md');
  if (process.env['UPDATE_GOLDEN'] || !existsSync(path)) writeFileSync(path, page);
  expect(readFileSync(path, 'utf8')).toBe(page);
});

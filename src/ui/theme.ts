/**
 * How things look. A state is always a glyph, a word and a colour together, never a colour alone. Only the terminal's
 * own sixteen colours are used, so the user's palette decides how they look, on dark and on light.
 */
import type { Health } from './view.ts';

export type Style =
  | 'accent'
  | 'bad'
  | 'bold'
  | 'border'
  | 'borderFocused'
  | 'code'
  | 'dim'
  | 'good'
  | 'heading'
  | 'info'
  | 'italic'
  | 'key'
  | 'selected'
  | 'warn';

export interface ThemeOptions {
  /** False under NO_COLOR: attributes such as bold stay, colours go. */
  readonly hasColour: boolean;
  /** True for text that is no screen: nothing but the words, no attribute either. */
  readonly isPlain?: boolean;
  /** True where boxes and bullets would not show: they are drawn with ASCII. */
  readonly isAscii: boolean;
}

export interface Theme extends ThemeOptions {
  paint(style: Style, text: string): string;
  /** `● Running`, painted. */
  state(health: Health, word: string): string;
  glyph(health: Health): string;
}

const glyphs: Readonly<Record<Health, string>> = {
  good: '●',
  working: '◐',
  warning: '▲',
  broken: '✗',
  off: '○',
  unknown: '?',
};

const healthStyle: Readonly<Record<Health, Style>> = {
  good: 'good',
  working: 'info',
  warning: 'warn',
  broken: 'bad',
  off: 'dim',
  unknown: 'warn',
};

type Sgr = readonly [open: string, close: string];

const coloured: Readonly<Record<Style, Sgr>> = {
  accent: ['36', '39'],
  bad: ['31', '39'],
  bold: ['1', '22'],
  border: ['2', '22'],
  borderFocused: ['36', '39'],
  code: ['33', '39'],
  dim: ['2', '22'],
  good: ['32', '39'],
  heading: ['1;36', '39;22'],
  info: ['34', '39'],
  italic: ['3', '23'],
  key: ['1', '22'],
  selected: ['7', '27'],
  warn: ['33', '39'],
};

const colourless: Readonly<Record<Style, Sgr | undefined>> = {
  ...coloured,
  accent: ['1', '22'],
  bad: ['1', '22'],
  borderFocused: ['1', '22'],
  code: ['4', '24'],
  good: undefined,
  heading: ['1', '22'],
  info: undefined,
  warn: undefined,
};

export function createTheme(options: ThemeOptions): Theme {
  const styles: Readonly<Record<Style, Sgr | undefined>> = options.hasColour ? coloured : colourless;
  const paint = (style: Style, text: string): string => {
    const sgr = options.isPlain ? undefined : styles[style];
    return sgr && text !== '' ? `\x1b[${sgr[0]}m${text}\x1b[${sgr[1]}m` : text;
  };
  return {
    ...options,
    paint,
    glyph: (health) => paint(healthStyle[health], glyphs[health]),
    state: (health, word) => paint(healthStyle[health], `${glyphs[health]} ${word}`),
  };
}

const asciiFor: Readonly<Record<string, string>> = {
  '─': '-',
  '│': '|',
  '╭': '+',
  '╮': '+',
  '╰': '+',
  '╯': '+',
  '├': '+',
  '┤': '+',
  '┬': '+',
  '┴': '+',
  '┼': '+',
  '═': '=',
  '║': '|',
  '╔': '+',
  '╗': '+',
  '╚': '+',
  '╝': '+',
  '●': 'o',
  '◐': '~',
  '▲': '!',
  '✗': 'x',
  '○': '.',
  '✓': 'v',
  '◆': '*',
  '▸': '>',
  '▾': 'v',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '…': '~',
  '·': '.',
  '█': '#',
  '░': '.',
  '❯': '>',
  '⋯': '~',
  '«': '"',
  '»': '"',
  '“': '"',
  '”': '"',
  '’': "'",
  '‘': "'",
  '–': '-',
  '—': '-',
  '↺': '@',
  '■': '#',
  '□': '.',
  '▪': '*',
  '◇': '*',
  '▌': '|',
  '•': '*',
  '━': '=',
  '┃': '|',
  '×': 'x',
  '⏎': '<',
  '␣': '_',
};

/** The same line with one ASCII character in place of each drawn one, for terminals that cannot show them. */
export function asciiLine(line: string): string {
  return line.replace(/[^\x00-\x7f]/g, (character) => {
    const base = character.normalize('NFD').charAt(0);
    return asciiFor[character] ?? (base < '\x7f' ? base : '?');
  });
}

/**
 * @param environment the process's variables
 * @param hasTerminal whether the output is a terminal
 * @returns whether to colour, by NO_COLOR (https://no-color.org), FORCE_COLOR, TERM and CI
 */
export function decideColour(environment: Readonly<Record<string, string | undefined>>, hasTerminal: boolean): boolean {
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (environment['NO_COLOR']) return false;
  if (environment['TERM'] === 'dumb') return false;
  return hasTerminal;
}

/** @returns whether the locale or the terminal says that only ASCII can be shown; a silent locale is taken for UTF-8 */
export function decideAscii(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment['TERM'] === 'linux') return true;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'];
  return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale);
}

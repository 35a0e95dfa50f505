/** The shell pane: what was printed, then the prompt with the line being typed and its cursor. */
import { type Editor, searchResult } from '../editor.ts';
import { neutralise } from '../line.ts';
import { type Scrollback, visibleRows } from '../scrollback.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';

export interface TerminalState {
  readonly scrollback: Scrollback;
  editor: Editor;
  /** What stands before the line; changes with the directory and the host. */
  prompt: string;
  /** True while a command runs: then there is no prompt. */
  isBusy: boolean;
}

/** @returns `height` rows or fewer, the newest at the bottom */
export function composeTerminal(
  terminal: TerminalState,
  isFocused: boolean,
  width: number,
  height: number,
  theme: Theme,
  text: Text,
): string[] {
  const prompt = terminal.isBusy
    ? isFocused
      ? [cursorCell(theme, ' ')]
      : []
    : promptRows(terminal, isFocused, theme, text);
  const rows = visibleRows(terminal.scrollback, prompt, width, height);
  if (terminal.scrollback.offset > 0)
    rows[rows.length - 1] = theme.paint('warn', text.shell.scrolled(terminal.scrollback.offset));
  return rows;
}

function promptRows(terminal: TerminalState, isFocused: boolean, theme: Theme, text: Text): string[] {
  const { editor } = terminal;
  if (editor.search) {
    const found = searchResult(editor);
    const what = found === undefined ? theme.paint('dim', editor.search.query === '' ? '' : text.shell.noMatch) : found;
    return `${theme.paint('accent', `(${text.shell.search}) '${editor.search.query}'`)}: ${what}`.split('\n');
  }
  const prompt = theme.paint('good', neutralise(terminal.prompt));
  return `${prompt}${isFocused ? withCursor(editor, theme) : editor.line}`
    .split('\n')
    .map((row) => row.replaceAll('\t', '    '));
}

function withCursor({ line, cursor }: Editor, theme: Theme): string {
  const under = line.slice(cursor, cursor + ((line.codePointAt(cursor) ?? 0) > 0xffff ? 2 : 1));
  const rest = line.slice(cursor + under.length);
  return under === '' || under === '\n'
    ? `${line.slice(0, cursor)}${cursorCell(theme, ' ')}${under}${rest}`
    : `${line.slice(0, cursor)}${cursorCell(theme, under)}${rest}`;
}

function cursorCell(theme: Theme, character: string): string {
  return theme.paint('selected', character);
}

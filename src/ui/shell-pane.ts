/** Typing in the shell: runs what is entered, completes, interrupts; the output goes to the scrollback as it comes. */
import { createEditor, type Effect, insert, pressKey, remember, replaceWord } from './editor.ts';
import type { TerminalState } from './parts/terminal.ts';
import { clear, createScrollback, freshLine, print } from './scrollback.ts';
import type { Text } from './text/en.ts';
import type { ShellSession } from './view.ts';

/** The longest command line, in characters. */
const lineLimit = 64 * 1024;

export interface ShellPane {
  readonly terminal: TerminalState;
  /** @returns false when the key is not one of the shell's */
  press(name: string, text: string): boolean;
  paste(text: string): void;
  /** Puts a command on the line, in place of what stands there; it is not run. */
  suggest(command: string): void;
  scroll(rows: number): void;
  interrupt(): void;
}

/**
 * @param onChange  something may look different now
 * @param onLeave   Ctrl-D on an empty line
 */
export function createShellPane(
  session: ShellSession,
  history: readonly string[],
  text: () => Text,
  onChange: () => void,
  onLeave: () => void,
): ShellPane {
  const terminal: TerminalState = {
    scrollback: createScrollback(),
    editor: createEditor(history),
    prompt: session.prompt(),
    isBusy: false,
  };
  let running: AbortController | undefined;
  print(terminal.scrollback, `${text().shell.welcome}\n`);

  /** Typed while a command or a completion is under way; comes in afterwards, in order. */
  const typedAhead: (() => void)[] = [];
  let isCompleting = false;
  const catchUp = () => {
    while (typedAhead.length > 0 && !terminal.isBusy && !isCompleting) typedAhead.shift()?.();
    onChange();
  };

  const run = async (line: string) => {
    running = new AbortController();
    terminal.isBusy = true;
    const { signal } = running;
    try {
      await session.run(
        line,
        (output) => {
          print(terminal.scrollback, output);
          onChange();
        },
        signal,
      );
    } catch (error) {
      print(terminal.scrollback, `${text().shell.crashed(error instanceof Error ? error.message : String(error))}\n`);
    }
    freshLine(terminal.scrollback);
    terminal.isBusy = false;
    running = undefined;
    terminal.prompt = session.prompt();
    catchUp();
  };

  const complete = async () => {
    isCompleting = true;
    try {
      await completeWord();
    } finally {
      isCompleting = false;
    }
    catchUp();
  };
  const completeWord = async () => {
    const before = terminal.editor;
    const { from, candidates } = await session.complete(before.line, before.cursor);
    if (candidates.length === 0) return;
    const common = commonStart(candidates);
    const typed = before.line.slice(from, before.cursor);
    if (candidates.length === 1)
      terminal.editor = replaceWord(before, from, common.endsWith('/') ? common : `${common} `);
    else if (common.length > typed.length) terminal.editor = replaceWord(before, from, common);
    else print(terminal.scrollback, `${terminal.prompt}${before.line}\n${inColumns(candidates)}\n`);
  };

  const effects: Readonly<Record<Exclude<Effect, 'interrupt'>, () => void>> = {
    submit: () => {
      const { line } = terminal.editor;
      print(terminal.scrollback, `${terminal.prompt}${line}\n`);
      terminal.editor = remember(terminal.editor, line);
      if (line.trim() === 'clear' || line.trim() === 'reset') clear(terminal.scrollback);
      else if (line.trim() !== '') void run(line);
    },
    complete: () => void complete(),
    clear: () => clear(terminal.scrollback),
    end: onLeave,
  };

  const pressNow = (name: string, typed: string): boolean => {
    const typedLine = terminal.editor.line;
    const pressed = pressKey(terminal.editor, name, typed);
    if (!pressed) return false;
    terminal.scrollback.offset = 0;
    if (pressed.editor.line.length <= lineLimit) terminal.editor = pressed.editor;
    if (pressed.effect === 'interrupt') {
      print(terminal.scrollback, `${terminal.prompt}${typedLine}${text().shell.interrupted}\n`);
    } else if (pressed.effect) {
      effects[pressed.effect]();
    }
    return true;
  };

  return {
    terminal,
    press(name, typed) {
      if (terminal.isBusy || isCompleting) {
        if (name !== 'ctrl+c') typedAhead.push(() => pressNow(name, typed));
        else {
          typedAhead.length = 0;
          running?.abort();
        }
        return true;
      }
      return pressNow(name, typed);
    },
    paste(pasted) {
      const put = () => {
        terminal.editor = insert(
          { ...terminal.editor, search: undefined },
          pasted.slice(0, lineLimit - terminal.editor.line.length),
        );
      };
      if (terminal.isBusy || isCompleting) typedAhead.push(put);
      else put();
    },
    suggest(command) {
      if (!terminal.isBusy)
        terminal.editor = { ...terminal.editor, line: command, cursor: command.length, search: undefined };
    },
    scroll(rows) {
      terminal.scrollback.offset = Math.max(0, terminal.scrollback.offset + rows);
    },
    interrupt() {
      running?.abort();
    },
  };
}

function commonStart(words: readonly string[]): string {
  const [first = ''] = words;
  let length = first.length;
  for (const word of words) {
    while (!word.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}

/** At most sixty names, in columns of a width that most terminals hold. */
function inColumns(words: readonly string[]): string {
  const shown = words.slice(0, 60);
  const columnWidth = Math.max(...shown.map((word) => word.length)) + 2;
  const perRow = Math.max(1, Math.floor(72 / columnWidth));
  const rows: string[] = [];
  for (let index = 0; index < shown.length; index += perRow) {
    rows.push(
      shown
        .slice(index, index + perRow)
        .map((word) => word.padEnd(columnWidth))
        .join('')
        .trimEnd(),
    );
  }
  if (words.length > shown.length) rows.push(`… ${words.length}`);
  return rows.join('\n');
}

/** A person at a real pseudo-terminal: types, presses keys, looks at the screen. */
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { screenText } from '../ui/golden.ts';

const keys: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  up: '\x1b[A',
  down: '\x1b[B',
  pageup: '\x1b[5~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  f6: '\x1b[17~',
  f7: '\x1b[18~',
  'ctrl+c': '\x03',
  'ctrl+q': '\x11',
  'ctrl+r': '\x12',
  'ctrl+z': '\x1a',
};

export interface Person {
  readonly pid: number;
  type(text: string): void;
  press(...names: string[]): void;
  /** Esc, and the moment after which it is no longer taken for the beginning of something. */
  escape(): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** Waits until the screen shows this; fails with the screen as it is. */
  sees(text: string | RegExp, withinMs?: number): Promise<string>;
  screen(): string;
  /** Bytes written so far. */
  readonly written: number;
  /** How the process ended, and whether the terminal is as it was before. */
  ended(): Promise<{ status: number; restored: boolean; screen: string }>;
  stop(): void;
}

export function sitDown(
  file: string,
  args: readonly string[],
  options: { width?: number; height?: number; env?: Record<string, string> } = {},
): Person {
  const { width = 80, height = 24, env = {} } = options;
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true });
  const { NO_COLOR: _noColour, FORCE_COLOR: _forced, CI: _ci, ...inherited } = process.env;
  const child = pty.spawn(file, [...args], {
    cols: width,
    rows: height,
    env: { ...inherited, TERM: 'xterm-256color', LANG: 'en_US.UTF-8', LC_ALL: '', K8SD_LANG: '', ...env },
  });
  let written = 0;
  let status: number | undefined;
  let cursorHidden = false;
  child.onData((data) => {
    written += data.length;
    for (const [, sign] of data.matchAll(/\x1b\[\?25([hl])/g)) cursorHidden = sign === 'l';
    terminal.write(data);
  });
  child.onExit(({ exitCode, signal }) => {
    status = signal ? 128 + signal : exitCode;
  });
  const settled = () => new Promise<void>((resolve) => terminal.write('', resolve));
  const until = async (is: () => boolean, withinMs: number, what: () => string) => {
    const end = Date.now() + withinMs;
    for (;;) {
      await settled();
      if (is()) return;
      if (Date.now() > end) throw new Error(what());
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  return {
    pid: child.pid,
    get written() {
      return written;
    },
    type: (text) => child.write(text),
    press: (...names) => {
      for (const name of names) child.write(keys[name] ?? name);
    },
    escape: async () => {
      child.write('\x1b');
      await new Promise((resolve) => setTimeout(resolve, 150));
    },
    resize: async (columns, rows) => {
      terminal.resize(columns, rows);
      child.resize(columns, rows);
      await new Promise((resolve) => setTimeout(resolve, 30));
    },
    screen: () => screenText(terminal),
    async sees(text, withinMs = 5_000) {
      const holds = () =>
        typeof text === 'string' ? screenText(terminal).includes(text) : text.test(screenText(terminal));
      await until(holds, withinMs, () => `did not see ${String(text)} in:\n${screenText(terminal)}`);
      return screenText(terminal);
    },
    async ended() {
      await until(
        () => status !== undefined,
        10_000,
        () => `still running:\n${screenText(terminal)}`,
      );
      const { bracketedPasteMode, wraparoundMode } = terminal.modes;
      const restored =
        terminal.buffer.active.type === 'normal' && !bracketedPasteMode && wraparoundMode && !cursorHidden;
      return { status: status ?? -1, restored, screen: screenText(terminal) };
    },
    stop: () => {
      if (status === undefined) child.kill('SIGKILL');
    },
  };
}

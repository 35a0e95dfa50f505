/**
 * The terminal: taken over, handed back. However the process ends (by itself, by a signal, by a bug), the user's screen,
 * cursor and line editing are put back; Ctrl-Z hands them back for as long as the process is stopped.
 */
import { writeSync } from 'node:fs';
import { createKeyReader, type Input } from './keys.ts';

const enterAlternate = '\x1b[?1049h';
const leaveAlternate = '\x1b[?1049l';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const bracketedPasteOn = '\x1b[?2004h';
const bracketedPasteOff = '\x1b[?2004l';
const autowrapOff = '\x1b[?7l';
const autowrapOn = '\x1b[?7h';
/** How long a lone Esc may be the beginning of something longer. */
const escapeWaitMs = 40;

export interface Device {
  readonly width: number;
  readonly height: number;
  write(text: string): void;
  onInput(listener: (inputs: readonly Input[]) => void): void;
  onResize(listener: () => void): void;
  /** The terminal is ours again after Ctrl-Z: everything must be drawn anew. */
  onResume(listener: () => void): void;
  suspend(): void;
  /** Gives the terminal to something else while `action` runs, then takes it back. */
  handOver(action: () => void): void;
  leave(): void;
}

export interface DeviceOptions {
  readonly hasAlternateScreen: boolean;
  /** Called with the signal's exit status after the terminal is restored. */
  readonly onSignal: (status: number) => void;
}

/**
 * Takes the terminal.
 * @param first  painted in the same write that takes the screen over, so that it never shows empty
 */
export function openDevice(options: DeviceOptions, first: (width: number, height: number) => string): Device {
  const { stdin, stdout } = process;
  const reader = createKeyReader();
  const early: Input[] = [];
  let onInput: (inputs: readonly Input[]) => void = (inputs) => early.push(...inputs);
  let onResize: () => void = () => {};
  let onResume: () => void = () => {};
  let isEntered = false;
  let escapeTimer: NodeJS.Timeout | undefined;

  const enter = (then: string) => {
    isEntered = true;
    const screen = options.hasAlternateScreen ? enterAlternate : '\n'.repeat(Math.max(0, (stdout.rows || 24) - 1));
    stdout.write(screen + hideCursor + bracketedPasteOn + autowrapOff + then);
  };
  const leave = () => {
    setRaw(false);
    if (!isEntered) return;
    isEntered = false;
    const screen = options.hasAlternateScreen ? leaveAlternate : '\r\n';
    writeNow(`\x1b[0m${autowrapOn}${bracketedPasteOff}${screen}${showCursor}`);
  };
  const suspend = () => {
    leave();
    // Everything in the foreground stops together: npm and the shell that started us as well.
    process.kill(process.platform === 'win32' ? process.pid : 0, 'SIGTSTP');
  };
  const stopHere = () => {
    leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  // Everything that gives the terminal back stands before the terminal is taken.
  setRaw(true);
  stdin.setEncoding('utf8');
  stdin.on('data', (chunk: string) => {
    clearTimeout(escapeTimer);
    onInput(reader.push(chunk));
    if (reader.isWaiting) escapeTimer = setTimeout(() => onInput(reader.flush()), escapeWaitMs);
  });
  stdin.on('end', () => options.onSignal(129));
  stdin.on('error', () => options.onSignal(129));
  stdout.on('error', () => options.onSignal(129));
  stdout.on('resize', () => onResize());
  process.on('exit', leave);
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      leave();
      options.onSignal(status);
    });
  }
  if (process.platform !== 'win32') {
    process.on('SIGTSTP', stopHere);
    process.on('SIGCONT', () => {
      if (isEntered) return;
      enter('');
      setRaw(true);
      onResume();
    });
  }
  enter(first(stdout.columns || 80, stdout.rows || 24));

  return {
    get width() {
      return stdout.columns || 80;
    },
    get height() {
      return stdout.rows || 24;
    },
    write: (text) => {
      if (isEntered) stdout.write(text);
    },
    onInput: (listener) => {
      onInput = listener;
      if (early.length > 0) listener(early.splice(0));
    },
    onResize: (listener) => {
      onResize = listener;
    },
    onResume: (listener) => {
      onResume = listener;
    },
    suspend,
    handOver(action) {
      leave();
      try {
        action();
      } finally {
        enter('');
        setRaw(true);
        onResume();
      }
    },
    leave,
  };
}

/** Past the stream's queue: a process that is ending has no later. */
function writeNow(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // The terminal is gone; there is nothing left to restore.
  }
}

function setRaw(isRaw: boolean): void {
  try {
    if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
  } catch {
    // The terminal is gone.
  }
}

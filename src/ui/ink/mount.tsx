/** The bundle `ink.cjs`: React and Ink, mounted behind a first frame that was already painted with plain ANSI. */
import { Box, render } from 'ink';
import { createElement, memo, useState } from 'react';

/** The part of a writable terminal stream that Ink asks for; columns and rows are the caller's to keep right. */
export interface FrameStream {
  readonly isTTY: true;
  columns: number;
  rows: number;
  write(data: string, callback?: () => void): boolean;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

export interface InkScreen {
  /** Draws these lines, one a row; only rows that changed are written. One React commit. */
  show(lines: readonly string[]): void;
  /** Forgets what is on the terminal, so that the next `show` writes every row. */
  forget(): void;
  unmount(): void;
}

const lineStyle = { flexGrow: 0, flexShrink: 1, flexDirection: 'row', textWrap: 'truncate-end' };

/** Ink's `Text` without its transformer: colours are in the line already, and a transformer keeps rows off the fast path. */
const Line = memo(function Line({ text }: { text: string }) {
  return createElement('ink-text', { style: lineStyle }, text === '' ? ' ' : text);
});

interface FrameProps {
  readonly first: readonly string[];
  readonly connect: (setLines: (lines: readonly string[]) => void) => void;
}

function Frame({ first, connect }: FrameProps) {
  const [lines, setLines] = useState(first);
  connect(setLines);
  return (
    <Box flexDirection="column">
      {lines.map((text, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its own identity
        <Line key={row} text={text} />
      ))}
    </Box>
  );
}

/** Mounts the frame on `stdout`. Input, signals, cursor and alternate screen are not Ink's business here. */
export function mountInk(stdout: FrameStream, first: readonly string[]): InkScreen {
  let setLines: (lines: readonly string[]) => void = () => {};
  const connect = (set: (lines: readonly string[]) => void) => {
    setLines = set;
  };
  const instance = render(<Frame first={first} connect={connect} />, {
    stdout: stdout as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    incrementalRendering: true,
    isScreenReaderEnabled: false,
    maxFps: 1_000,
  });
  return {
    show: (lines) => setLines(lines),
    forget: () => instance.clear(),
    unmount: () => instance.unmount(),
  };
}

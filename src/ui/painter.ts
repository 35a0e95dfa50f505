/**
 * Puts frames on the terminal. The very first one is plain ANSI, written before Ink is even loaded; Ink then takes over
 * behind it, in the same place, and from there on only rows that changed are written.
 */
import type { FrameStream, InkScreen } from './ink/mount.tsx';

export interface Painter {
  show(lines: readonly string[]): void;
  /** Nothing that was on the terminal is there any more: draws every row next time. */
  redraw(width: number, height: number): void;
  /** Loads Ink and lets it take over. */
  takeOver(): Promise<void>;
  close(): void;
}

export interface PainterTarget {
  readonly width: number;
  readonly height: number;
  write(text: string): void;
}

/** A whole frame from the top left corner, each row erased before it is written. */
export function plainFrame(lines: readonly string[]): string {
  return `\x1b[H${lines.map((line) => `\x1b[2K${line}`).join('\r\n')}`;
}

/** @param first  the lines that are on the terminal already */
export function createPainter(target: PainterTarget, first: readonly string[]): Painter {
  let shown = first;
  let ink: InkScreen | undefined;
  let isFresh = true;
  let isMuted = false;
  const stream: FrameStream = {
    isTTY: true,
    columns: target.width,
    rows: target.height,
    write: (data, callback) => {
      if (!isMuted) target.write(isFresh && data.includes('\n') ? fromTheTop(data) : data);
      callback?.();
      return true;
    },
    on: () => stream,
    off: () => stream,
  };
  const fromTheTop = (data: string) => {
    isFresh = false;
    return plainFrame(data.split('\n'));
  };
  return {
    show(lines) {
      if (lines.length === shown.length && lines.every((line, row) => line === shown[row])) return;
      shown = lines;
      if (ink) ink.show(lines);
      else target.write(plainFrame(lines));
    },
    redraw(width, height) {
      stream.columns = width;
      stream.rows = height;
      shown = [];
      isFresh = true;
      isMuted = true;
      ink?.forget();
      isMuted = false;
      target.write('\x1b[2J');
    },
    async takeOver() {
      const { mountInk } = await import('./ink/mount.tsx');
      ink = mountInk(stream, shown);
    },
    close() {
      isMuted = true;
      ink?.unmount();
    },
  };
}

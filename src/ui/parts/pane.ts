/** A titled box around lines. */
import { block, cells, clip } from '../line.ts';
import type { Theme } from '../theme.ts';

export interface PaneOptions {
  readonly title: string;
  /** A short remark at the right end of the top border. */
  readonly remark?: string;
  readonly width: number;
  readonly height: number;
  readonly isFocused?: boolean;
  readonly theme: Theme;
}

/** The cells and rows inside a pane: two columns of border and two of air, two rows of border. */
export function inside(width: number, height: number): { width: number; height: number } {
  return { width: Math.max(0, width - 4), height: Math.max(0, height - 2) };
}

/** @returns exactly `height` lines of `width` cells; `lines` are cut or filled to fit */
export function pane(options: PaneOptions, lines: readonly string[]): string[] {
  const { theme, width, height } = options;
  const border = (text: string) => theme.paint(options.isFocused ? 'borderFocused' : 'border', text);
  const room = inside(width, height);
  const body = block(lines, room.width, room.height);
  const left = border('│ ');
  const right = border(' │');
  return [
    topBorder(options, border),
    ...body.map((line) => `${left}${line}${right}`),
    border(`╰${'─'.repeat(Math.max(0, width - 2))}╯`),
  ].slice(0, height);
}

function topBorder(options: PaneOptions, border: (text: string) => string): string {
  const { theme, width } = options;
  const title = clip(options.title, width - 6);
  const painted = options.isFocused ? theme.paint('heading', title) : theme.paint('bold', title);
  const remark = options.remark ?? '';
  const room = width - 6 - cells(title);
  const hasRemark = remark !== '' && room >= cells(remark) + 4;
  const line = '─'.repeat(Math.max(0, hasRemark ? room - cells(remark) - 3 : room));
  const end = hasRemark ? `${border(`${line} `)}${theme.paint('dim', remark)}${border(' ─')}` : border(line);
  return `${border('╭─')} ${painted} ${end}${border('─╮')}`;
}

/** Stands in for the package `string-width` inside the bundle: the same widths, without its tables where none is needed. */
import stockWidth from 'string-width';
import { narrowWidth } from '../narrow.ts';

export interface WidthOptions {
  readonly ambiguousIsNarrow?: boolean;
  readonly countAnsiEscapeCodes?: boolean;
}

/** @returns the cells that `text` fills in a terminal */
export function stringWidth(text: string, options?: WidthOptions): number {
  if (options === undefined && typeof text === 'string') {
    const width = narrowWidth(text);
    if (width !== undefined) return width;
  }
  return stockWidth(text, options);
}

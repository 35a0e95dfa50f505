/** Stands in for Ink's `sanitize-ansi`: lines of one-cell characters and plain SGR pass it unchanged, so they skip it. */
import stockSanitize from '../../../node_modules/ink/build/sanitize-ansi.js';
import { narrowWidth } from '../narrow.ts';

/** @returns `text` without the control sequences that would break Ink's layout */
export function sanitizeAnsi(text: string): string {
  return narrowWidth(text) === undefined ? stockSanitize(text) : text;
}

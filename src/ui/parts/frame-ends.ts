/** The first and the last row of every screen. */
import { type ActionId, footerBindings, type Place } from '../keymap.ts';
import { cells, ends, toWidth } from '../line.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';

/** ` k8s-descompuesto · what … right` */
export function composeHeader(what: string, right: string, width: number, theme: Theme): string {
  const name = theme.paint('heading', width < 70 && what !== '' ? ' k8s' : ' k8s-descompuesto');
  const left = what === '' ? name : `${name} ${theme.paint('dim', '·')} ${what}`;
  return ends(left, `${right} `, width);
}

/** Keys that mean nothing in the sandbox. */
const ofLessons: ReadonlySet<ActionId> = new Set([
  'answer',
  'hint',
  'nextStep',
  'previousStep',
  'restart',
  'takeCommand',
]);

/** The keys that help most here, as many as fit; a message takes their place while there is one. */
export function composeFooter(
  place: Place,
  message: string,
  width: number,
  theme: Theme,
  text: Text,
  hasLesson = true,
): string {
  if (message !== '') return toWidth(` ${theme.paint('warn', '▲')} ${message}`, width);
  const seen = new Set<string>();
  let line = '';
  let filled = 0;
  for (const binding of footerBindings(place)) {
    if (seen.has(binding.action) || (!hasLesson && ofLessons.has(binding.action))) continue;
    seen.add(binding.action);
    const label = text.keys[binding.label];
    const size = 3 + cells(binding.shown) + cells(label);
    if (filled + size > width) continue;
    line += ` ${theme.paint('key', binding.shown)} ${theme.paint('dim', label)} `;
    filled += size;
  }
  return toWidth(line, width);
}

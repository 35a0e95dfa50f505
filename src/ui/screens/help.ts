/** Every key, from the one table, and what the signs mean. */

import { keymap, type Place } from '../keymap.ts';
import { toWidth, wrap } from '../line.ts';
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { inside, pane } from '../parts/pane.ts';
import type { Health } from '../view.ts';
import type { Scene } from './scene.ts';

const placeOrder: readonly Place[] = ['home', 'lesson', 'question', 'shell', 'map', 'xray', 'anywhere'];
const legendOrder: readonly Health[] = ['good', 'working', 'warning', 'broken', 'off', 'unknown'];

export function composeHelp(scene: Scene): string[] {
  const { state, theme, text } = scene;
  const { width, height } = state;
  const room = inside(width, height - 2);
  const lines = helpLines(scene, room.width);
  const first = Math.max(0, Math.min(state.scroll.help, lines.length - room.height));
  const below = lines.length - first - room.height;
  return [
    composeHeader(text.help.title, '', width, theme),
    ...pane(
      {
        title: text.help.title,
        remark: below > 0 ? `↓ ${below}` : '',
        width,
        height: height - 2,
        isFocused: true,
        theme,
      },
      lines.slice(first),
    ),
    composeFooter('overlay', state.message || state.sticky, width, theme, text),
  ];
}

/** @returns the whole help, as many lines as it takes; the documentation's table of keys is made of the same parts */
export function helpLines({ theme, text }: Pick<Scene, 'theme' | 'text'>, width: number): string[] {
  const lines = [...wrap(text.help.intro, width), '', theme.paint('heading', text.help.legend)];
  lines.push(
    ...wrapCells(
      legendOrder.map((health) => theme.state(health, text.cluster.legend[health])),
      width,
    ),
    '',
  );
  const columns = width >= 100 ? 2 : 1;
  const columnWidth = Math.floor(width / columns);
  const sections = placeOrder.map((place) => [
    theme.paint('heading', text.places[place]),
    ...keyLines(place, columnWidth - 2, { theme, text }),
    '',
  ]);
  sections.splice(4, 0, [
    theme.paint('heading', text.help.editor),
    ...text.editorKeys.map(([keys, what]) => keyLine(keys, what, columnWidth - 2, { theme })),
    '',
  ]);
  if (columns === 1) return [...lines, ...sections.flat()];
  const half = Math.ceil(sections.flat().length / 2);
  const left: string[] = [];
  while (sections.length > 0 && left.length < half) left.push(...(sections.shift() ?? []));
  const right = sections.flat();
  return [
    ...lines,
    ...Array.from(
      { length: Math.max(left.length, right.length) },
      (_, row) => toWidth(left[row] ?? '', columnWidth) + toWidth(right[row] ?? '', columnWidth),
    ),
  ];
}

function keyLines(place: Place, width: number, scene: Pick<Scene, 'theme' | 'text'>): string[] {
  return keymap
    .filter((binding) => binding.places.includes(place))
    .map((binding) => keyLine(binding.shown, scene.text.keys[binding.label], width, scene));
}

function keyLine(keys: string, what: string, width: number, { theme }: Pick<Scene, 'theme'>): string {
  return toWidth(`  ${theme.paint('key', toWidth(keys, keys.length > 10 ? 22 : 10))} ${what}`, width);
}

function wrapCells(items: readonly string[], width: number): string[] {
  const line = ` ${items.join('   ')}`;
  return items.join('   ').length > 0 && width < 70
    ? [` ${items.slice(0, 3).join('   ')}`, ` ${items.slice(3).join('   ')}`]
    : [line];
}

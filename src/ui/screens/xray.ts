/** One part opened up: its statechart with the current state lit, what it remembers, its last moves. */

import { beside, toWidth } from '../line.ts';
import { composeClock, formatMoment } from '../parts/clock.ts';
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { inside, pane } from '../parts/pane.ts';
import { composeMemory, composeStatechart, currentRow } from '../parts/statechart.ts';
import type { XRayView } from '../view.ts';
import { markedPart } from './map.ts';
import type { Scene } from './scene.ts';

export function composeXRay(scene: Scene): string[] {
  const { state, theme, text, cluster } = scene;
  const { width, height } = state;
  const id = markedPart(scene);
  const xray = cluster.xray(id);
  const title = xray
    ? `${text.xray.title(id)}  ${theme.state(xray.part.health, xray.part.state)}`
    : text.xray.title(id);
  const header = composeHeader(title, composeClock(cluster.clock(), theme, text), width, theme);
  const footer = composeFooter('xray', state.message || state.sticky, width, theme, text);
  const bodyHeight = height - 2;
  if (!xray) return [header, ...pane({ title: id, width, height: bodyHeight, theme }, [text.xray.none]), footer];
  const isNarrow = width < 70;
  const chartWidth = isNarrow ? width : Math.floor(width * 0.56);
  const chart = composeChart(scene, xray, chartWidth, bodyHeight);
  if (isNarrow) return [header, ...chart, footer];
  const sideWidth = width - chartWidth;
  const memoryHeight = Math.ceil(bodyHeight / 2);
  const side = [
    ...composeMemoryPane(scene, xray, sideWidth, memoryHeight),
    ...composeMoves(scene, xray, sideWidth, bodyHeight - memoryHeight),
  ];
  return [header, ...beside(chart, side), footer];
}

function composeChart({ state, theme, text }: Scene, xray: XRayView, width: number, height: number): string[] {
  const room = inside(width, height);
  const lines = composeStatechart(xray, room.width, theme, text);
  // The lit state stays in sight by itself; scrolling looks around from there.
  const centred = Math.max(0, Math.min(currentRow(lines) - Math.floor(room.height / 3), lines.length - room.height));
  const first = Math.max(0, Math.min(centred + state.scroll.xray, Math.max(0, lines.length - room.height)));
  return pane(
    { title: text.xray.chart, remark: xray.machine, width, height, isFocused: true, theme },
    lines.slice(first),
  );
}

function composeMemoryPane({ theme, text }: Scene, xray: XRayView, width: number, height: number): string[] {
  const room = inside(width, height);
  return pane(
    { title: text.xray.memory, width, height, theme },
    composeMemory(xray, room.width, room.height, theme, text),
  );
}

function composeMoves({ theme, text }: Scene, xray: XRayView, width: number, height: number): string[] {
  const room = inside(width, height);
  const lines = xray.recent.slice(0, room.height).map((move) => {
    const way = move.from === move.to ? theme.paint('dim', move.to) : `${move.from} ▸ ${theme.paint('bold', move.to)}`;
    return toWidth(
      `${theme.paint('dim', formatMoment(move.atUs))} ${way}  ${theme.paint('accent', move.event)}`,
      room.width,
    );
  });
  return pane(
    { title: text.xray.recent, width, height, theme },
    lines.length > 0 ? lines : [theme.paint('dim', text.xray.noMoves)],
  );
}

/** The whole cluster on one screen; a part can be marked and opened. */

import { beside } from '../line.ts';
import { composeClock } from '../parts/clock.ts';
import { clusterRemark, composeClusterMap, partsInOrder } from '../parts/cluster-map.ts';
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { inside, pane } from '../parts/pane.ts';
import { composeStatechart } from '../parts/statechart.ts';
import type { Health } from '../view.ts';
import type { Scene } from './scene.ts';

const legendOrder: readonly Health[] = ['good', 'working', 'warning', 'broken', 'off', 'unknown'];

export function composeMap(scene: Scene): string[] {
  const { state, theme, text, cluster } = scene;
  const { width, height } = state;
  const view = cluster.cluster();
  const header = composeHeader(text.keys.map, composeClock(cluster.clock(), theme, text), width, theme);
  const footer = composeFooter('map', state.message || state.sticky, width, theme, text);
  const sideWidth = width >= 100 ? Math.floor(width * 0.38) : 0;
  const mapWidth = width - sideWidth;
  const room = inside(mapWidth, height - 3);
  const map = pane(
    {
      title: `${text.panes.cluster} · ${view.name}`,
      remark: clusterRemark(view, text),
      width: mapWidth,
      height: height - 3,
      isFocused: true,
      theme,
    },
    composeClusterMap(view, room.width, room.height, theme, text, markedPart(scene)),
  );
  const legend = ` ${legendOrder.map((health) => theme.state(health, text.cluster.legend[health])).join('   ')}`;
  return [header, ...(sideWidth > 0 ? beside(map, composePreview(scene, sideWidth, height - 3)) : map), legend, footer];
}

/** @returns the id of the part that is marked: the first one until another was chosen */
export function markedPart({ state, cluster }: Pick<Scene, 'state' | 'cluster'>): string {
  const parts = partsInOrder(cluster.cluster());
  return (parts.find((part) => part.id === state.partId) ?? parts[0])?.id ?? '';
}

function composePreview(scene: Scene, width: number, height: number): string[] {
  const { theme, text, cluster } = scene;
  const id = markedPart(scene);
  const room = inside(width, height);
  const xray = cluster.xray(id);
  const lines = xray ? composeStatechart(xray, room.width, theme, text) : [theme.paint('dim', text.xray.none)];
  return pane({ title: id, remark: xray?.machine ?? '', width, height, theme }, lines);
}

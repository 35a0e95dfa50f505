/** The working screen: text, cluster, trace and shell side by side; one at a time when there is no room. */

import { beside } from '../line.ts';
import { composeClock } from '../parts/clock.ts';
import { clusterRemark, composeClusterMap } from '../parts/cluster-map.ts';
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { composeLessonText } from '../parts/lesson-text.ts';
import { inside, pane } from '../parts/pane.ts';
import { composeTerminal } from '../parts/terminal.ts';
import { composeTrace } from '../parts/trace.ts';
import { type PaneId, paneOrder } from '../state.ts';
import { placeOf, type Scene } from './scene.ts';

/** @returns the panes that exist now; the sandbox has no text */
export function openPanes(scene: Pick<Scene, 'lesson'>): readonly PaneId[] {
  return scene.lesson ? paneOrder : paneOrder.filter((id) => id !== 'lesson');
}

export function composeLesson(scene: Scene): string[] {
  const { state, theme, text, cluster, lesson } = scene;
  const { width, height } = state;
  const what = lesson
    ? `${lesson.title} ${theme.paint('dim', text.lesson.step(lesson.stepIndex + 1, lesson.stepCount))}`
    : text.home.sandbox;
  const header = composeHeader(what, composeClock(cluster.clock(), theme, text), width, theme);
  const footer = composeFooter(placeOf(scene), state.message || state.sticky, width, theme, text);
  const isCramped = width < 76 || height < 20;
  const body =
    isCramped || state.isZoomed ? composeOne(scene, width, height - 2) : composeAll(scene, width, height - 2);
  return [header, ...body, footer];
}

function composeOne(scene: Scene, width: number, height: number): string[] {
  const { state, theme, text } = scene;
  const tabs = openPanes(scene).map((id, index) => {
    const label = ` ${index + 1} ${paneTitle(id, scene, true)} `;
    return id === state.focus ? theme.paint('selected', label) : theme.paint('dim', label);
  });
  const hint = state.focus === 'shell' ? '' : theme.paint('dim', `  Tab ${text.keys.focusNext}`);
  return [` ${tabs.join(' ')}${hint}`, ...composePane(state.focus, scene, width, height - 1)];
}

function composeAll(scene: Scene, width: number, height: number): string[] {
  const hasText = scene.lesson !== undefined;
  const isWide = width >= 110;
  const shellHeight = isWide ? Math.max(12, Math.floor(height * 0.42)) : Math.max(9, Math.floor(height * 0.45));
  const topHeight = height - shellHeight;
  if (isWide) {
    const textWidth = hasText ? Math.min(64, Math.floor(width * 0.44)) : 0;
    const sideWidth = width - textWidth;
    const traceHeight = Math.max(5, Math.floor(height * 0.26));
    const right = [
      ...composePane('cluster', scene, sideWidth, height - shellHeight - traceHeight + (hasText ? 0 : 0)),
      ...composePane('trace', scene, sideWidth, traceHeight),
      ...composePane('shell', scene, sideWidth, shellHeight),
    ];
    return hasText ? beside(composePane('lesson', scene, textWidth, height), right) : right;
  }
  const leftWidth = hasText ? Math.floor(width * 0.54) : 0;
  // At 80 columns trace and cluster take turns: whichever had the focus last.
  const second: PaneId = scene.state.focus === 'trace' ? 'trace' : 'cluster';
  const side = composePane(second, scene, width - leftWidth, topHeight);
  const top = hasText ? beside(composePane('lesson', scene, leftWidth, topHeight), side) : side;
  return [...top, ...composePane('shell', scene, width, shellHeight)];
}

function composePane(id: PaneId, scene: Scene, width: number, height: number): string[] {
  const { state, theme, text, cluster, lesson } = scene;
  const room = inside(width, height);
  const options = { title: paneTitle(id, scene, width < 50), width, height, isFocused: state.focus === id, theme };
  switch (id) {
    case 'lesson': {
      if (!lesson) return [];
      const { lines, first, remark } = composeLessonText(
        lesson,
        state.scroll.lesson,
        room.width,
        room.height,
        theme,
        text,
      );
      return pane({ ...options, remark }, lines.slice(first));
    }
    case 'cluster': {
      const view = cluster.cluster();
      return pane(
        { ...options, remark: clusterRemark(view, text) },
        composeClusterMap(view, room.width, room.height, theme, text),
      );
    }
    case 'trace':
      return pane(options, composeTrace(cluster.trace(room.height), room.width, room.height, theme, text));
    case 'shell':
      return pane(
        options,
        composeTerminal(state.terminal, state.focus === 'shell', room.width, room.height, theme, text),
      );
  }
}

function paneTitle(id: PaneId, { text, lesson }: Scene, isShort: boolean): string {
  if (id === 'trace') return isShort ? text.panes.traceShort : text.panes.trace;
  if (id !== 'lesson') return text.panes[id];
  if (lesson?.kind === 'predict') return isShort ? text.panes.lesson : text.panes.question;
  return lesson?.kind === 'debrief' && !isShort ? text.panes.debrief : text.panes.lesson;
}

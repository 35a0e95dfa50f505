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

/** From here on the shell stands beside the text and is still wide enough for what kubectl prints. */
const widestStack = 150;

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
  const footer = composeFooter(placeOf(scene), state.message || state.sticky, width, theme, text, lesson !== undefined);
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
  if (width >= widestStack) return composeColumns(scene, width, height);
  const shellHeight = shellRows(scene, height);
  const topHeight = height - shellHeight;
  const leftWidth = hasText ? Math.floor(width * (width >= 110 ? 0.46 : 0.54)) : 0;
  const sideWidth = width - leftWidth;
  const side =
    topHeight >= 18 ? clusterAndTrace(scene, sideWidth, topHeight) : clusterOrTrace(scene, sideWidth, topHeight);
  const top = hasText ? beside(composePane('lesson', scene, leftWidth, topHeight), side) : side;
  return shellHeight === 0 ? top : [...top, ...composePane('shell', scene, width, shellHeight)];
}

/** Where rows are few, they go to what is being used: to the question, to the text, or to the shell. */
function shellRows(scene: Scene, height: number): number {
  if (height >= 34) return Math.floor(height * 0.4);
  if (placeOf(scene) === 'question') return 0;
  return scene.state.focus === 'shell' || !scene.lesson
    ? Math.max(9, Math.floor(height * 0.5))
    : Math.max(7, Math.floor(height * 0.32));
}

/** Wide enough for a shell beside the text: the text gets the whole height. */
function composeColumns(scene: Scene, width: number, height: number): string[] {
  const textWidth = scene.lesson ? Math.min(72, Math.floor(width * 0.38)) : 0;
  const sideWidth = width - textWidth;
  const shellHeight = Math.max(12, Math.floor(height * 0.42));
  const right = [
    ...clusterAndTrace(scene, sideWidth, height - shellHeight),
    ...composePane('shell', scene, sideWidth, shellHeight),
  ];
  return scene.lesson ? beside(composePane('lesson', scene, textWidth, height), right) : right;
}

function clusterAndTrace(scene: Scene, width: number, height: number): string[] {
  const traceHeight = Math.max(6, Math.floor(height * 0.4));
  return [
    ...composePane('cluster', scene, width, height - traceHeight),
    ...composePane('trace', scene, width, traceHeight),
  ];
}

/** Where there is room for one only, they take turns: whichever had the focus last. */
function clusterOrTrace(scene: Scene, width: number, height: number): string[] {
  return composePane(scene.state.focus === 'trace' ? 'trace' : 'cluster', scene, width, height);
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

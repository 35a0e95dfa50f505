/** The first screen: lessons by track with progress, what the marked one is about, and a cluster already alive. */

import { beside, cells, ends, toWidth, wrap } from '../line.ts';
import { composeClock } from '../parts/clock.ts';
import { clusterRemark, composeClusterStrip } from '../parts/cluster-map.ts';
import { composeFooter, composeHeader } from '../parts/frame-ends.ts';
import { inside, pane } from '../parts/pane.ts';
import { composeTrace } from '../parts/trace.ts';
import type { LessonSummary } from '../view.ts';
import type { Scene } from './scene.ts';

/** The rows that can be chosen: every lesson, then the sandbox. */
export type HomeChoice = { readonly kind: 'lesson'; readonly lesson: LessonSummary } | { readonly kind: 'sandbox' };

export function homeChoices(lessons: readonly LessonSummary[]): readonly HomeChoice[] {
  return [...lessons.map((lesson): HomeChoice => ({ kind: 'lesson', lesson })), { kind: 'sandbox' }];
}

export function composeHome(scene: Scene): string[] {
  const { state, theme, text, cluster } = scene;
  const { width, height } = state;
  const view = cluster.cluster();
  const isTiny = height < 20 || width < 70;
  const stripHeight = isTiny ? 0 : Math.min(Math.max(6, Math.floor(height / 3)), view.nodes.length + 4, 14);
  const listHeight = height - 2 - stripHeight;
  const header = composeHeader(theme.paint('dim', text.tagline), state.language.toUpperCase(), width, theme);
  const footer = composeFooter('home', state.message || state.sticky, width, theme, text);
  const listWidth = isTiny && width < 64 ? width : Math.floor(width * 0.55);
  const list = composeList(scene, listWidth, listHeight);
  const middle = listWidth === width ? list : beside(list, composeAbout(scene, width - listWidth, listHeight));
  return [header, ...middle, ...(stripHeight > 0 ? composeStrip(scene, width, stripHeight) : []), footer];
}

function composeList({ state, theme, text, lessons }: Scene, width: number, height: number): string[] {
  const room = inside(width, height);
  const lines: string[] = [];
  let markedLine = 0;
  let track = '';
  for (const [row, choice] of homeChoices(lessons).entries()) {
    const isMarked = row === state.homeRow;
    if (choice.kind === 'lesson' && choice.lesson.track !== track) {
      track = choice.lesson.track;
      const same = lessons.filter((lesson) => lesson.track === track);
      const done = same.filter((lesson) => lesson.progress === 'done').length;
      const name = theme.paint('bold', text.tracks[track] ?? track);
      lines.push(ends(name, theme.paint('dim', `${done}/${same.length}`), room.width));
    }
    if (choice.kind === 'sandbox') lines.push('');
    if (isMarked) markedLine = lines.length;
    lines.push(choiceLine(choice, isMarked, room.width, { theme, text }));
  }
  if (lessons.length === 0) lines.unshift(theme.paint('dim', text.home.none));
  const first = Math.max(0, Math.min(markedLine - Math.floor(room.height / 2), lines.length - room.height));
  const done = lessons.filter((lesson) => lesson.progress === 'done').length;
  const remark = lessons.length > 0 ? text.home.done(done, lessons.length) : '';
  return pane({ title: text.home.lessons, remark, width, height, isFocused: true, theme }, lines.slice(first));
}

function choiceLine(
  choice: HomeChoice,
  isMarked: boolean,
  width: number,
  { theme, text }: Pick<Scene, 'theme' | 'text'>,
): string {
  if (choice.kind === 'sandbox') {
    return isMarked
      ? theme.paint('selected', toWidth(` ▸ ${text.home.sandbox}`, width))
      : toWidth(`   ${text.home.sandbox}`, width);
  }
  const { lesson } = choice;
  const sign = { done: '✓', started: '◐', new: '○' }[lesson.progress];
  const word = lesson.isNext
    ? lesson.progress === 'started'
      ? text.home.continueHere
      : text.home.startHere
    : text.home.progress[lesson.progress];
  const right = `${lesson.progress === 'new' && !lesson.isNext ? '' : word}  ${text.home.minutes(lesson.minutes)}`;
  if (isMarked) return theme.paint('selected', ends(` ▸ ${sign} ${lesson.title}`, `${right} `, width));
  const paintedSign = theme.paint(
    lesson.progress === 'done' ? 'good' : lesson.progress === 'started' ? 'info' : 'dim',
    sign,
  );
  return ends(`   ${paintedSign} ${lesson.title}`, theme.paint(lesson.isNext ? 'accent' : 'dim', `${right} `), width);
}

function composeAbout({ state, theme, text, lessons }: Scene, width: number, height: number): string[] {
  const room = inside(width, height);
  const choice = homeChoices(lessons)[state.homeRow];
  const lines: string[] = [];
  if (choice?.kind === 'lesson') {
    const { lesson } = choice;
    lines.push(...wrap(lesson.title, room.width).map((line) => theme.paint('heading', line)), '');
    lines.push(
      theme.paint(
        'dim',
        `${text.tracks[lesson.track] ?? lesson.track} · ${text.home.level(lesson.level)} · ${text.home.minutes(lesson.minutes)}`,
      ),
      '',
    );
    lines.push(...wrap(lesson.summary, room.width));
  } else {
    lines.push(
      theme.paint('heading', text.home.sandbox),
      '',
      ...wrap(text.home.sandboxAbout.replaceAll('`', ''), room.width),
    );
  }
  lines.push('', ...wrap(text.home.press('⏎'), room.width).map((line) => theme.paint('accent', line)));
  return pane({ title: text.home.about, width, height, theme }, lines);
}

function composeStrip({ theme, text, cluster }: Scene, width: number, height: number): string[] {
  const view = cluster.cluster();
  const room = inside(width, height);
  const clock = composeClock(cluster.clock(), theme, text);
  const rowsForTrace = width >= 100 ? 0 : 1;
  const mapWidth = width >= 100 ? Math.floor(room.width * 0.55) : room.width;
  const map = composeClusterStrip(view, mapWidth, room.height - rowsForTrace, theme, text);
  const remark = clusterRemark(view, text);
  const title = `${text.home.cluster} · ${view.name}`;
  if (rowsForTrace > 0) {
    const last = composeTrace(cluster.trace(1), room.width - cells(clock) - 2, 1, theme, text)[0] ?? '';
    return pane({ title, remark, width, height, theme }, [...map, `${clock}  ${last}`]);
  }
  const traceWidth = room.width - mapWidth - 3;
  const trace = [clock, ...composeTrace(cluster.trace(room.height - 1), traceWidth, room.height - 1, theme, text)];
  const divider = theme.paint('border', ' │ ');
  const body = Array.from(
    { length: room.height },
    (_, row) => `${toWidth(map[row] ?? '', mapWidth)}${divider}${toWidth(trace[row] ?? '', traceWidth)}`,
  );
  return pane({ title, remark, width, height, theme }, body);
}

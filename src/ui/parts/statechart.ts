/** A statechart in text: each state with its ways out; the current state boxed and lit, the way last taken marked. */
import { cells, neutralise, toWidth } from '../line.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';
import type { StateView, TransitionView, XRayView } from '../view.ts';

/** @returns one line a row; as many as the chart takes */
export function composeStatechart(view: XRayView, width: number, theme: Theme, text: Text): string[] {
  const last = view.recent[0];
  return view.states.flatMap((state) => {
    const isCurrent = state.name === view.current;
    const isTaken = (target: string) =>
      last !== undefined && last.from === state.name && last.to === target && target !== state.name;
    return [
      ...stateLines(state, view, isCurrent, width, theme, text),
      ...state.transitions.map((transition, index) =>
        transitionLine(
          transition,
          state,
          index === state.transitions.length - 1,
          isCurrent,
          isTaken(transition.target),
          width,
          theme,
        ),
      ),
      '',
    ];
  });
}

/** @returns the row at which the current state stands, so that a pane can keep it in sight */
export function currentRow(lines: readonly string[]): number {
  return Math.max(
    0,
    lines.findIndex((line) => line.includes('╔')),
  );
}

function stateLines(
  state: StateView,
  view: XRayView,
  isCurrent: boolean,
  width: number,
  theme: Theme,
  text: Text,
): string[] {
  const start = state.name === view.initial ? theme.paint('dim', `  ${text.xray.start}`) : '';
  if (!isCurrent) return [toWidth(`  ${theme.paint('dim', '○')} ${state.name}${start}`, width)];
  const inner = ` ● ${state.name} · ${text.xray.now} `;
  const bar = '═'.repeat(cells(inner));
  const lit = (line: string) => theme.paint('good', line);
  return [
    toWidth(` ${lit(`╔${bar}╗`)}`, width),
    toWidth(` ${lit('║')}${theme.paint('bold', inner)}${lit('║')}${start}`, width),
    toWidth(` ${lit(`╚${state.transitions.length > 0 ? '╤' : '═'}${bar.slice(1)}╝`)}`, width),
  ];
}

function transitionLine(
  transition: TransitionView,
  state: StateView,
  isLast: boolean,
  isCurrent: boolean,
  isTaken: boolean,
  width: number,
  theme: Theme,
): string {
  const isLoop = transition.target === state.name;
  const way = isLoop ? theme.paint('dim', '↺') : `${isTaken ? '━━' : '──'}▸ ${transition.target}`;
  const guard = transition.guard === '' ? '' : theme.paint('dim', ` [${transition.guard}]`);
  const label = isCurrent ? theme.paint('accent', transition.label) : theme.paint('dim', transition.label);
  const line = `  ${theme.paint('dim', isLast ? '╰─' : '├─')} ${label}${guard} ${isCurrent ? way : theme.paint('dim', way)}`;
  return toWidth(isTaken ? `${line}${theme.paint('warn', ' ◆')}` : line, width);
}

/** What the part remembers, as `key  value`. */
export function composeMemory(view: XRayView, width: number, height: number, theme: Theme, text: Text): string[] {
  if (view.memory.length === 0) return [theme.paint('dim', text.xray.noMemory)];
  const keyWidth = Math.min(Math.max(...view.memory.map(({ key }) => cells(key))), Math.floor(width / 2));
  return view.memory
    .slice(0, height)
    .map(({ key, value }) =>
      toWidth(`${theme.paint('accent', toWidth(key, keyWidth))}  ${neutralise(value).replaceAll('\n', ' ')}`, width),
    );
}

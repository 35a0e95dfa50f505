/** Who tells whom what, the newest at the bottom. */
import { cells, neutralise, toWidth } from '../line.ts';
import type { Text } from '../text/en.ts';
import type { Style, Theme } from '../theme.ts';
import type { TraceRow } from '../view.ts';
import { formatMoment } from './clock.ts';

const kindStyle: Readonly<Record<TraceRow['kind'], Style | undefined>> = {
  call: undefined,
  event: 'dim',
  fault: 'bad',
  input: 'accent',
  note: 'dim',
  state: 'good',
};

/** Each row is `0:00:04.2  kubelet@node-1 → kube-apiserver@cp-1  PUT /api/v1/…`. */
export function composeTrace(
  rows: readonly TraceRow[],
  width: number,
  height: number,
  theme: Theme,
  text: Text,
): string[] {
  if (rows.length === 0) return [theme.paint('dim', text.trace.none)];
  const shown = rows.slice(-height);
  const whoWidth = Math.min(Math.max(...shown.map((row) => cells(who(row)))), Math.floor(width / 2));
  return shown.map((row) => {
    const what = neutralise(row.what).replaceAll('\n', ' ');
    const style = kindStyle[row.kind];
    const time = theme.paint('dim', formatMoment(row.atUs));
    const marked = row.kind === 'fault' ? `✗ ${what}` : what;
    return toWidth(`${time} ${toWidth(who(row), whoWidth)} ${style ? theme.paint(style, marked) : marked}`, width);
  });
}

function who(row: TraceRow): string {
  const names = row.to === '' || row.to === row.from ? row.from : `${row.from} → ${row.to}`;
  return names.replace(/\bkube-/g, '').replace(/\bcontroller-manager/g, 'controllers');
}

/** The living cluster: control plane, nodes, pods; each with glyph and word. */
import { cells, clip, ends, neutralise, toWidth } from '../line.ts';
import type { Text } from '../text/en.ts';
import type { Theme } from '../theme.ts';
import type { ClusterView, Health, NodeView, PartView, PodView } from '../view.ts';

/** Every part in the order in which the map lets one walk through them. */
export function partsInOrder(view: ClusterView): readonly PartView[] {
  return view.nodes.flatMap((node) => node.parts);
}

/** A few lines that fit under a list: one for the control plane, one for the nodes, one for the pods. */
export function composeClusterStrip(
  view: ClusterView,
  width: number,
  height: number,
  theme: Theme,
  text: Text,
): string[] {
  const controlPlane = view.nodes.filter((node) => node.role === 'control-plane');
  const workers = view.nodes.filter((node) => node.role === 'worker');
  const controlPlaneLines = (isShort: boolean) =>
    controlPlane.flatMap((node) =>
      flow(
        node.parts.map((part) => partCell(part, theme, false, isShort)),
        width,
        nodeLabel(node, theme),
      ),
    );
  const lines = controlPlaneLines(false);
  if (lines.length + workers.length > height) lines.splice(0, lines.length, ...controlPlaneLines(true));
  for (const node of workers) {
    const pods = podsOf(view, node.name);
    const dots = pods.map((pod) => theme.glyph(pod.health)).join(' ');
    lines.push(
      toWidth(
        `${nodeLabel(node, theme)}${theme.state(node.health, node.state)}  ${dots} ${theme.paint('dim', text.cluster.pods(pods.length))}`,
        width,
      ),
    );
  }
  if (lines.length <= height) return lines;
  // Many nodes: a count by state says more than the first few of them.
  const summary = [
    ...controlPlaneSummary(controlPlane, width, theme),
    nodeCounts(workers, width, theme, text),
    podCounts(view.pods, width, theme, text),
  ];
  return summary.slice(0, height);
}

/**
 * The map with every part and pod.
 * @param selected  id of the part to mark, if any
 */
export function composeClusterMap(
  view: ClusterView,
  width: number,
  height: number,
  theme: Theme,
  text: Text,
  selected = '',
): string[] {
  if (view.nodes.length === 0) return [theme.paint('dim', text.cluster.noNodes)];
  let lines: string[] = [];
  for (const detail of ['full', 'own pods', 'a line a node', 'dense'] as const) {
    lines = mapLines(view, width, theme, text, selected, detail);
    if (lines.length <= height) return lines;
  }
  const marked = selected === '' ? 0 : lines.findIndex((line) => line.includes('▸'));
  const first = Math.max(0, Math.min(marked - Math.floor(height / 2), lines.length - height));
  const shown = lines.slice(first, first + height);
  const hidden = lines.length - first - height;
  if (hidden > 0) shown[height - 1] = theme.paint('dim', text.cluster.more(hidden + 1));
  return shown;
}

/** `3 nodes · 8 pods · all well`, for the border of a pane. */
export function clusterRemark(view: ClusterView, text: Text): string {
  const unwell =
    view.pods.filter((pod) => isUnwell(pod.health)).length +
    view.nodes.reduce(
      (sum, node) =>
        sum +
        node.parts.filter((part) => isUnwell(part.health)).length +
        (isUnwell(node.health) || node.health === 'off' ? 1 : 0),
      0,
    );
  const words = [text.cluster.nodes(view.nodes.length), text.cluster.pods(view.pods.length)];
  words.push(unwell === 0 ? text.cluster.allWell : text.cluster.unwell(unwell));
  return words.join(' · ');
}

/** From everything by name to one short line a node on which only what is special has a name. */
type Detail = 'a line a node' | 'dense' | 'full' | 'own pods';

function mapLines(
  view: ClusterView,
  width: number,
  theme: Theme,
  text: Text,
  selected: string,
  detail: Detail,
): string[] {
  const lines: string[] = [];
  for (const node of view.nodes) {
    const pods = podsOf(view, node.name).filter((pod) => !isPart(node, pod));
    if (detail !== 'full') {
      if (detail === 'dense') {
        lines.push(denseLine(node, pods, width, theme, selected));
        continue;
      }
      lines.push(...nodeLine(node, pods, width, theme, selected, detail === 'own pods'));
      continue;
    }
    lines.push(
      ends(
        `${theme.paint('bold', node.name)} ${theme.state(node.health, node.state)}`,
        theme.paint('dim', node.role === 'control-plane' ? text.cluster.controlPlane.toLowerCase() : ''),
        width,
      ),
    );
    lines.push(
      ...flow(
        node.parts.map((part) => partCell(part, theme, part.id === selected)),
        width,
        '  ',
      ),
    );
    lines.push(...podLines(pods, width, theme));
  }
  const waiting = podsOf(view, '');
  if (waiting.length > 0) {
    lines.push(theme.paint('warn', `▲ ${text.cluster.unscheduled}`));
    lines.push(...podLines(waiting, width, theme));
  }
  return lines;
}

/** A node with its parts on one line; the learner's own pods below by name, the system's as glyphs. */
function nodeLine(
  node: NodeView,
  pods: readonly PodView[],
  width: number,
  theme: Theme,
  selected: string,
  areOwnNamed: boolean,
): string[] {
  const isNamed = (pod: PodView) => areOwnNamed && pod.namespace !== 'kube-system';
  const named = pods.filter(isNamed);
  const others = pods.filter((pod) => !isNamed(pod));
  const items = node.parts.map((part) => partCell(part, theme, part.id === selected, true));
  if (others.length > 0)
    items.push(`${theme.paint('border', '│')} ${others.map((pod) => podGlyph(pod, theme)).join(' ')}`);
  const label = `${theme.paint('bold', node.name)} ${node.health === 'good' ? theme.glyph('good') : theme.state(node.health, node.state)}  `;
  return [...flow(items, width, label), ...podLines(named, width, theme)];
}

function podGlyph(pod: PodView, theme: Theme): string {
  return pod.health === 'good' ? theme.glyph('good') : theme.state(pod.health, pod.state);
}

/** `cp-1 ● ● ● ● etcd leader ✗ scheduler down │ ● ●` */
function denseLine(node: NodeView, pods: readonly PodView[], width: number, theme: Theme, selected: string): string {
  const isSpecial = (part: PartView) => part.health !== 'good' || part.state === 'leader' || part.id === selected;
  const special = node.parts.filter(isSpecial).map((part) => partCell(part, theme, part.id === selected));
  const others = node.parts.filter((part) => !isSpecial(part)).map((part) => theme.glyph(part.health));
  const health = node.health === 'good' ? theme.glyph('good') : theme.state(node.health, node.state);
  const podGlyphs =
    pods.length === 0 ? '' : ` ${theme.paint('border', '│')} ${pods.map((pod) => theme.glyph(pod.health)).join('')}`;
  return toWidth(
    [theme.paint('bold', node.name), health, ...special, others.join('')].filter((cell) => cell !== '').join(' ') +
      podGlyphs,
    width,
  );
}

function podLines(pods: readonly PodView[], width: number, theme: Theme): string[] {
  if (pods.length === 0) return [];
  const nameWidth = Math.min(Math.max(...pods.map((pod) => cells(podName(pod)))), Math.max(12, width - 26));
  return pods.map((pod) => {
    const restarts = pod.restarts > 0 ? theme.paint('warn', ` ↺${pod.restarts}`) : '';
    return toWidth(
      `  ${toWidth(podName(pod), nameWidth)}  ${theme.paint('dim', pod.ready)} ${theme.state(pod.health, neutralise(pod.state))}${restarts}`,
      width,
    );
  });
}

function podName(pod: PodView): string {
  const name = neutralise(pod.name).replaceAll('\n', '␊');
  return pod.namespace === 'default' ? name : `${neutralise(pod.namespace)}/${name}`;
}

/** Static pods of the control plane are already there as parts. */
function isPart(node: NodeView, pod: PodView): boolean {
  return pod.namespace === 'kube-system' && pod.name.endsWith(`-${node.name}`);
}

function podsOf(view: ClusterView, node: string): readonly PodView[] {
  return view.pods.filter((pod) => pod.node === node);
}

function nodeLabel(node: NodeView, theme: Theme): string {
  return theme.paint('bold', toWidth(node.name, 8));
}

function partCell(part: PartView, theme: Theme, isSelected = false, isShort = false): string {
  const name = shortName(part.name);
  const word = isShort && part.health === 'good' ? '' : ` ${part.state}`;
  // Inverse only reads well without other colours inside.
  if (isSelected) return theme.paint('selected', `▸ ${name}${word} `);
  return `${theme.glyph(part.health)} ${name}${theme.paint('dim', word)}`;
}

function shortName(name: string): string {
  return name.replace(/^kube-/, '');
}

function flow(items: readonly string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  const blank = ' '.repeat(cells(indent));
  let line = indent;
  for (const item of items) {
    const isFirst = line === indent || line === blank;
    if (!isFirst && cells(line) + 2 + cells(item) > width) {
      lines.push(toWidth(line, width));
      line = blank + item;
    } else {
      line += isFirst ? item : `  ${item}`;
    }
  }
  lines.push(clip(line, width));
  return lines;
}

function controlPlaneSummary(nodes: readonly NodeView[], width: number, theme: Theme): string[] {
  return nodes.map((node) =>
    toWidth(
      `${nodeLabel(node, theme)}${node.parts.map((part) => theme.glyph(part.health)).join(' ')}  ${theme.state(node.health, node.state)}`,
      width,
    ),
  );
}

function nodeCounts(nodes: readonly NodeView[], width: number, theme: Theme, text: Text): string {
  return toWidth(`${text.cluster.nodes(nodes.length)}  ${counts(nodes, theme)}`, width);
}

function podCounts(pods: readonly PodView[], width: number, theme: Theme, text: Text): string {
  return toWidth(`${text.cluster.pods(pods.length)}  ${counts(pods, theme)}`, width);
}

function counts(items: readonly { readonly health: Health; readonly state: string }[], theme: Theme): string {
  const byState = new Map<string, { health: Health; count: number }>();
  for (const { health, state } of items) {
    const entry = byState.get(state) ?? { health, count: 0 };
    entry.count++;
    byState.set(state, entry);
  }
  return [...byState].map(([state, { health, count }]) => `${count} ${theme.state(health, state)}`).join('  ');
}

function isUnwell(health: Health): boolean {
  return health === 'broken' || health === 'warning';
}

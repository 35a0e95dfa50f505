/** `trace`, `why`, `explain`: what has happened, what caused it, why the scheduler chose as it did. */
import { findKind } from '../../sim/api/kinds.ts';
import { causesOf, type TraceRow as KernelRow, newestFirst } from '../../sim/kernel/trace.ts';
import type { DecisionRecord } from '../../sim/scheduler/decision-record.ts';
import { type TraceRow, traceRowsOf, wordsFor } from '../../sim/trace-words.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { columns, stateOf } from '../machine-state.ts';

const DEFAULT_ROWS = 30;

/** `1:05.123`: minutes, seconds and milliseconds since the cluster was made. */
function moment(us: number): string {
  const seconds = us / 1e6;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`;
}

function rowText({ atUs, from, to, what }: TraceRow): string {
  return `${moment(atUs).padStart(10)}  ${to === '' ? from : `${from} → ${to}`}  ${what}\n`;
}

const trace: ShellCommand = {
  name: 'trace',
  run(args, io) {
    let count = DEFAULT_ROWS;
    let pattern: string | undefined;
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      const inline = /^-n(\d+)$/.exec(word)?.[1];
      if (inline !== undefined) count = Number(inline);
      else if (word === '-n') {
        count = Number(args[++i]);
        if (!Number.isInteger(count) || count < 1) return fail(io, 'trace: -n takes a number of rows', 2);
      } else if (word === 'packet') return packet(args.slice(i + 1), io);
      else if (word.startsWith('-'))
        return fail(io, `trace: unknown flag ${word}\nusage: trace [-n ROWS] [TEXT] | trace packet ADDRESS PORT`, 2);
      else pattern = word;
    }
    const wanted = pattern === undefined ? count : Number.MAX_SAFE_INTEGER;
    const rows = traceRowsOf(io.gateway.world, wanted, Number.MAX_SAFE_INTEGER).filter(
      (row) => pattern === undefined || rowText(row).includes(pattern),
    );
    for (const row of rows.slice(-count)) io.stdout(rowText(row));
    return 0;
  },
};

/** `trace packet 10.96.0.10 53`: every station of a packet, with the rules that matched. */
function packet(args: readonly string[], io: CommandIo): number {
  const [target = '', written = '80', proto = 'tcp'] = args
    .join(' ')
    .replace(/:(\d+)/, ' $1')
    .split(' ');
  const port = Number(written);
  if (!/^\d+(\.\d+){3}$/.test(target) || !Number.isInteger(port))
    return fail(io, 'usage: trace packet IP PORT [tcp|udp]', 2);
  const result = io.gateway.inject({
    type: 'packet',
    host: io.host,
    to: target,
    port,
    protocol: proto === 'udp' ? 'udp' : 'tcp',
  });
  const route = result.ok ? result.route : undefined;
  if (route === undefined) return fail(io, 'trace: no way could be found');
  for (const { host, at, what, rules } of route.hops) {
    io.stdout(`${host.padEnd(8)} ${at.padEnd(12)} ${what}\n`);
    for (const rule of rules) io.stdout(`${' '.repeat(22)}${ruleText(rule)}\n`);
  }
  io.stdout(
    route.outcome === 'delivered'
      ? `delivered to ${route.ip}:${route.port} on ${route.host}, seen as coming from ${route.source.ip}\n`
      : `${route.outcome} on ${route.host}: ${route.why}\n`,
  );
  return 0;
}

function ruleText(rule: object): string {
  return Object.values(rule)
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .join(' ');
}

/** `why pod web`, `why default/web`, `why node-1`: the newest thing that was said of it, and the chain of what caused that. */
const why: ShellCommand = {
  name: 'why',
  run(args, io) {
    const words = args.filter((word) => !word.startsWith('-'));
    const name = words.at(-1)?.split('/').at(-1);
    if (name === undefined) return fail(io, 'usage: why OBJECT: why pod web, why node-1', 2);
    const { trace: ring, state } = io.gateway.world.kernel;
    const found = newestAbout(ring, name, state);
    if (found === undefined) return fail(io, `Nothing that is still remembered says anything about ${name}.`);
    const chain = causesOf(ring, found.row.seq);
    const told = chain.flatMap((row) => {
      const text = wordsFor(row, state);
      return text === undefined ? [] : [text];
    });
    io.stdout(
      rowText(told[0] ?? { atUs: found.row.at, from: found.row.to, to: '', what: found.row.event.type, kind: 'event' }),
    );
    let before = told[0]?.what;
    for (const row of told.slice(1)) {
      if (row.what === before) continue;
      before = row.what;
      io.stdout(`because${rowText(row).slice(7)}`);
    }
    const first = chain.at(-1);
    if (first !== undefined && first.row.cause !== 0) io.stdout('   (what came before that is forgotten)\n');
    else if (first !== undefined && first.row.from === '')
      io.stdout('   (a timer or an input from outside began this)\n');
    return 0;
  },
};

function newestAbout(
  ring: Parameters<typeof newestFirst>[0],
  name: string,
  state: ReturnType<typeof stateOf>,
): KernelRow | undefined {
  for (const row of newestFirst(ring)) {
    if (row.notes.some((note) => mentions(note, name))) return row;
    const text = wordsFor(row, state);
    if (text !== undefined && text.from !== 'you' && mentions(text.what, name)) return row;
  }
  return undefined;
}

function mentions(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/[\w-]/.test(text[at - 1] ?? '') && !/[\w]/.test(text[at + name.length] ?? '');
}

/** `explain pod web`: the scheduler's last decision about a pod; of other objects, as `kubectl explain`. */
const explain: ShellCommand = {
  name: 'explain',
  async run(args, io) {
    const words = args.filter((word) => !word.startsWith('-') && word !== '-n');
    const namespaceAt = args.findIndex((word) => word === '-n' || word === '--namespace');
    const namespace = namespaceAt < 0 ? 'default' : (args[namespaceAt + 1] ?? 'default');
    const rest = namespaceAt < 0 ? words : words.filter((word) => word !== args[namespaceAt + 1]);
    const [first = '', second] = rest.flatMap((word) =>
      /^(pods?|po|scheduler)\/./.test(word) ? word.split('/') : [word],
    );
    if (first === '') return fail(io, 'usage: explain pod NAME [-n NAMESPACE] | explain KIND', 2);
    if (/^(pods?|po|scheduler)$/.test(first) && second !== undefined)
      return decision(second.includes('/') ? second : `${namespace}/${second}`, io);
    if (
      second === undefined &&
      findKind(first.split('.')[0] ?? '') === undefined &&
      decisionsOf(io).some(({ pod }) => pod === `${namespace}/${first}`)
    ) {
      return decision(`${namespace}/${first}`, io);
    }
    const { stdout, stderr, exitCode } = await io.run(`kubectl explain ${rest.join(' ')}`);
    io.stdout(stdout);
    io.stderr(stderr);
    return exitCode;
  },
};

function decisionsOf(io: CommandIo): DecisionRecord[] {
  const found: DecisionRecord[] = [];
  for (const { program, memory } of stateOf(io).processes.values()) {
    if (
      program === 'kube-scheduler' &&
      typeof memory === 'object' &&
      memory !== null &&
      'decisions' in memory &&
      Array.isArray(memory.decisions)
    )
      found.push(...(memory.decisions as DecisionRecord[]));
  }
  return found.sort((a, b) => a.atUs - b.atUs);
}

function decision(pod: string, io: CommandIo): number {
  const record = decisionsOf(io)
    .filter((each) => each.pod === pod)
    .at(-1);
  if (record === undefined)
    return fail(
      io,
      `No scheduler remembers a decision about ${pod}: it was bound too long ago, named its node itself, or has not been tried yet.`,
    );
  const outcome = record.node === '' ? 'nowhere' : `to ${record.node}`;
  io.stdout(`${pod}: ${outcome}, attempt ${record.attempt}, at ${moment(record.atUs)}\n\n`);
  const rows = [['NODE', 'FILTERS']];
  for (const [node, { plugin, reasons }] of record.rejected) rows.push([node, `✗ ${plugin}: ${reasons.join(', ')}`]);
  for (const node of record.feasible) rows.push([node, `✓ all of ${record.filters.length}`]);
  io.stdout(columns(rows));
  if (record.skipped.length > 0) io.stdout(`\nNothing to say about this pod: ${record.skipped.join(', ')}\n`);
  if (record.scores.size > 0) {
    const scored = [...record.scores].map(([node, scores]) => [
      node,
      ...scores.map(String),
      String(record.totals.get(node) ?? 0),
    ]);
    io.stdout(`\n${columns([['NODE', ...record.scorers, 'TOTAL'], ...scored])}`);
  }
  if (record.message !== '') io.stdout(`\n${record.message}\n`);
  if (record.nominatedNode !== '')
    io.stdout(
      `\nRoom will be made on ${record.nominatedNode}${record.victims.length === 0 ? '' : `: ${record.victims.join(', ')} must go`}\n`,
    );
  return 0;
}

export const traceCommands: readonly ShellCommand[] = [trace, why, explain];

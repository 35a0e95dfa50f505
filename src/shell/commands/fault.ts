/** `fault list|inject|heal`: breaking things by hand, and mending them. */
import { describeFault, FAULTS, type Fault, isLasting } from '../../sim/faults.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { columns, stateOf } from '../machine-state.ts';

const USAGE = 'usage: fault list | fault inject KIND ARGUMENTS… | fault heal [NUMBER|all]';

export const fault: ShellCommand = {
  name: 'fault',
  run(args, io) {
    const [verb = 'list', ...rest] = args;
    switch (verb) {
      case 'list':
        return list(io);
      case 'inject':
        return inject(rest, io);
      case 'heal':
        return heal(rest, io);
      default:
        return fail(io, `fault: there is no ${JSON.stringify(verb)}\n${USAGE}`, 2);
    }
  },
  complete(words, io) {
    const word = words.at(-1) ?? '';
    const candidates =
      words.length <= 2
        ? ['list', 'inject', 'heal']
        : words[1] === 'heal'
          ? ['all', ...io.memory.faults.map((_, i) => String(i + 1))]
          : argumentsFor(words.slice(2, -1), io);
    return candidates.filter((candidate) => candidate.startsWith(word));
  },
};

function argumentsFor(before: readonly string[], io: CommandIo): string[] {
  const [kind] = before;
  if (kind === undefined) return FAULTS.map((each) => each.kind);
  const wanted = FAULTS.find((each) => each.kind === kind)?.arguments.split(' ') ?? [];
  const next = wanted[Math.min(before.length - 1, wanted.length - 1)] ?? '';
  const state = stateOf(io);
  if (next.startsWith('HOST')) return [...state.hosts.keys()];
  if (next === 'PROCESS')
    return [...state.processes.values()].filter(({ program }) => program !== 'external').map(({ id }) => id);
  if (next === 'FILE') return [...(state.hosts.get(before[1] ?? '')?.files.keys() ?? [])];
  return [];
}

function list(io: CommandIo): number {
  io.stdout(
    columns([
      ['KIND', 'ARGUMENTS', 'WHAT HAPPENS', 'WHEN HEALED'],
      ...FAULTS.map((each) => [each.kind, each.arguments, each.what, each.heals]),
    ]),
  );
  io.stdout('\n');
  if (io.memory.faults.length === 0) io.stdout('Nothing is broken by hand.\n');
  else {
    const rows = io.memory.faults.map(({ fault: each, atUs }, i) => [
      String(i + 1),
      describeFault(each),
      `${((io.gateway.world.now - atUs) / 1e6).toFixed(0)}s`,
    ]);
    io.stdout(columns([['NUMBER', 'BROKEN', 'AGE'], ...rows]));
  }
  return 0;
}

function inject(args: readonly string[], io: CommandIo): number {
  const read = readFault(args, io);
  if (typeof read === 'string') return fail(io, `fault: ${read}`, 2);
  const result = io.gateway.inject({ type: 'fault', fault: read, heal: false });
  if (!result.ok) return fail(io, `fault: ${result.error}`);
  if (isLasting(read)) io.memory.faults.push({ fault: read, atUs: io.gateway.world.now });
  const number = isLasting(read) ? ` (fault heal ${io.memory.faults.length} mends it)` : '';
  io.stdout(`${describeFault(read)}${number}\n`);
  return 0;
}

/** A fault from its words, or what is wrong with them. */
export function readFault(args: readonly string[], io: CommandIo): Fault | string {
  const [kind = '', ...rest] = args;
  const known = FAULTS.find((each) => each.kind === kind);
  if (known === undefined) {
    return kind === ''
      ? `say which: ${FAULTS.map((each) => each.kind).join(', ')}`
      : `there is no fault ${JSON.stringify(kind)}; fault list shows them`;
  }
  const oneWay = rest.includes('--one-way');
  const words = rest.filter((word) => word !== '--one-way');
  const wanted = known.arguments.split(' ');
  const isOpen = known.arguments.endsWith('…');
  if (words.length < (isOpen ? 1 : wanted.length) || (!isOpen && words.length > wanted.length))
    return `${kind} takes ${known.arguments}`;
  const [a = '', b = '', c = '', d = ''] = words;
  const number = (text: string): number | undefined => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);
  switch (known.kind) {
    case 'kill':
    case 'pause': {
      const process = processNamed(a, io);
      return process === undefined ? `no process ${a} is running` : { kind: known.kind, process };
    }
    case 'power':
    case 'disk-full':
      return { kind: known.kind, host: a };
    case 'cut':
      return { kind: 'cut', from: a, to: b, ...(oneWay ? { oneWay } : {}) };
    case 'slow': {
      const extraMs = number(c.replace(/ms$/, ''));
      return extraMs === undefined ? `${c} is no number of milliseconds` : { kind: 'slow', from: a, to: b, extraMs };
    }
    case 'loss': {
      const share = c.endsWith('%') ? number(c.slice(0, -1)) : number(c);
      if (share === undefined) return `${c} is no share: 0.3 or 30%`;
      return { kind: 'loss', from: a, to: b, share: c.endsWith('%') ? share / 100 : share };
    }
    case 'partition':
      return { kind: 'partition', hosts: words };
    case 'slow-disk': {
      const fsyncMs = number(b.replace(/ms$/, ''));
      return fsyncMs === undefined ? `${b} is no number of milliseconds` : { kind: 'slow-disk', host: a, fsyncMs };
    }
    case 'clock-skew': {
      const seconds = number(b.replace(/s$/, '').replace(/^\+/, ''));
      return seconds === undefined ? `${b} is no number of seconds` : { kind: 'clock-skew', host: a, seconds };
    }
    case 'expire-certificate':
    case 'remove-file':
      return { kind: known.kind, host: a, path: b };
    case 'edit-object':
      return { kind: 'edit-object', target: a, patch: b };
    case 'edit-file':
      return { kind: 'edit-file', host: a, path: b, find: c, replace: d };
  }
}

/** A process by its id, or by host and program: `cp-1/etcd`. */
function processNamed(text: string, io: CommandIo): string | undefined {
  const { processes } = stateOf(io);
  if (processes.has(text)) return text;
  const [host = '', program = ''] = text.split('/');
  return [...processes.values()].find((process) => process.host === host && process.program === program)?.id;
}

function heal(args: readonly string[], io: CommandIo): number {
  const { faults } = io.memory;
  const [which = 'all'] = args;
  if (args.length > 1 && !/^\d+$/.test(which) && which !== 'all') return healByWords(args, io);
  if (faults.length === 0) {
    io.stdout('Nothing is broken by hand.\n');
    return 0;
  }
  const index = Number(which) - 1;
  if (which !== 'all' && faults[index] === undefined)
    return fail(io, `fault: there is no fault number ${which}; fault list shows them`, 2);
  const mended = which === 'all' ? [...faults] : [faults[index]!];
  for (const each of mended) {
    const result = io.gateway.inject({ type: 'fault', fault: each.fault, heal: true });
    if (!result.ok) return fail(io, `fault: ${result.error}`);
    faults.splice(faults.indexOf(each), 1);
    io.stdout(`healed: ${describeFault(each.fault)}\n`);
  }
  return 0;
}

/** `fault heal power node-1`, for what somebody else has broken. */
function healByWords(args: readonly string[], io: CommandIo): number {
  const read = readFault(args, io);
  if (typeof read === 'string') return fail(io, `fault: ${read}`, 2);
  const result = io.gateway.inject({ type: 'fault', fault: read, heal: true });
  if (!result.ok) return fail(io, `fault: ${result.error}`);
  const at = io.memory.faults.findIndex((each) => describeFault(each.fault) === describeFault(read));
  if (at >= 0) io.memory.faults.splice(at, 1);
  io.stdout(`healed: ${describeFault(read)}\n`);
  return 0;
}

/** `replay`: runs a saved session again and prints what was said in it. */
import { readFileSync } from 'node:fs';
import { newestFirst } from '../sim/kernel/trace.ts';
import { traceRowsOf } from '../sim/trace-words.ts';
import { replaySession, type Session } from '../sim/world.ts';
import { formatMoment } from '../ui/parts/clock.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { durationUs } from './numbers.ts';

export const runReplay: CommandRun = async (parsed, context) => {
  const [file] = parsed.operands;
  if (file === undefined) return complain(context, 'replay needs the file of a saved session.', exitStatus.usage);
  const asked = parsed.values.get('until');
  const until = asked === undefined ? undefined : durationUs(asked);
  if (asked !== undefined && until === undefined)
    return complain(context, `--until takes a time such as 90s or 5m, not ${JSON.stringify(asked)}.`, exitStatus.usage);
  const session = readSession(file);
  if (typeof session === 'string') return complain(context, session, exitStatus.failed);
  const world = replaySession(session, until);
  const rows = traceRowsOf(world, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const isSame = until !== undefined || world.hashChain() === session.hash;
  if (parsed.switches.has('json')) {
    const { steps, now } = world.kernel.state;
    context.stdout.write(
      `${JSON.stringify({ seed: session.seed, cluster: session.spec.name, steps, atUs: now, hash: world.hashChain(), ok: isSame, trace: rows }, undefined, 2)}\n`,
    );
  } else {
    for (const row of rows) {
      const who = row.to === '' ? row.from : `${row.from} → ${row.to}`;
      context.stdout.write(`${formatMoment(row.atUs)}  ${who}  ${row.what}\n`);
    }
    if ([...newestFirst(world.kernel.trace)].length >= world.kernel.trace.capacity)
      context.stderr.write('(only the last rows are kept)\n');
  }
  if (!isSame)
    return complain(
      context,
      `this run ended with hash ${world.hashChain()}, the saved one with ${session.hash}: it comes from another version.`,
      exitStatus.failed,
    );
  return exitStatus.good;
};

/** @returns the session, or one sentence about what is wrong with the file */
export function readSession(file: string): Session | string {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'there is no such file'
        : 'it cannot be read';
    return `${file}: ${why}.`;
  }
  try {
    const value: unknown = JSON.parse(content);
    if (isSession(value)) return value;
  } catch {
    return `${file} is no saved session: it is not JSON.`;
  }
  return `${file} is no saved session of this version.`;
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'format' in value &&
    value.format === 'k8s-descompuesto-session' &&
    'version' in value &&
    value.version === 1 &&
    'seed' in value &&
    typeof value.seed === 'number' &&
    'inputs' in value &&
    Array.isArray(value.inputs) &&
    'spec' in value &&
    typeof value.spec === 'object' &&
    'step' in value &&
    typeof value.step === 'number' &&
    'at' in value &&
    typeof value.at === 'number'
  );
}

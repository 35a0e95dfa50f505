/** `replay`: runs a saved session again and prints its trace. */
import { readFileSync } from 'node:fs';
import { newestFirst, type TraceRow } from '../sim/kernel/trace.ts';
import { replaySession, type Session } from '../sim/world.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runReplay: CommandRun = async (parsed, context) => {
  const [file] = parsed.operands;
  if (file === undefined)
    return complain(context, 'replay needs the file of a saved session: replay session.json.', exitStatus.usage);
  const session = readSession(file);
  if (typeof session === 'string') return complain(context, session, exitStatus.failed);
  const until = parsed.values.get('until');
  const seconds = until === undefined ? undefined : Number(/^(\d+(?:\.\d+)?)s?$/.exec(until)?.[1] ?? Number.NaN);
  if (Number.isNaN(seconds)) return complain(context, '--until takes virtual seconds, such as 90s.', exitStatus.usage);
  const world = replaySession(session, seconds === undefined ? session.at : Math.min(session.at, seconds * 1_000_000));
  const rows = [...newestFirst(world.kernel.trace)].reverse();
  for (const row of rows) {
    const text = describe(row);
    if (text !== undefined) context.stdout.write(`${text}\n`);
  }
  if (seconds === undefined && world.hashChain() !== session.hash) {
    return complain(
      context,
      `the run is not the saved one: hash ${world.hashChain()}, saved ${session.hash}. Was it saved by another version?`,
      exitStatus.failed,
    );
  }
  return exitStatus.good;
};

function readSession(file: string): Session | string {
  let session: Session;
  try {
    session = JSON.parse(readFileSync(file, 'utf8')) as Session;
  } catch (problem) {
    const isMissing = problem instanceof Error && 'code' in problem;
    return isMissing
      ? `${file} cannot be read: ${(problem as Error).message}`
      : `${file} is not a saved session: it is not JSON.`;
  }
  if (session?.format !== 'k8s-descompuesto-session') return `${file} is not a saved session.`;
  if (session.version !== 1)
    return `${file} was saved by a newer version of k8s-descompuesto (session format ${session.version}).`;
  return session;
}

/** Steps that left a sentence, or that changed a state. */
function describe({ row, before, after, notes }: TraceRow): string | undefined {
  const at = `${(row.at / 1e6).toFixed(6).padStart(13)}  ${row.to.padEnd(28)}`;
  if (notes.length > 0) return `${at} ${notes.join('; ')}`;
  if (before !== after) return `${at} ${before} → ${after} (${row.event.type})`;
  return undefined;
}

/** `verify`: proves lessons. */
import { loadLibrary } from '../lessons/library.ts';
import { formatComplaint } from '../lessons/load.ts';
import { type LessonProof, verifyLesson } from '../lessons/verify.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { didYouMean } from './flags.ts';

const MAX_SEEDS = 1_000;

export const runVerify: CommandRun = async (parsed, context) => {
  const seeds = Number(parsed.values.get('seeds') ?? 3);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MAX_SEEDS) {
    return complain(context, `--seeds takes a whole number from 1 to ${MAX_SEEDS}.`, exitStatus.usage);
  }
  const { lessons, complaints } = loadLibrary(parsed.lists.get('lessons') ?? []);
  const ids = lessons.map(({ id }) => id);
  const unknown = parsed.operands.find((id) => !ids.includes(id));
  for (const complaint of complaints) context.stderr.write(`${formatComplaint(complaint)}\n`);
  if (unknown !== undefined) {
    return complain(
      context,
      `there is no lesson ${JSON.stringify(unknown)}${didYouMean(unknown, ids) || '; `lessons` lists them.'}`,
      exitStatus.usage,
    );
  }
  const wanted = parsed.operands.length === 0 ? lessons : lessons.filter(({ id }) => parsed.operands.includes(id));
  const json = parsed.switches.has('json');
  const proofs: LessonProof[] = [];
  for (const lesson of wanted) {
    const proof = await verifyLesson(lesson, seeds);
    proofs.push(proof);
    if (json) continue;
    const failed = proof.checks.filter(({ ok }) => !ok);
    context.stdout.write(
      `${proof.ok ? 'proved' : 'FAILED'}  ${lesson.id}  (${proof.checks.length} checks, ${seeds} seeds)\n`,
    );
    for (const { name, seed, lang, detail } of failed) {
      context.stdout.write(
        `        seed ${seed}${lang === '' ? '' : ` ${lang}`}: ${name}${detail === '' ? '' : `: ${detail}`}\n`,
      );
    }
  }
  const ok = complaints.length === 0 && proofs.every((proof) => proof.ok);
  if (json) context.stdout.write(`${JSON.stringify({ lessons: proofs, ok }, undefined, 2)}\n`);
  return ok ? exitStatus.good : exitStatus.failed;
};

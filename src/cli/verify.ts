/** `verify`: proves lessons: broken at the start, mended by every solution, by no decoy. */
import type { Lesson } from '../lessons/lesson.ts';
import { loadLibrary } from '../lessons/library.ts';
import { formatComplaint } from '../lessons/load.ts';
import { type LessonProof, verifyLesson } from '../lessons/verify.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { didYouMean } from './flags.ts';
import { ownRoots } from './lesson-roots.ts';
import { wholeNumber } from './numbers.ts';

export const runVerify: CommandRun = async (parsed, context) => {
  const seeds = wholeNumber(parsed.values.get('seeds') ?? '3', 1, 1_000);
  if (seeds === undefined) return complain(context, '--seeds takes a whole number from 1 to 1000.', exitStatus.usage);
  const { lessons, complaints } = loadLibrary([
    ...ownRoots(context.environment),
    ...(parsed.lists.get('lessons') ?? []),
  ]);
  const chosen: Lesson[] = [];
  for (const id of parsed.operands) {
    const lesson = lessons.find((candidate) => candidate.id === id);
    if (lesson) chosen.push(lesson);
    else if (!complaints.some(({ file }) => file.includes(id))) {
      return complain(
        context,
        `there is no lesson ${JSON.stringify(id)}${
          didYouMean(
            id,
            lessons.map((known) => known.id),
          ) || '; the command lessons lists them.'
        }`,
        exitStatus.usage,
      );
    }
  }
  for (const complaint of complaints) complain(context, formatComplaint(complaint), exitStatus.failed);
  const isJson = parsed.switches.has('json');
  const proofs: LessonProof[] = [];
  for (const lesson of parsed.operands.length > 0 ? chosen : lessons) {
    const proof = await verifyLesson(lesson, seeds);
    proofs.push(proof);
    if (isJson) continue;
    context.stdout.write(`${proof.ok ? 'ok ' : 'BAD'} ${proof.id}: ${proof.checks.length} checks\n`);
    for (const check of proof.checks.filter(({ ok }) => !ok)) {
      context.stdout.write(
        `    seed ${check.seed}${check.lang ? ` ${check.lang}` : ''}: ${check.name}: ${check.detail}\n`,
      );
    }
  }
  const ok = complaints.length === 0 && proofs.every((proof) => proof.ok);
  if (isJson) context.stdout.write(`${JSON.stringify({ lessons: proofs, ok }, undefined, 2)}\n`);
  return ok ? exitStatus.good : exitStatus.failed;
};

/**
 * The proof of a lesson: broken at the start and if nothing is done, mended by every solution, by no decoy, no solution takes a forbidden short
 * cut, and every command that its texts show does run.
 */
import { check, violation } from './goals.ts';
import { LANGUAGES, type Lesson, type LessonLanguage } from './lesson.ts';
import { commandsIn } from './lesson-text.ts';
import { enter, type Prepared, prepare } from './prepare.ts';

export interface Check {
  readonly name: string;
  readonly seed: number;
  readonly lang: LessonLanguage | '';
  readonly ok: boolean;
  readonly detail: string;
}

export interface LessonProof {
  readonly id: string;
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

const SECOND = 1_000_000;
/** How long a solution may take to show. */
const PATIENCE_SECONDS = 600;
/** How long a wrong fix is watched. */
const WATCH_SECONDS = 120;

/** Proves a lesson over its own seed and `seeds − 1` more. */
export async function verifyLesson(lesson: Lesson, seeds: number): Promise<LessonProof> {
  const checks: Check[] = [];
  for (let i = 0; i < seeds; i++) {
    const seed = lesson.world.seed + i;
    checks.push(...(await verifySeed(lesson, seed, i === 0)));
  }
  return { id: lesson.id, ok: checks.every(({ ok }) => ok), checks };
}

async function verifySeed(lesson: Lesson, seed: number, withTexts: boolean): Promise<Check[]> {
  const checks: Check[] = [];
  const say = (name: string, ok: boolean, detail = '', lang: Check['lang'] = '') =>
    checks.push({ name, seed, lang, ok, detail });
  let start: Prepared;
  try {
    start = await prepare(lesson, seed);
  } catch (problem) {
    say('starts', false, problem instanceof Error ? problem.message : String(problem));
    return checks;
  }
  const again = () => enter(start.world.fork());
  const graded = Object.keys(lesson.goals).length > 0;
  if (graded) {
    say('broken at the start', !(await allMet(again(), lesson)));
    const idle = again();
    idle.world.advance(WATCH_SECONDS * SECOND);
    say('doing nothing does not pass', !(await allMet(idle, lesson)));
  }
  for (const [index, script] of lesson.solutions.entries()) {
    const prepared = again();
    const output = await type(prepared, script);
    const met = !graded || (await metWithin(prepared, lesson, PATIENCE_SECONDS));
    const cut = await shortCut(prepared, lesson);
    say(
      `solution ${index + 1} passes`,
      met && cut === undefined,
      met ? (cut ?? '') : `${await unmet(prepared, lesson)}; ${output}`,
    );
  }
  for (const [index, script] of lesson.decoys.entries()) {
    const prepared = again();
    await type(prepared, script);
    const met = await metWithin(prepared, lesson, WATCH_SECONDS);
    const refused = !met || (await shortCut(prepared, lesson)) !== undefined;
    say(`decoy ${index + 1} does not pass`, refused, refused ? '' : script.join('; '));
  }
  if (withTexts) for (const lang of LANGUAGES) checks.push(...(await commandsRun(again(), lesson, seed, lang)));
  return checks;
}

/** Types commands one after the other; the last complaint, for reports. */
async function type({ shell }: Prepared, script: readonly string[]): Promise<string> {
  let complaint = '';
  for (const line of script) {
    const { exitCode, stderr } = await shell.runScript(line);
    if (exitCode !== 0) complaint = `${line}: ${stderr.trim().split('\n')[0] ?? ''} (exit ${exitCode})`;
  }
  return complaint;
}

async function allMet({ gateway }: Prepared, lesson: Lesson): Promise<boolean> {
  for (const { predicate } of Object.values(lesson.goals)) if (!(await check(gateway, predicate)).met) return false;
  return true;
}

/** All goals hold at the same time, and each for as long as it must. */
async function metWithin(prepared: Prepared, lesson: Lesson, seconds: number): Promise<boolean> {
  const stable = Math.max(...Object.values(lesson.goals).map(({ stableForSeconds }) => stableForSeconds));
  const end = prepared.world.now + seconds * SECOND;
  let since: number | undefined;
  while (prepared.world.now < end) {
    if (!(await allMet(prepared, lesson))) since = undefined;
    else since ??= prepared.world.now;
    if (since !== undefined && prepared.world.now - since >= stable * SECOND) return true;
    prepared.world.advance(2 * SECOND);
  }
  return false;
}

async function unmet({ gateway }: Prepared, lesson: Lesson): Promise<string> {
  const texts: string[] = [];
  for (const [id, { predicate }] of Object.entries(lesson.goals)) {
    const { met, detail } = await check(gateway, predicate);
    if (!met) texts.push(`${id}: ${detail}`);
  }
  return texts.join(', ');
}

async function shortCut({ gateway }: Prepared, lesson: Lesson): Promise<string | undefined> {
  for (const forbidden of lesson.forbid) {
    const taken = await violation(gateway, forbidden);
    if (taken !== undefined) return taken;
  }
  return undefined;
}

/** Commands shown in the texts exist and are well formed; that they fail in a broken cluster is often the point. */
async function commandsRun(prepared: Prepared, lesson: Lesson, seed: number, lang: LessonLanguage): Promise<Check[]> {
  const text = lesson.texts[lang];
  const all = [...Object.values(text.steps), ...Object.values(text.hints)].flatMap(commandsIn);
  const checks: Check[] = [];
  for (const command of new Set(all)) {
    const { exitCode, stderr } = await prepared.shell.runScript(command);
    const wrong =
      exitCode === 2 ||
      exitCode === 64 ||
      exitCode === 126 ||
      exitCode === 127 ||
      /unknown (flag|command)/.test(stderr);
    checks.push({
      name: 'command in the text runs',
      seed,
      lang,
      ok: !wrong,
      detail: wrong ? `${command}: ${stderr.trim().split('\n')[0]}` : command,
    });
  }
  return checks;
}

/** Plays a lesson by itself, by pressing the keys that a person would; a person may press keys as well. */
import type { Input } from './keys.ts';
import type { LessonRun, LessonView } from './view.ts';

const tickMs = 60;
/** Reading takes time: so many ticks for each line of about forty characters, between these bounds. */
const ticksPerCharacter = 0.25;
const fewestTicks = 30;
const mostTicks = 250;

export interface Played {
  run(): LessonRun | undefined;
  view(): LessonView | undefined;
  isBusy(): boolean;
  isShell(): boolean;
  press(inputs: readonly Input[]): void;
}

export function autoplay(played: Played): void {
  let step = -1;
  let wait = 0;
  let queue: string[] = [];
  const key = (name: string, text = '') => played.press([{ type: 'key', name, text }]);
  setInterval(() => {
    const view = played.view();
    const run = played.run();
    if (!view || !run) return;
    if (view.stepIndex !== step) {
      step = view.stepIndex;
      wait = Math.min(mostTicks, Math.max(fewestTicks, view.text.length * ticksPerCharacter));
      queue = run.autoplay.commands.flatMap((command) => [...command, 'enter']);
    }
    if (wait-- > 0 || played.isBusy()) return;
    if (view.question && view.question.chosen === undefined && run.autoplay.answer !== undefined) {
      key(String(run.autoplay.answer));
      wait = fewestTicks;
    } else if (queue.length > 0) {
      if (!played.isShell()) return key('i');
      const next = queue.shift() ?? '';
      if (next === 'enter') key('enter');
      else key(next === ' ' ? 'space' : next, next);
    } else if (view.isStepDone && !view.isFinished) {
      if (played.isShell()) key('esc');
      else key('n');
    }
  }, tickMs);
}

/**
 * The tutor as a conversation in plain lines: for screen readers and for terminals that cannot place text. The same
 * lessons, the same cluster, the same shell; nothing is drawn and nothing that was said is written over.
 */
import { createInterface } from 'node:readline';
import type { AppOptions } from './app.ts';
import { neutralise } from './line.ts';
import { formatMoment, formatTime } from './parts/clock.ts';
import { partsInOrder } from './parts/cluster-map.ts';
import { composeMarkdown } from './parts/markdown.ts';
import { homeChoices } from './screens/home.ts';
import { type Language, textFor } from './text/language.ts';
import type { ClusterProvider, LessonRun, ShellSession } from './view.ts';

const passEveryMs = 50;
const passBudgetMs = 15;
const rewindUs = 10_000_000;
const traceRows = 10;
/** Lines are not wrapped: a screen reader, or the terminal, does that better. */
const width = 10_000;

export type PlainOptions = Pick<
  AppOptions,
  'language' | 'lessonId' | 'lessons' | 'message' | 'onBug' | 'openCluster' | 'theme'
>;

/** Ends the process when the learner quits. */
export function startPlainTutor(options: PlainOptions): void {
  let language: Language = options.language;
  let cluster: ClusterProvider = options.openCluster();
  let run: LessonRun | undefined;
  let shell: ShellSession | undefined;
  let running: AbortController | undefined;
  let wasDone = false;
  const text = () => textFor(language);
  const say = (line: string) => {
    process.stdout.write(`${line}\n`);
  };
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: process.env['TERM'] !== 'dumb',
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      if (!shell) return done(null, [[], line]);
      void shell
        .complete(line, line.length)
        .then(({ from, candidates }) => done(null, [[...candidates], line.slice(from)]));
    },
  });
  const ask = () => {
    lines.setPrompt(shell ? neutralise(shell.prompt()) : '> ');
    lines.prompt();
  };
  const show = (markdown: string) => {
    for (const line of composeMarkdown(markdown, width, options.theme)) say(line);
  };

  const home = () => {
    run = undefined;
    shell = undefined;
    say(text().plain.intro);
    for (const [index, choice] of homeChoices(options.lessons.list(language)).entries()) {
      if (choice.kind === 'sandbox') continue;
      const { title, track, minutes, progress, isNext } = choice.lesson;
      const word = isNext ? text().home.startHere : text().home.progress[progress];
      say(`${index + 1}. ${title}. ${text().tracks[track] ?? track}, ${text().home.minutes(minutes)}, ${word}.`);
    }
  };
  const tellStep = () => {
    const view = run?.view(language);
    if (!view) return;
    say('');
    say(`${view.title}, ${text().lesson.step(view.stepIndex + 1, view.stepCount)}.`);
    show(view.text);
    for (const [index, option] of (view.question?.options ?? []).entries()) say(`${index + 1}. ${option.text}`);
    if (view.question && view.question.chosen === undefined) say(text().lesson.choose(view.question.options.length));
    tellAnswer();
    tellGoals();
    wasDone = view.isStepDone;
  };
  const tellAnswer = () => {
    const question = run?.view(language).question;
    if (question?.answer === undefined) return;
    const right = question.options.find((option) => option.id === question.answer)?.text ?? '';
    say(question.answer === question.chosen ? text().lesson.wasRight : `${text().lesson.wasWrong} ${right}`);
  };
  const tellGoals = () => {
    for (const goal of run?.view(language).goals ?? [])
      say(text().plain.goal(goal.text, text().lesson.goal[goal.state], goal.detail));
  };
  const tellCluster = () => {
    const view = cluster.cluster();
    for (const node of view.nodes)
      say(text().plain.node(node.name, node.state, node.parts.map((part) => `${part.name} ${part.state}`).join(', ')));
    for (const pod of view.pods) {
      const name = neutralise(`${pod.namespace}/${pod.name}`).replaceAll('\n', ' ');
      say(text().plain.pod(name, pod.node || text().plain.nowhere, pod.state, pod.ready));
    }
  };
  const tellXRay = (name: string) => {
    const part = partsInOrder(cluster.cluster()).find(({ id }) => id === name || id.endsWith(`/${name}`));
    const xray = part && cluster.xray(part.id);
    if (!part || !xray)
      return say(
        partsInOrder(cluster.cluster())
          .map(({ id }) => id)
          .join(', '),
      );
    say(text().plain.xray(part.id, xray.current));
    for (const state of xray.states) {
      const ways = state.transitions.map((way) => `${way.label} → ${way.target}`).join(', ');
      say(`${state.name}${state.name === xray.current ? ` (${text().xray.now})` : ''}: ${ways}`);
    }
  };
  const tellClock = () => {
    const { atUs, speed, isPaused } = cluster.clock();
    say(text().plain.clock(formatTime(atUs, isPaused), speed, isPaused));
  };
  const openLesson = async (id: string) => {
    say(text().lesson.preparing);
    const started = await options.lessons.start(id);
    if (!started) return;
    run = started;
    cluster = started.cluster;
    shell = cluster.shell();
    say(text().plain.lessonHelp);
    tellStep();
  };
  const openSandbox = () => {
    shell = cluster.shell();
    say(text().home.sandboxAbout);
    say(text().plain.lessonHelp);
  };

  const commands: Readonly<Record<string, (word: string) => void | Promise<void>>> = {
    next: () => {
      run?.next();
      tellStep();
    },
    back: () => {
      run?.back();
      tellStep();
    },
    text: tellStep,
    hint: () => {
      const before = run?.view(language).hints.length ?? 0;
      run?.hint();
      const hint = run?.view(language).hints[before];
      if (hint === undefined) say(text().plain.noHint);
      else show(hint);
    },
    goals: tellGoals,
    cluster: tellCluster,
    trace: () => {
      for (const row of cluster.trace(traceRows))
        say(neutralise(`${formatMoment(row.atUs)} ${row.from}${row.to === '' ? '' : ` → ${row.to}`}: ${row.what}`));
    },
    xray: tellXRay,
    pause: () => {
      cluster.setPaused(!cluster.clock().isPaused);
      tellClock();
    },
    speed: (word) => {
      if (Number(word) > 0) cluster.setSpeed(Number(word));
      tellClock();
    },
    clock: tellClock,
    rewind: () => {
      cluster.rewind(Math.min(rewindUs, cluster.clock().atUs - cluster.clock().earliestUs));
      tellClock();
    },
    restart: async () => {
      if (!run) return;
      say(text().lesson.preparing);
      await run.restart();
      cluster = run.cluster;
      shell = cluster.shell();
      tellStep();
    },
    home,
    lang: () => {
      language = language === 'en' ? 'es' : 'en';
      if (run) tellStep();
    },
    help: () => say(text().plain.lessonHelp),
    quit: () => lines.close(),
  };

  const atHome = async (line: string) => {
    const choice = homeChoices(options.lessons.list(language))[Number(line) - 1];
    if (line === 'q') lines.close();
    else if (line === 's') openSandbox();
    else if (line === 'l') {
      language = language === 'en' ? 'es' : 'en';
      home();
    } else if (choice?.kind === 'lesson') await openLesson(choice.lesson.id);
    else if (line !== '') home();
  };
  const inLesson = async (line: string) => {
    const question = run?.view(language).question;
    const option = question?.chosen === undefined ? question?.options[Number(line) - 1] : undefined;
    if (line.startsWith(':')) {
      const [name = '', word = ''] = line.slice(1).split(/\s+/);
      const command = commands[name];
      if (command) await command(word);
      else say(text().plain.unknown(neutralise(line)));
    } else if (option) {
      run?.answer(option.id);
      tellAnswer();
    } else if (shell) {
      running = new AbortController();
      await shell.run(line, (output) => process.stdout.write(neutralise(output, true)), running.signal);
      running = undefined;
    }
  };

  lines.on('SIGINT', () => {
    if (running) running.abort();
    else lines.close();
  });
  lines.on('close', () => process.exit(0));
  lines.on('line', (line) => {
    lines.pause();
    (shell ? inLesson(line) : atHome(line.trim()))
      .then(() => {
        lines.resume();
        ask();
      })
      .catch(options.onBug);
  });
  let passedAt = performance.now();
  setInterval(() => {
    const now = performance.now();
    cluster.pass(Math.min(now - passedAt, 4 * passEveryMs), passBudgetMs);
    passedAt = now;
    void run
      ?.observe()
      .then(() => {
        const view = run?.view(language);
        if (!view || view.isStepDone === wasDone) return;
        wasDone = view.isStepDone;
        if (view.goals.length === 0 || !wasDone) return;
        say('');
        tellGoals();
        say(view.isFinished ? text().plain.finished : text().plain.stepDone);
        ask();
      })
      .catch(options.onBug);
  }, passEveryMs);

  if (options.message !== '') say(options.message);
  if (options.lessonId === undefined) {
    home();
    ask();
  } else {
    void openLesson(options.lessonId).then(ask).catch(options.onBug);
  }
}

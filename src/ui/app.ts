/** The tutor: keys in, state changed, one frame out; and the clock that lets the cluster live meanwhile. */
import { autoplay } from './autoplay.ts';
import type { Device } from './device.ts';
import { createFrameGate } from './frame-gate.ts';
import { type ActionId, bindingFor } from './keymap.ts';
import { type Input, pasteLimit } from './keys.ts';
import type { Painter } from './painter.ts';
import { formatMoment, nextSpeed } from './parts/clock.ts';
import { partsInOrder } from './parts/cluster-map.ts';
import { composeScreen, smallest } from './screens/compose.ts';
import { homeChoices } from './screens/home.ts';
import { openPanes } from './screens/lesson.ts';
import { markedPart } from './screens/map.ts';
import { placeOf, type Scene } from './screens/scene.ts';
import { createShellPane, type ShellPane } from './shell-pane.ts';
import { createState, type Screen } from './state.ts';
import { type Language, textFor } from './text/language.ts';
import type { Theme } from './theme.ts';
import type { ClusterProvider, LessonProvider, LessonRun } from './view.ts';

/** How often the cluster is let run, and how much of that time it may take: the rest is for keys and drawing. */
const passEveryMs = 50;
const passBudgetMs = 15;
const rewindUs = 10_000_000;

export interface AppOptions {
  readonly theme: Theme;
  readonly language: Language;
  readonly lessons: LessonProvider;
  /** A fresh cluster: for the first screen and the sandbox. */
  readonly openCluster: () => ClusterProvider;
  readonly progressPath: string;
  /** One sentence for the last row of the first frame. */
  readonly message: string;
  /** Begins in this lesson. */
  readonly lessonId?: string | undefined;
  /** Plays the lesson by itself. */
  readonly isAuto?: boolean;
  readonly onQuit: (status: number) => void;
  /** Something broke that never should. */
  readonly onBug: (error: unknown) => void;
}

export interface App {
  /** @returns the frame as it is now */
  compose(): string[];
  resize(width: number, height: number): void;
  /** Connects the terminal; frames are shown through the painter from here on. */
  start(device: Device, painter: Painter): void;
  input(inputs: readonly Input[]): void;
  /** What is needed to see a failure again. */
  repro(): string;
}

export function createApp(options: AppOptions): App {
  /** The cluster of the first screen and of the sandbox; it waits while a lesson has its own. */
  const home = options.openCluster();
  let cluster = home;
  let run: LessonRun | undefined;
  let shell: ShellPane | undefined;
  let painter: Painter | undefined;
  let device: Device | undefined;
  let lessons = options.lessons.list(options.language);
  let isQuitAsked = false;
  let history: readonly string[] = [];

  const state = createState(options.language, options.message);
  state.homeRow = Math.max(
    0,
    lessons.findIndex((lesson) => lesson.isNext),
  );

  const text = () => textFor(state.language);
  const scene = (): Scene => ({
    state,
    theme: options.theme,
    text: text(),
    cluster,
    lessons,
    lesson: run?.view(state.language),
    progressPath: options.progressPath,
  });
  const say = (sentence: string) => {
    state.message = sentence;
  };

  const draw = createFrameGate(() => painter?.show(composeScreen(scene())));

  const go = (screen: Screen) => {
    state.cameFrom.push(state.screen);
    state.screen = screen;
    state.scroll.xray = 0;
  };
  let sandboxShell: ShellPane | undefined;
  const openShell = () => {
    if (!run && sandboxShell) {
      shell = sandboxShell;
      state.terminal = shell.terminal;
      return;
    }
    shell = createShellPane(
      cluster.shell(),
      history,
      text,
      () => draw(false),
      () => leaveShell(),
    );
    state.terminal = shell.terminal;
    if (!run) sandboxShell = shell;
  };
  const leaveShell = () => {
    state.focus = run ? 'lesson' : 'cluster';
  };
  let isPreparing = false;
  /** A lesson that was left stays as it is until another one is opened. */
  let kept: { readonly id: string; readonly run: LessonRun; readonly shell: ShellPane } | undefined;
  const comeBack = (left: LessonRun, itsShell: ShellPane) => {
    run = left;
    cluster = left.cluster;
    shell = itsShell;
    state.terminal = itsShell.terminal;
    state.cameFrom = ['home'];
    state.screen = 'lesson';
    state.focus = 'lesson';
  };
  const begin = (id: string | undefined) => {
    if (isPreparing) return;
    if (id === undefined) return enter(undefined);
    if (kept?.id === id) return comeBack(kept.run, kept.shell);
    isPreparing = true;
    state.sticky = text().lesson.preparing;
    void options.lessons
      .start(id)
      .then((started) => {
        if (started) enter(started);
        if (started && shell) kept = { id, run: started, shell };
      })
      .catch(options.onBug)
      .finally(() => {
        isPreparing = false;
        state.sticky = '';
        draw(true);
      });
  };
  const enter = (started: LessonRun | undefined) => {
    shell?.interrupt();
    run = started;
    cluster = started?.cluster ?? cluster;
    state.cameFrom = ['home'];
    state.screen = 'lesson';
    state.focus = started ? 'lesson' : 'shell';
    state.isZoomed = false;
    state.scroll.lesson = 0;
    openShell();
  };
  const goHome = () => {
    shell?.interrupt();
    history = state.terminal.editor.history;
    lessons = options.lessons.list(state.language);
    if (run) cluster = home;
    run = undefined;
    state.screen = 'home';
    state.cameFrom = [];
    const next = lessons.findIndex((lesson) => lesson.isNext);
    if (next >= 0) state.homeRow = next;
  };
  const back = () => {
    if (state.overlay) state.overlay = undefined;
    else if (state.isZoomed) state.isZoomed = false;
    else if (state.screen === 'lesson') goHome();
    else state.screen = state.cameFrom.pop() ?? 'home';
  };
  const focusBy = (step: number) => {
    if (state.screen === 'map' || state.screen === 'xray') return markBy(step);
    const panes = openPanes(scene());
    const at = panes.indexOf(state.focus);
    state.focus = panes[(at + step + panes.length) % panes.length] ?? 'shell';
  };
  const markBy = (step: number) => {
    const parts = partsInOrder(cluster.cluster());
    const at = parts.findIndex((part) => part.id === markedPart(scene()));
    state.partId = parts[(at + step + parts.length) % parts.length]?.id ?? '';
    state.scroll.xray = 0;
  };
  const moveBy = (rows: number) => {
    if (state.overlay === 'help') state.scroll.help = Math.max(0, state.scroll.help + rows);
    else if (state.screen === 'home') state.homeRow = clamp(state.homeRow + rows, 0, homeChoices(lessons).length - 1);
    else if (state.screen === 'map') markBy(Math.sign(rows));
    else if (state.screen === 'xray') state.scroll.xray += rows;
    else if (state.focus === 'shell') shell?.scroll(-rows);
    else state.scroll.lesson = Math.max(0, state.scroll.lesson + rows);
  };
  const stepLesson = (direction: 'back' | 'next') => {
    run?.[direction]();
    state.scroll.lesson = 0;
    if (run && run.saveProblem !== '') say(text().save.unwritable(options.progressPath, run.saveProblem));
    const view = run?.view(state.language);
    if (state.focus === 'shell' && view && view.goals.length === 0) state.focus = 'lesson';
  };
  const setLanguage = () => {
    state.language = state.language === 'en' ? 'es' : 'en';
    lessons = options.lessons.list(state.language);
  };
  const quit = (isAsking: boolean) => {
    if (isAsking && !isQuitAsked) {
      isQuitAsked = true;
      return say(text().quitAgain);
    }
    options.onQuit(0);
  };

  const actions: Readonly<Record<ActionId, (key: string) => void>> = {
    answer: (key) => {
      const option = run?.view(state.language).question?.options[Number(key) - 1];
      if (option) run?.answer(option.id);
    },
    back,
    clockFaster: () => cluster.setSpeed(nextSpeed(cluster.clock().speed, 1)),
    clockPause: () => cluster.setPaused(!cluster.clock().isPaused),
    clockRewind: () => {
      const { atUs, earliestUs } = cluster.clock();
      const byUs = Math.min(rewindUs, atUs - earliestUs);
      if (byUs <= 0) return say(text().clock.nothingEarlier);
      cluster.rewind(byUs);
      say(text().clock.rewound(Math.round(byUs / 1_000_000)));
    },
    clockSlower: () => cluster.setSpeed(nextSpeed(cluster.clock().speed, -1)),
    clockStep: () => {
      cluster.step();
      const last = cluster.trace(1)[0];
      if (last)
        say(`${formatMoment(last.atUs)} ${last.from} → ${last.to}: ${last.what}`.replace(/[\x00-\x1f\x7f-\x9f]/g, '?'));
    },
    down: () => moveBy(1),
    focusNext: () => focusBy(1),
    focusPane: (key) => {
      const pane = openPanes(scene())[Number(key.slice(-1)) - 1];
      if (pane) state.focus = pane;
    },
    focusPrevious: () => focusBy(-1),
    focusShell: () => {
      state.focus = 'shell';
    },
    help: () => {
      state.overlay = state.overlay === 'help' ? undefined : 'help';
      state.scroll.help = 0;
    },
    hint: () => {
      if (run && !run.view(state.language).canHint) say(text().lesson.hintPause);
      run?.hint();
      // The new hint stands at the end: bring it into sight.
      state.scroll.lesson = Number.MAX_SAFE_INTEGER;
    },
    language: setLanguage,
    leaveShell,
    map: () => go('map'),
    nextStep: () => stepLesson('next'),
    open: () => {
      if (state.screen === 'map') return go('xray');
      const choice = homeChoices(lessons)[state.homeRow];
      begin(choice?.kind === 'lesson' ? choice.lesson.id : undefined);
    },
    pageDown: () => moveBy(Math.max(1, Math.floor(state.height / 2))),
    pageUp: () => moveBy(-Math.max(1, Math.floor(state.height / 2))),
    previousStep: () => stepLesson('back'),
    quit: (key) => quit(key !== 'ctrl+q' && state.screen !== 'home'),
    restart: () => {
      const restarting = run;
      if (!restarting || isPreparing) return;
      isPreparing = true;
      state.sticky = text().lesson.preparing;
      shell?.interrupt();
      void restarting
        .restart()
        .then(() => {
          if (run !== restarting) return;
          cluster = restarting.cluster;
          openShell();
          if (kept && shell) kept = { ...kept, shell };
          state.scroll.lesson = 0;
          say(text().lesson.restarted);
        })
        .catch(options.onBug)
        .finally(() => {
          isPreparing = false;
          state.sticky = '';
          draw(true);
        });
    },
    sandbox: () => begin(undefined),
    settings: () => {
      state.overlay = 'settings';
    },
    takeCommand: () => {
      const commands = run?.view(state.language).commands ?? [];
      // Each press takes the next one; what stands on the line or was run already is not given again.
      const { line, history: ran } = state.terminal.editor;
      const fresh = commands.find((command) => !ran.includes(command)) ?? commands[0];
      const command = commands.includes(line) ? commands[(commands.indexOf(line) + 1) % commands.length] : fresh;
      if (command === undefined) return say(text().lesson.noCommand);
      shell?.suggest(command);
      state.focus = 'shell';
    },
    up: () => moveBy(-1),
    xray: () => go('xray'),
    zoom: () => {
      state.isZoomed = !state.isZoomed;
    },
  };

  const press = (name: string, typed: string) => {
    if (name === 'ctrl+z') return device?.suspend();
    if (state.width < smallest.width || state.height < smallest.height) {
      return name === 'q' || name === 'ctrl+c' || name === 'ctrl+q' ? options.onQuit(0) : undefined;
    }
    const place = placeOf(scene());
    const isShell = place === 'shell';
    // A search in the shell's history takes Esc for itself.
    if (isShell && state.terminal.editor.search && shell?.press(name, typed)) return;
    const binding = bindingFor(name, place) ?? (place === 'question' ? bindingFor(name, 'lesson') : undefined);
    if (binding) actions[binding.action](name);
    else if (isShell) shell?.press(name, typed);
  };

  const input = (inputs: readonly Input[]) => {
    for (const item of inputs) {
      state.message = '';
      const wasAsked = isQuitAsked;
      isQuitAsked = false;
      if (item.type === 'key') {
        if (wasAsked && item.name === 'ctrl+c') return options.onQuit(0);
        press(item.name, item.text);
      } else if (item.type === 'pasteTooLong') {
        say(text().shell.pasteTooLong(megabytes(item.size), megabytes(pasteLimit)));
      } else if (placeOf(scene()) === 'shell') {
        shell?.paste(item.text);
      }
    }
    draw(true);
  };

  if (options.lessonId !== undefined)
    begin(options.lessonId === 'next' ? lessons.find((lesson) => lesson.isNext)?.id : options.lessonId);

  return {
    compose: () => composeScreen(scene()),
    resize(width, height) {
      state.width = width;
      state.height = height;
    },
    input,
    repro: () => cluster.repro,
    start(terminal, screen) {
      device = terminal;
      painter = screen;
      const redraw = () => {
        state.width = terminal.width;
        state.height = terminal.height;
        screen.redraw(state.width, state.height);
        draw(true);
      };
      terminal.onInput(input);
      terminal.onResize(redraw);
      terminal.onResume(redraw);
      if (options.isAuto)
        autoplay({
          run: () => run,
          view: () => run?.view(state.language),
          isBusy: () => state.terminal.isBusy,
          press: (inputs) => input(inputs),
          isShell: () => state.focus === 'shell',
        });
      let passedAt = performance.now();
      let seen = -1;
      setInterval(() => {
        const now = performance.now();
        // After a stop (Ctrl-Z, a sleeping laptop) the cluster does not catch up.
        cluster.pass(Math.min(now - passedAt, 4 * passEveryMs), passBudgetMs);
        passedAt = now;
        void run
          ?.observe()
          .then((changed) => {
            if (changed) draw(false);
          })
          .catch(options.onBug);
        // Commands move the cluster as well, between two of these looks.
        if (cluster.revision !== seen) draw(false);
        seen = cluster.revision;
      }, passEveryMs);
    },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

function megabytes(characters: number): string {
  return characters >= 1_000_000 ? `${(characters / 1_000_000).toFixed(1)} MB` : `${Math.round(characters / 1024)} KB`;
}

/** Every command there is. A command whose machinery is not built is not listed. */
import type { Command } from './command.ts';
import type { Flag } from './flags.ts';

const language: Flag = {
  name: 'lang',
  value: 'LANG',
  choices: ['es', 'en'],
  about: 'language; else K8SD_LANG, else the locale',
};
const json: Flag = { name: 'json', about: 'one JSON document on stdout and nothing else' };

/** Without a command word. */
export const tutorCommand: Command = {
  name: '',
  about: 'the tutor, full screen',
  usage: '[--lang es|en]',
  flags: [
    language,
    { name: 'no-alt-screen', about: 'draw below the prompt instead of on a screen of its own' },
    { name: 'screen-reader', about: 'plain lines of text, no drawing' },
  ],
  operandLimit: 0,
  example: 'npx k8s-descompuesto --lang es',
  load: async () => (await import('./tutor.ts')).runTutor,
};

const lessonFolders: Flag = {
  name: 'lessons',
  value: 'DIR',
  isList: true,
  about: 'a folder with more lessons; may be repeated',
};

const seed: Flag = { name: 'seed', value: 'N', about: 'what chance is made of; 1 when not given' };
const cluster: Flag = {
  name: 'cluster',
  value: 'NAME|FILE',
  about: 'single, small, ha, big, or a YAML file; small when not given',
};

export const commands: readonly Command[] = [
  {
    name: 'learn',
    about: 'one lesson; --auto plays it by itself',
    usage: '[LESSON] [--auto] [--lang es|en] [--speed N]',
    flags: [
      { name: 'auto', about: 'plays its first solution; without a terminal, prints a transcript' },
      language,
      { name: 'speed', value: 'N', about: 'simulated seconds a second, from 1 to 1000' },
      lessonFolders,
      { name: 'no-alt-screen', about: 'draw below the prompt instead of on a screen of its own' },
      { name: 'screen-reader', about: 'plain lines of text, no drawing' },
    ],
    operandLimit: 1,
    example: 'k8s-descompuesto learn first-look --lang es',
    load: async () => (await import('./learn.ts')).runLearn,
  },
  {
    name: 'lessons',
    about: 'what there is to learn, and what is done',
    usage: '[--json]',
    flags: [json, language, lessonFolders],
    operandLimit: 0,
    example: 'k8s-descompuesto lessons',
    load: async () => (await import('./lessons.ts')).runLessons,
  },
  {
    name: 'verify',
    about: 'prove lessons: broken at the start, each solution passes, each decoy fails',
    usage: '[LESSON…] [--seeds N] [--json]',
    flags: [
      { name: 'seeds', value: 'N', about: 'how many seeds to prove each lesson with; 3 when not given' },
      json,
      lessonFolders,
    ],
    operandLimit: Number.POSITIVE_INFINITY,
    example: 'k8s-descompuesto verify first-look --seeds 5',
    load: async () => (await import('./verify.ts')).runVerify,
  },
  {
    name: 'shell',
    about: "the virtual laptop's bash without the tutor; prints only what the commands print",
    usage: '[-c SCRIPT | FILE | -] [--cluster NAME|FILE] [--seed N] [--state FILE]',
    flags: [
      { name: 'c', short: 'c', value: 'SCRIPT', about: 'the commands to run' },
      cluster,
      seed,
      { name: 'state', value: 'FILE', about: 'go on with this saved session, and save it there afterwards' },
    ],
    operandLimit: 1,
    example: "k8s-descompuesto shell -c 'kubectl get nodes'",
    load: async () => (await import('./shell.ts')).runShell,
  },
  {
    name: 'replay',
    about: 'run a saved session again and print its trace',
    usage: 'FILE [--until T] [--json]',
    flags: [{ name: 'until', value: 'T', about: 'stop at this virtual time, such as 90s or 5m' }, json],
    operandLimit: 1,
    example: 'k8s-descompuesto replay monday.session --until 5m',
    load: async () => (await import('./replay.ts')).runReplay,
  },
  {
    name: 'fuzz',
    about: 'random faults and work on random clusters; the laws are checked after every step',
    usage: '[--seeds A..B] [--minutes M] [--json]',
    flags: [
      { name: 'seeds', value: 'A..B', about: 'which seeds; 1..20 when not given' },
      { name: 'minutes', value: 'M', about: 'stop after so many minutes' },
      json,
    ],
    operandLimit: 0,
    example: 'k8s-descompuesto fuzz --seeds 1..100 --json',
    load: async () => (await import('./fuzz.ts')).runFuzz,
  },
  {
    name: 'bench',
    about: 'the benchmarks',
    usage: '[NAME…] [--json]',
    flags: [json],
    operandLimit: Number.POSITIVE_INFINITY,
    example: 'k8s-descompuesto bench first-frame-warm',
    more: async () => {
      const { benchmarks } = await import('../bench/benchmarks.ts');
      return `Benchmarks:\n${benchmarks.map(({ name, what }) => `  ${name.padEnd(18)} ${what}`).join('\n')}\n`;
    },
    load: async () => (await import('./bench.ts')).runBench,
  },
  {
    name: 'new-lesson',
    about: 'a lesson skeleton to fill in',
    usage: 'ID [--folder DIR]',
    flags: [{ name: 'folder', value: 'DIR', about: 'where to put it; here when not given' }],
    operandLimit: 1,
    example: 'k8s-descompuesto new-lesson broken-service',
    load: async () => (await import('./new-lesson.ts')).runNewLesson,
  },
  {
    name: 'doctor',
    about: 'terminal, Node, colour, locale, save file: what is right, what is not',
    usage: '[--json]',
    flags: [json, language],
    operandLimit: 0,
    example: 'k8s-descompuesto doctor',
    load: async () => (await import('./doctor.ts')).runDoctor,
  },
];

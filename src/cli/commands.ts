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

export const commands: readonly Command[] = [
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

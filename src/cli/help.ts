/** What --help prints, made from the table of commands. */
import type { Command } from './command.ts';
import type { Flag } from './flags.ts';

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => `${command.name} ${command.usage}`.trim().length));
  const lines = commands.map(
    (command) => `  k8s-descompuesto ${`${command.name} ${command.usage}`.trim().padEnd(width)}  ${command.about}`,
  );
  return `A whole Kubernetes cluster, taken apart, in your terminal.

  k8s-descompuesto ${''.padEnd(width)}  the tutor, full screen
${lines.join('\n')}

Without a command, the tutor takes:
  --lang es|en          language; else K8SD_LANG, else the locale
  --no-alt-screen       draw below the prompt instead of on a screen of its own
  --screen-reader       plain lines of text, no drawing

Each command says more with --help. Progress is kept in $XDG_STATE_HOME/k8s-descompuesto; nothing else is touched, and
nothing is sent anywhere.

Example: npx k8s-descompuesto
`;
}

export async function commandHelp(command: Command): Promise<string> {
  const more = command.more ? `\n${await command.more()}` : '';
  const flags = [...command.flags, { name: 'help', short: 'h', about: 'this text' }];
  const width = Math.max(...flags.map((flag) => flagWords(flag).length));
  return `${command.about[0]?.toUpperCase() ?? ''}${command.about.slice(1)}.

Usage: k8s-descompuesto ${`${command.name} ${command.usage}`.trim()}

${flags.map((flag) => `  ${flagWords(flag).padEnd(width)}  ${flag.about}`).join('\n')}
${more}
Example: ${command.example}
`;
}

function flagWords(flag: Flag): string {
  const short = flag.short ? `-${flag.short}, ` : '';
  const value = flag.value ? ` ${flag.choices ? flag.choices.join('|') : flag.value}` : '';
  return flag.name.length === 1 ? `-${flag.name}${value}` : `${short}--${flag.name}${value}`;
}

/** `doctor`: whether this machine and terminal suit the tutor. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { progressDirectory, progressPath, progressVersion } from '../ui/progress-file.ts';
import { decideLanguage } from '../ui/text/language.ts';
import { decideAscii, decideColour } from '../ui/theme.ts';
import { type CommandContext, type CommandRun, complain, exitStatus } from './command.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export const runDoctor: CommandRun = async (parsed, context) => {
  const language = decideLanguage(parsed.values.get('lang'), context.environment);
  if (!language) return complain(context, 'K8SD_LANG takes es or en.', exitStatus.usage);
  const checks = examine(context, language);
  const ok = checks.every((check) => check.ok);
  if (parsed.switches.has('json')) {
    context.stdout.write(`${JSON.stringify({ ok, checks }, undefined, 2)}\n`);
  } else {
    for (const check of checks)
      context.stdout.write(`${check.ok ? 'ok  ' : 'BAD '} ${check.name.padEnd(10)} ${check.detail}\n`);
  }
  return ok ? exitStatus.good : exitStatus.failed;
};

function examine(context: CommandContext, language: string): Check[] {
  const { environment } = context;
  const colour = decideColour(environment, context.stdout.isTTY);
  return [
    nodeCheck(process.versions.node),
    terminalCheck(context),
    { name: 'colour', ok: true, detail: colour ? 'on' : 'off (NO_COLOR, FORCE_COLOR=0, TERM=dumb or no terminal)' },
    {
      name: 'characters',
      ok: true,
      detail: decideAscii(environment) ? 'ASCII only: the locale is not UTF-8' : 'UTF-8',
    },
    { name: 'language', ok: true, detail: language },
    saveCheck(progressPath(progressDirectory(environment))),
  ];
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { name: 'node', ok, detail: ok ? `${version}` : `${version} is too old: 20.19 or newer is needed` };
}

function terminalCheck({ environment, stdin, stdout }: CommandContext): Check {
  const name = environment['TERM'] ?? '';
  if (!stdin.isTTY || !stdout.isTTY)
    return { name: 'terminal', ok: true, detail: 'none here (a pipe): the tutor needs one, the other commands do not' };
  if (name === 'dumb')
    return { name: 'terminal', ok: true, detail: 'TERM=dumb cannot place text: the tutor talks in plain lines' };
  const { columns, rows } = process.stdout;
  const ok = columns >= 40 && rows >= 10;
  return {
    name: 'terminal',
    ok,
    detail: `${name} ${columns}×${rows}${ok ? (columns < 80 || rows < 24 ? ': one pane at a time; 80×24 shows all' : '') : ': at least 40×10 is needed'}`,
  };
}

function saveCheck(path: string): Check {
  try {
    let directory = dirname(path);
    while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory);
    accessSync(directory, constants.W_OK);
  } catch {
    return {
      name: 'save file',
      ok: false,
      detail: `${path} cannot be written: set XDG_STATE_HOME to a directory that can`,
    };
  }
  if (!existsSync(path)) return { name: 'save file', ok: true, detail: `${path} (none yet)` };
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
    if (typeof version === 'number' && version <= progressVersion) return { name: 'save file', ok: true, detail: path };
    return { name: 'save file', ok: false, detail: `${path} comes from a newer version; the tutor will put it aside` };
  } catch {
    return { name: 'save file', ok: false, detail: `${path} is damaged; the tutor will put it aside` };
  }
}

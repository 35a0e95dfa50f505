import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { didYouMean, type Flag, parseFlags } from '../../src/cli/flags.ts';
import { runWords } from '../../src/cli/main.ts';
import { durationUs, wholeNumber } from '../../src/cli/numbers.ts';

async function type(words: readonly string[], environment: Record<string, string> = {}) {
  let out = '';
  let errors = '';
  const context: CommandContext = {
    environment: { XDG_STATE_HOME: mkdtempSync(join(tmpdir(), 'k8sd-')), ...environment },
    stdin: { isTTY: false },
    stdout: {
      isTTY: false,
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      write: (text) => {
        errors += text;
      },
    },
    keepCompiledCode: () => {},
  };
  return { status: await runWords(words, context), out, errors };
}

const flags: readonly Flag[] = [
  { name: 'json', about: '' },
  { name: 'file', short: 'f', value: 'FILE', isList: true, about: '' },
  { name: 'lang', value: 'LANG', choices: ['es', 'en'], about: '' },
];

describe('flags', () => {
  test('in every way of writing them', () => {
    const result = parseFlags(flags, ['--json', '-f', 'a', '--file=b', '--lang', 'es', 'rest', '-', '--', '--json'], 9);
    expect(result).toMatchObject({ ok: true, parsed: { operands: ['rest', '-', '--json'] } });
    if (result.ok) {
      expect(result.parsed.lists.get('file')).toEqual(['a', 'b']);
      expect(result.parsed.values.get('lang')).toBe('es');
    }
  });
  test('wrong ones are one sentence, with what was meant', () => {
    const message = (...words: string[]) => {
      const result = parseFlags(flags, words, 0);
      return result.ok ? '' : result.message;
    };
    expect(message('--jsno')).toBe('unknown flag --jsno, did you mean --json?');
    expect(message('--lang', 'fr')).toBe('--lang takes es or en, not "fr"');
    expect(message('--file')).toBe('--file needs a value: --file FILE');
    expect(message('--json=1')).toBe('--json takes no value');
    expect(message('extra')).toBe('unexpected "extra"');
  });
  test('only near words are guessed', () => {
    expect(didYouMean('lesons', ['lessons', 'learn'])).toBe(', did you mean lessons?');
    expect(didYouMean('xyzzy', ['lessons', 'learn'])).toBe('');
  });
});

describe('the command line', () => {
  test('--help names every command and nothing that is not built', async () => {
    const { status, out } = await type(['--help']);
    expect(status).toBe(0);
    for (const command of commands) expect(out).toContain(`k8s-descompuesto ${command.name}`);
  });
  test('each command has help with an example, and loads', async () => {
    for (const command of commands) {
      const { status, out } = await type([command.name, '--help']);
      expect(status).toBe(0);
      expect(out).toContain(`Example: ${command.example}`);
      expect(typeof (await command.load())).toBe('function');
    }
  });
  test('a mistyped command or flag is usage, with a guess', async () => {
    expect(await type(['docter'])).toEqual({
      status: 2,
      out: '',
      errors: 'k8s-descompuesto: there is no command "docter", did you mean doctor?\n',
    });
    expect((await type(['doctor', '--jsn'])).errors).toContain('did you mean --json?');
    expect((await type(['--nonsense'])).status).toBe(2);
    expect((await type(['--lang', 'fr'])).status).toBe(2);
    expect((await type([], { K8SD_LANG: 'fr' })).errors).toContain('K8SD_LANG=fr');
  });
  test('without a terminal it says how to use it, in the right language', async () => {
    const english = await type([]);
    expect(english.status).toBe(0);
    expect(english.out).toContain('npx k8s-descompuesto');
    expect((await type(['--lang', 'es'])).out).toContain('En una terminal');
  });
  test('doctor gives one JSON document and the status of its checks', async () => {
    const { status, out } = await type(['doctor', '--json']);
    const report = JSON.parse(out);
    expect(report.ok).toBe(status === 0);
    expect(report.checks.map((check: { name: string }) => check.name)).toEqual([
      'node',
      'terminal',
      'colour',
      'characters',
      'language',
      'save file',
    ]);
  });
  test('doctor sees a damaged save file and leaves it where it is', async () => {
    const state = mkdtempSync(join(tmpdir(), 'k8sd-'));
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(state, 'k8s-descompuesto'));
    writeFileSync(join(state, 'k8s-descompuesto', 'progress.json'), '{oops');
    expect((await type(['doctor'], { XDG_STATE_HOME: state })).status).toBe(1);
    expect((await type(['lessons', '--json'], { XDG_STATE_HOME: state })).status).toBe(0);
    expect(readdirSync(join(state, 'k8s-descompuesto'))).toEqual(['progress.json']);
  });
  test('lessons --json is what scripts rely on', async () => {
    const { out, status } = await type(['lessons', '--json']);
    expect(status).toBe(0);
    for (const lesson of JSON.parse(out)) {
      expect(Object.keys(lesson).sort()).toEqual(['certs', 'done', 'id', 'level', 'minutes', 'title', 'track']);
      expect(Object.keys(lesson.title)).toEqual(['en', 'es']);
    }
  });
  test('replay refuses what is no session, in one sentence', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'k8sd-')), 'x');
    expect(await type(['replay', file])).toMatchObject({
      status: 1,
      errors: `k8s-descompuesto: ${file}: there is no such file.\n`,
    });
    writeFileSync(file, 'not json');
    expect((await type(['replay', file])).errors).toContain('it is not JSON');
    writeFileSync(file, '{"format":"k8s-descompuesto-session","version":7}');
    expect((await type(['replay', file])).errors).toContain('of this version');
    expect((await type(['replay'])).status).toBe(2);
  });
  test('new-lesson writes a lesson that loads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'k8sd-'));
    const { status, out } = await type(['new-lesson', 'dns-loop', '--folder', folder]);
    expect(status).toBe(0);
    expect(out).toContain(join(folder, 'dns-loop'));
    for (const listed of [
      await type(['lessons', '--json'], { K8SD_LESSONS: folder }),
      await type(['lessons', '--json', '--lessons', folder]),
    ]) {
      expect(listed.errors).toBe('');
      expect(JSON.parse(listed.out).map((lesson: { id: string }) => lesson.id)).toContain('dns-loop');
    }
    expect((await type(['new-lesson', 'Not An Id', '--folder', folder])).status).toBe(2);
    expect((await type(['new-lesson', 'dns-loop', '--folder', folder])).status).toBe(1);
  });
  test('every command is listed once', () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('numbers and durations', () => {
  expect(wholeNumber('12', 1, 20)).toBe(12);
  expect(wholeNumber('21', 1, 20)).toBeUndefined();
  expect(wholeNumber('1e3', 1, 2000)).toBeUndefined();
  expect(durationUs('1m30s')).toBe(90_000_000);
  expect(durationUs('250ms')).toBe(250_000);
  expect(durationUs('2')).toBe(2_000_000);
  expect(durationUs('soon')).toBeUndefined();
});

/**
 * A shell as data: a stack of frames over the parsed script, one command at a time, so that it can sleep, wait for an answer,
 * be copied and go on. Output goes to the process's log line by line, or into the open capture.
 */
import type { Io } from '../../kernel/io.ts';
import { SECOND } from '../../kernel/units.ts';
import type { ContainerProcessConfig } from '../container-process.ts';
import { type AppletResult, runApplet } from './applets.ts';
import type { Fetch } from './http-client.ts';
import { expandText, expandWords, type Variables } from './shell-expand.ts';
import { type Command, type Node, parseShell } from './shell-parse.ts';

export type Wait =
  | { readonly k: 'sleep'; readonly us: number }
  | { readonly k: 'forever' }
  | { readonly k: 'fetch'; readonly fetch: Fetch };

interface Frame {
  readonly node: Node;
  step: number;
  /** Results of command substitutions. */
  readonly subs: string[];
  /** Values of a `for`. */
  readonly values: string[];
}

export interface ShellMemory {
  readonly config: ContainerProcessConfig | undefined;
  readonly frames: Frame[];
  status: number;
  readonly vars: Record<string, string>;
  readonly args: readonly string[];
  cwd: string;
  readonly captures: string[];
  partial: string;
  stdin: string | undefined;
  readonly traps: Record<string, string>;
  /** When the background jobs end. */
  readonly background: number[];
  wait: Wait | undefined;
  /** Commands since the last pause. */
  burst: number;
  memoryBytes: number;
}

/** A loop that never pauses would stop the world; after this many commands it has used up its share of the second. */
const BURST = 40;

/** Puts a script on the stack; its failure to parse is the shell's exit status 2. */
export function loadScript(me: ShellMemory, io: Io, script: string): void {
  const parsed = parseShell(script);
  if (parsed.ok) {
    pushFrame(me, parsed.node);
    return;
  }
  if (parsed.error.startsWith('not simulated')) notSimulated(me, io, parsed.error.slice(15));
  else {
    printError(me, io, `sh: ${parsed.error}\n`);
    me.status = 2;
  }
}

/** One command given as an argument vector instead of a script. */
export function loadCommand(me: ShellMemory, argv: readonly string[]): void {
  const words = argv.map((text) => [{ k: 'text', text, quoted: true } as const]);
  pushFrame(me, { k: 'command', assigns: [], words, redirects: [], subs: [] });
}

/** Runs until something has to be waited for, or the end: then the process exits. */
export function runShell(me: ShellMemory, io: Io): void {
  while (me.wait === undefined) {
    const frame = me.frames.at(-1);
    if (frame === undefined) {
      leave(me, io, me.status);
      return;
    }
    advance(me, io, frame);
  }
}

/** The awaited has happened: the command that waited ends with this. */
export function finishWait(me: ShellMemory, io: Io, result: AppletResult): void {
  me.wait = undefined;
  me.burst = 0;
  const frame = me.frames.at(-1);
  if (frame?.node.k === 'command') finishCommand(me, io, frame, frame.node, result);
  runShell(me, io);
}

/** SIGTERM: the trap, if there is one. False: no trap. */
export function runTrap(me: ShellMemory, io: Io, signal: string): boolean {
  const trap = me.traps[signal];
  if (trap === undefined) return false;
  me.wait = undefined;
  me.frames.length = 0;
  me.captures.length = 0;
  loadScript(me, io, trap);
  runShell(me, io);
  return true;
}

export function scopeOf(me: ShellMemory): Variables {
  return { vars: me.vars, status: me.status, args: me.args };
}

export function print(me: ShellMemory, io: Io, text: string): void {
  if (text === '') return;
  if (me.captures.length > 0) {
    me.captures[me.captures.length - 1] += text;
    return;
  }
  const lines = (me.partial + text).split('\n');
  me.partial = lines.pop()!;
  for (const line of lines) io.log(line);
}

export function printError(me: ShellMemory, io: Io, text: string): void {
  for (const line of text.replace(/\n$/, '').split('\n')) if (text !== '') io.log(line);
  me.partial = '';
}

export function notSimulated(me: ShellMemory, io: Io, what: string): void {
  printError(me, io, `not simulated: ${what}`);
  me.frames.length = 0;
  me.captures.length = 0;
  me.status = 64;
}

export function leave(me: ShellMemory, io: Io, status: number): void {
  if (me.partial !== '') io.log(me.partial);
  me.partial = '';
  me.frames.length = 0;
  me.wait = { k: 'forever' };
  io.exit(status);
}

function pushFrame(me: ShellMemory, node: Node): void {
  me.frames.push({ node, step: 0, subs: [], values: [] });
}

function popFrame(me: ShellMemory): void {
  me.frames.pop();
}

function advance(me: ShellMemory, io: Io, frame: Frame): void {
  const { node } = frame;
  switch (node.k) {
    case 'list': {
      const item = node.items[frame.step++];
      if (item === undefined) popFrame(me);
      else pushFrame(me, item);
      return;
    }
    case 'and':
    case 'or':
      if (frame.step++ === 0) pushFrame(me, node.left);
      else {
        popFrame(me);
        if ((me.status === 0) === (node.k === 'and')) pushFrame(me, node.right);
      }
      return;
    case 'not':
      if (frame.step++ === 0) pushFrame(me, node.body);
      else {
        popFrame(me);
        me.status = me.status === 0 ? 1 : 0;
      }
      return;
    case 'background':
      popFrame(me);
      inBackground(me, io, node.body);
      return;
    case 'pipe':
      pipe(me, io, frame, node.items);
      return;
    case 'while':
      if (frame.step++ % 2 === 0) pushFrame(me, node.condition);
      else if ((me.status === 0) !== node.until) pushFrame(me, node.body);
      else {
        popFrame(me);
        me.status = 0;
      }
      return;
    case 'for':
      loop(me, frame, node);
      return;
    case 'if':
      branch(me, frame, node);
      return;
    case 'command':
      command(me, io, frame, node);
  }
}

function loop(me: ShellMemory, frame: Frame, node: Extract<Node, { k: 'for' }>): void {
  if (substituting(me, frame, node.subs)) return;
  if (frame.step === node.subs.length * 2) frame.values.push(...expandWords(node.words, scopeOf(me), frame.subs));
  const value = frame.values[frame.step++ - node.subs.length * 2];
  if (value === undefined) {
    popFrame(me);
    return;
  }
  me.vars[node.name] = value;
  pushFrame(me, node.body);
}

function branch(me: ShellMemory, frame: Frame, node: Extract<Node, { k: 'if' }>): void {
  if (frame.step++ === 0) {
    pushFrame(me, node.condition);
    return;
  }
  popFrame(me);
  const chosen = me.status === 0 ? node.then : node.otherwise;
  me.status = 0;
  if (chosen !== undefined) pushFrame(me, chosen);
}

/** Each part runs to its end, its output is the next one's input. */
function pipe(me: ShellMemory, io: Io, frame: Frame, items: readonly Node[]): void {
  if (frame.step > 0 && frame.step < items.length) me.stdin = me.captures.pop() ?? '';
  if (frame.step >= items.length) {
    me.stdin = undefined;
    popFrame(me);
    return;
  }
  const item = items[frame.step++]!;
  if (item.k === 'while' || item.k === 'for') {
    notSimulated(me, io, 'a loop in a pipe');
    return;
  }
  if (frame.step < items.length) me.captures.push('');
  pushFrame(me, item);
}

function inBackground(me: ShellMemory, io: Io, body: Node): void {
  const first = body.k === 'command' ? expandWords(body.words, scopeOf(me), []) : [];
  if (first[0] !== 'sleep' && first[0] !== 'tail') {
    notSimulated(me, io, 'background jobs other than sleep');
    return;
  }
  const result = runApplet(me, io, first);
  if (result.wait?.k === 'sleep') me.background.push(io.now + result.wait.us);
  else if (result.wait !== undefined) me.background.push(Number.MAX_SAFE_INTEGER);
  me.status = 0;
}

/** Runs the substitutions of a command or loop one after the other. True while one is on the stack. */
function substituting(me: ShellMemory, frame: Frame, subs: readonly Node[]): boolean {
  if (frame.step >= subs.length * 2) return false;
  if (frame.step % 2 === 0) {
    me.captures.push('');
    pushFrame(me, subs[frame.step / 2]!);
  } else frame.subs.push(me.captures.pop() ?? '');
  frame.step++;
  return true;
}

function command(me: ShellMemory, io: Io, frame: Frame, node: Command): void {
  if (substituting(me, frame, node.subs)) return;
  if (++me.burst > BURST) {
    // It has run in vain often enough for this second.
    me.burst = 0;
    me.wait = { k: 'sleep', us: SECOND };
    io.setTimer('wait', SECOND, { type: 'CPU' });
    return;
  }
  const scope = scopeOf(me);
  const argv = expandWords(node.words, scope, frame.subs);
  if (argv.length === 0) {
    for (const { name, value } of node.assigns) me.vars[name] = expandText(value, scope, frame.subs);
    me.status = 0;
    popFrame(me);
    return;
  }
  for (const redirect of node.redirects) {
    if (redirect.kind !== '<') continue;
    const path = expandText(redirect.target, scope, frame.subs);
    const content = io.readFile(absolute(me, path));
    if (content === undefined) {
      finishCommand(me, io, frame, node, { status: 1, err: `sh: can't open ${path}: no such file\n` });
      return;
    }
    me.stdin = content;
  }
  const saved: Record<string, string | undefined> = {};
  for (const { name, value } of node.assigns) {
    saved[name] = me.vars[name];
    me.vars[name] = expandText(value, scope, frame.subs);
  }
  const result = runApplet(me, io, argv);
  for (const [name, value] of Object.entries(saved)) {
    if (value === undefined) delete me.vars[name];
    else me.vars[name] = value;
  }
  if (me.frames.at(-1) !== frame) return;
  if (result.wait !== undefined) {
    me.wait = result.wait;
    if (result.wait.k === 'sleep') io.setTimer('wait', result.wait.us, { type: 'WOKEN' });
    return;
  }
  finishCommand(me, io, frame, node, result);
}

function finishCommand(me: ShellMemory, io: Io, frame: Frame, node: Command, result: AppletResult): void {
  const scope = scopeOf(me);
  let out = result.out ?? '';
  let err = result.err ?? '';
  me.status = result.status;
  for (const { kind, target } of node.redirects) {
    if (kind === '2>&1') {
      out += err;
      err = '';
    } else if (kind === '2>') err = '';
    else if (kind !== '<') {
      const path = absolute(me, expandText(target, scope, frame.subs));
      const before = kind === '>>' ? (io.readFile(path) ?? '') : '';
      const problem = DEVICES.has(path) ? undefined : io.writeFile(path, before + out);
      if (path === '/dev/stdout' || path === '/proc/1/fd/1') print(me, io, out);
      else if (path === '/dev/stderr') err += out;
      out = '';
      if (problem !== undefined) {
        err += `sh: write error: ${problem[0]!.toUpperCase()}${problem.slice(1)}\n`;
        me.status = 1;
      }
    }
  }
  if (me.frames.at(-1) === frame) popFrame(me);
  print(me, io, out);
  if (err !== '') printError(me, io, err);
}

const DEVICES: ReadonlySet<string> = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/proc/1/fd/1']);

export function absolute(me: ShellMemory, path: string): string {
  if (path.startsWith('/')) return path.length > 1 ? path.replace(/\/+$/, '') : path;
  const joined = `${me.cwd === '/' ? '' : me.cwd}/${path}`.replaceAll('/./', '/').replace(/\/\.?$/, '');
  return joined === '' ? '/' : joined;
}

/** Leaves loops: `break` and `continue` unwind the stack to the nearest one. */
export function unwindLoop(me: ShellMemory, goOn: boolean): void {
  for (let i = me.frames.length - 1; i >= 0; i--) {
    const { node } = me.frames[i]!;
    if (node.k !== 'while' && node.k !== 'for') continue;
    me.frames.length = goOn ? i + 1 : i;
    return;
  }
}

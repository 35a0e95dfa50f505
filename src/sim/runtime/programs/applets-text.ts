/** Commands about text and files: echo, cat, ls, grep, head, tail, wc, test and their like. */
import type { Io } from '../../kernel/io.ts';
import type { Applet, AppletResult } from './applets.ts';
import { absolute, type ShellMemory } from './shell.ts';

const DONE: AppletResult = { status: 0 };

const echo: Applet = (_me, _io, args) => {
  let at = 0;
  let newline = true;
  let escapes = false;
  for (; /^-[neE]+$/.test(args[at] ?? ''); at++) {
    newline &&= !args[at]!.includes('n');
    escapes ||= args[at]!.includes('e');
  }
  const text = args.slice(at).join(' ');
  return { status: 0, out: (escapes ? unescaped(text) : text) + (newline ? '\n' : '') };
};

const printf: Applet = (_me, _io, [format = '', ...args]) => {
  let at = 0;
  const out = unescaped(format).replace(/%(-?\d*)([sdi%])/g, (_all, width: string, kind: string) => {
    if (kind === '%') return '%';
    const value = args[at++] ?? '';
    const size = Math.abs(Number(width));
    return width.startsWith('-') ? value.padEnd(size) : value.padStart(size);
  });
  return { status: 0, out };
};

const cat: Applet = (me, io, args) => eachInput(me, io, args, 'cat', (text) => text);

const ls: Applet = (me, io, args) => {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const isLong = args.some((arg) => /^-\w*l/.test(arg));
  let out = '';
  let err = '';
  for (const path of wanted.length === 0 ? ['.'] : wanted) {
    const full = absolute(me, path);
    const names = new Set<string>();
    for (const file of io.listFiles(full)) names.add(file.slice(full === '/' ? 1 : full.length + 1).split('/')[0]!);
    if (names.size > 0) {
      const hidden = args.some((arg) => /^-\w*[aA]/.test(arg));
      for (const name of [...names].sort())
        if (hidden || !name.startsWith('.')) out += isLong ? `-rw-r--r--    1 root     root  ${name}\n` : `${name}\n`;
    } else if (io.readFile(full) !== undefined) out += `${path}\n`;
    else if (full !== '/' && !ALWAYS_THERE.has(full)) err += `ls: ${path}: No such file or directory\n`;
  }
  return { status: err === '' ? 0 : 1, out, err };
};

const ALWAYS_THERE: ReadonlySet<string> = new Set([
  '/tmp',
  '/root',
  '/home',
  '/mnt',
  '/var',
  '/etc',
  '/usr',
  '/dev',
  '/proc',
  '/sys',
]);

const grep: Applet = (me, io, args) => {
  const flags = args.filter((arg) => /^-[a-zA-Z]+$/.test(arg)).join('');
  const [pattern = '', ...files] = args.filter((arg) => !/^-[a-zA-Z]+$/.test(arg));
  let matcher: RegExp;
  try {
    matcher = new RegExp(
      flags.includes('F') ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern,
      flags.includes('i') ? 'i' : '',
    );
  } catch {
    return { status: 2, err: `grep: bad regex '${pattern}'\n` };
  }
  let count = 0;
  const result = eachInput(me, io, files, 'grep', (text) => {
    const lines = text.replace(/\n$/, '').split('\n');
    const matching = lines.filter((line) => matcher.test(line) !== flags.includes('v'));
    count += matching.length;
    return flags.includes('q') || flags.includes('c') ? '' : matching.map((line) => `${line}\n`).join('');
  });
  if (result.status > 0) return { ...result, status: 2 };
  return { status: count > 0 ? 0 : 1, out: flags.includes('c') ? `${count}\n` : (result.out ?? '') };
};

const lines =
  (fromEnd: boolean): Applet =>
  (me, io, args) => {
    let count = 10;
    const files: string[] = [];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '-n') count = Number(args[++i]);
      else if (/^-n?\d+$/.test(arg)) count = Number(arg.replace(/^-n?/, ''));
      else if (!arg.startsWith('-')) files.push(arg);
    }
    return eachInput(me, io, files, fromEnd ? 'tail' : 'head', (text) => {
      const all = text.replace(/\n$/, '').split('\n');
      const kept = fromEnd ? all.slice(-count) : all.slice(0, count);
      return text === '' ? '' : `${kept.join('\n')}\n`;
    });
  };

const wc: Applet = (me, io, args) => {
  const files = args.filter((arg) => !arg.startsWith('-'));
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  return eachInput(me, io, files, 'wc', (text) => {
    const counts = [text.split('\n').length - 1, text.split(/\s+/).filter((word) => word !== '').length, text.length];
    const shown = flags === '' ? counts : counts.filter((_count, i) => flags.includes('lwc'[i]!));
    return `${shown.join(' ')}${files.length > 0 ? ` ${files[0]}` : ''}\n`;
  });
};

const test: Applet = (me, io, given) => {
  const args = given.at(-1) === ']' ? given.slice(0, -1) : given;
  return { status: holds(me, io, args) ? 0 : 1 };
};

function holds(me: ShellMemory, io: Io, args: readonly string[]): boolean {
  if (args[0] === '!') return !holds(me, io, args.slice(1));
  const [left = '', op = '', right = ''] = args;
  if (args.length === 1) return left !== '';
  if (args.length === 2) {
    const path = absolute(me, op);
    const isFile = io.readFile(path) !== undefined;
    switch (left) {
      case '-n':
        return op !== '';
      case '-z':
        return op === '';
      case '-f':
        return isFile;
      case '-s':
        return (io.readFile(path) ?? '') !== '';
      case '-d':
        return !isFile && io.listFiles(path).length > 0;
      default:
        return isFile || io.listFiles(path).length > 0;
    }
  }
  const [a, b] = [Number(left), Number(right)];
  switch (op) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    default:
      return false;
  }
}

export const TEXT_APPLETS: Readonly<Record<string, Applet>> = {
  echo,
  printf,
  cat,
  ls,
  grep,
  head: lines(false),
  tail: lines(true),
  wc,
  test,
  '[': test,
  sort: (me, io, args) =>
    eachInput(
      me,
      io,
      args.filter((arg) => !arg.startsWith('-')),
      'sort',
      (text) => `${text.replace(/\n$/, '').split('\n').sort().join('\n')}\n`,
    ),
  tee: (me, io, args) => {
    const text = me.stdin ?? '';
    for (const path of args.filter((arg) => !arg.startsWith('-'))) io.writeFile(absolute(me, path), text);
    return { status: 0, out: text };
  },
  touch: (me, io, args) => {
    for (const path of args) if (io.readFile(absolute(me, path)) === undefined) io.writeFile(absolute(me, path), '');
    return DONE;
  },
  mkdir: () => DONE,
  rm: (me, io, args) => {
    for (const path of args.filter((arg) => !arg.startsWith('-'))) {
      const full = absolute(me, path);
      if (io.readFile(full) !== undefined) io.removeFile(full);
      else for (const file of io.listFiles(full)) io.removeFile(file);
    }
    return DONE;
  },
  seq: (_me, _io, args) => {
    const numbers = args.map(Number);
    const [first, step, last] =
      numbers.length === 1
        ? [1, 1, numbers[0]!]
        : numbers.length === 2
          ? [numbers[0]!, 1, numbers[1]!]
          : [numbers[0] ?? 1, numbers[1] ?? 1, numbers[2] ?? 0];
    let out = '';
    for (let n = first, i = 0; step > 0 ? n <= last : n >= last; n += step) {
      if (++i > 10_000) break;
      out += `${n}\n`;
    }
    return { status: 0, out };
  },
  expr: (_me, _io, [left = '0', op = '+', right = '0']) => {
    const [a, b] = [Number(left), Number(right)];
    const value = op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '/' ? Math.trunc(a / b) : a % b;
    return { status: value === 0 ? 1 : 0, out: `${value}\n` };
  },
};

function eachInput(
  me: ShellMemory,
  io: Io,
  files: readonly string[],
  tool: string,
  action: (text: string) => string,
): AppletResult {
  if (files.length === 0) {
    const text = me.stdin ?? me.config?.stdin;
    if (text === undefined && me.config?.keepsStdin === true) return { status: 0, wait: { k: 'forever' } };
    return { status: 0, out: action(text ?? '') };
  }
  let out = '';
  let err = '';
  for (const file of files) {
    const text = file === '-' ? (me.stdin ?? '') : file === '/dev/null' ? '' : io.readFile(absolute(me, file));
    if (text === undefined) err += `${tool}: can't open '${file}': No such file or directory\n`;
    else out += action(text);
  }
  return { status: err === '' ? 0 : 1, out, err };
}

function unescaped(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\\\', '\\');
}

/**
 * What a terminal sends, as named keys: `a`, `ctrl+r`, `alt+b`, `shift+tab`, `up`, `f5`, and pasted text as one piece.
 * Bytes may arrive torn anywhere; an escape sequence waits for its end, a lone Esc is known by nothing following it.
 */
export type Input =
  | { readonly type: 'key'; readonly name: string; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'pasteTooLong'; readonly size: number };

/** The longest paste that is taken, in characters; a longer one is counted and let go. */
export const pasteLimit = 64 * 1024;

const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

const finals: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

const tildes: Readonly<Record<string, string>> = {
  '1': 'home',
  '2': 'insert',
  '3': 'delete',
  '4': 'end',
  '5': 'pageup',
  '6': 'pagedown',
  '7': 'home',
  '8': 'end',
  '11': 'f1',
  '12': 'f2',
  '13': 'f3',
  '14': 'f4',
  '15': 'f5',
  '17': 'f6',
  '18': 'f7',
  '19': 'f8',
  '20': 'f9',
  '21': 'f10',
  '23': 'f11',
  '24': 'f12',
};

export interface KeyReader {
  /** @returns the keys that are complete now */
  push(chunk: string): Input[];
  /** True while a lone Esc waits to see whether something follows. */
  readonly isWaiting: boolean;
  /** Nothing followed: @returns the Esc key. */
  flush(): Input[];
}

export function createKeyReader(): KeyReader {
  let pending = '';
  let pasted: string[] | undefined;
  let pastedSize = 0;

  const takePaste = (chunk: string): { rest: string; inputs: Input[] } => {
    // The end mark may be torn between two chunks: the last few characters of what came before are looked at again.
    const tail = pasted?.pop() ?? '';
    const text = tail + chunk;
    const end = text.indexOf(pasteEnd);
    const body = end === -1 ? text : text.slice(0, end);
    pastedSize += body.length - tail.length;
    if (pastedSize <= pasteLimit + pasteEnd.length) {
      pasted?.push(body);
    } else {
      pasted = [end === -1 ? body.slice(-pasteEnd.length) : ''];
    }
    if (end === -1) return { rest: '', inputs: [] };
    const whole = (pasted ?? []).join('');
    const size = pastedSize;
    pasted = undefined;
    pastedSize = 0;
    const input: Input = size > pasteLimit ? { type: 'pasteTooLong', size } : { type: 'paste', text: whole };
    return { rest: text.slice(end + pasteEnd.length), inputs: [input] };
  };

  const push = (chunk: string): Input[] => {
    const inputs: Input[] = [];
    let text = chunk;
    for (;;) {
      if (pasted !== undefined) {
        const taken = takePaste(text);
        inputs.push(...taken.inputs);
        text = taken.rest;
        if (pasted !== undefined) return inputs;
      }
      const all = pending + text;
      pending = '';
      const start = all.indexOf(pasteStart);
      const { inputs: keys, rest } = readKeys(start === -1 ? all : all.slice(0, start));
      inputs.push(...keys);
      if (start === -1) {
        pending = rest;
        return inputs;
      }
      pasted = [];
      text = all.slice(start + pasteStart.length);
    }
  };

  return {
    push,
    get isWaiting() {
      return pending !== '' && pasted === undefined;
    },
    flush() {
      const waiting = pending;
      pending = '';
      if (waiting === '') return [];
      return waiting === '\x1b' ? [key('esc')] : readKeys(waiting.slice(1)).inputs.map(withAlt);
    },
  };
}

function readKeys(text: string): { inputs: Input[]; rest: string } {
  const inputs: Input[] = [];
  let index = 0;
  while (index < text.length) {
    if (text[index] !== '\x1b') {
      const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
      inputs.push(plainKey(character));
      index += character.length;
      continue;
    }
    const sequence = escapeSequence(text, index);
    if (sequence === undefined) return { inputs, rest: text.slice(index) };
    const named = nameOf(sequence);
    if (named) inputs.push(named);
    index += sequence.length;
  }
  return { inputs, rest: '' };
}

/** @returns the whole sequence that starts at `index`, undefined while its end is missing */
function escapeSequence(text: string, index: number): string | undefined {
  const second = text[index + 1];
  if (second === undefined) return undefined;
  if (second === '[') {
    for (let end = index + 2; end < text.length; end++) {
      const code = text.charCodeAt(end);
      // The Linux console says ESC [ [ A for F1.
      if (code === 0x5b && end === index + 2) continue;
      if (code >= 0x40 && code <= 0x7e) return text.slice(index, end + 1);
    }
    return undefined;
  }
  if (second === 'O') return text.length > index + 2 ? text.slice(index, index + 3) : undefined;
  if (second === '\x1b') return '\x1b';
  return text.slice(index, index + 1 + String.fromCodePoint(text.codePointAt(index + 1) ?? 0).length);
}

function nameOf(sequence: string): Input | undefined {
  if (sequence === '\x1b') return key('esc');
  const control = /^\x1b(?:\[|O)([0-9;]*)([A-Z~])$/.exec(sequence);
  if (control) {
    const [, parameters = '', final = ''] = control;
    const [first = '', modifier = ''] = parameters.split(';');
    if (final === 'Z') return key('shift+tab');
    const name = final === '~' ? tildes[first] : finals[final];
    return name ? key(modifiers(modifier) + name) : undefined;
  }
  const linux = /^\x1b\[\[([A-E])$/.exec(sequence);
  if (linux) return key(`f${'ABCDE'.indexOf(linux[1] ?? 'A') + 1}`);
  if (sequence.startsWith('\x1b[') || sequence.startsWith('\x1bO')) return undefined;
  return withAlt(plainKey(sequence.slice(1)));
}

/** xterm adds one to a bit set: 1 shift, 2 alt, 4 control. */
function modifiers(parameter: string): string {
  const bits = (Number(parameter) || 1) - 1;
  return `${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}`;
}

function plainKey(character: string): Input {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0d || code === 0x0a) return key('enter');
  if (code === 0x09) return key('tab');
  if (code === 0x7f || code === 0x08) return key('backspace');
  if (code === 0) return key('ctrl+space');
  if (code < 0x1b) return key(`ctrl+${String.fromCharCode(code + 0x60)}`);
  if (code < 0x20) return key(`ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}`);
  return { type: 'key', name: character === ' ' ? 'space' : character, text: character };
}

function withAlt(input: Input): Input {
  return input.type === 'key' ? { type: 'key', name: `alt+${input.name}`, text: '' } : input;
}

function key(name: string): Input {
  return { type: 'key', name, text: '' };
}

/**
 * What Go's JSON reader says about a text that is not JSON.
 * @source encoding/json/scanner.go
 */

export interface JsonComplaint {
  readonly message: string;
  /** Bytes read, the wrong one included; 0 when the text just ends. */
  readonly offset: number;
}

/** The complaint about the first value of the text, or undefined; what follows it is not looked at. */
export function jsonComplaint(text: string): JsonComplaint | undefined {
  try {
    readValue(text, skipSpace(text, 0));
    return undefined;
  } catch (error) {
    if (error instanceof Complaint) return { message: error.message, offset: error.offset };
    throw error;
  }
}

class Complaint extends Error {
  readonly offset: number;
  constructor(text: string, at: number, where: string) {
    const code = text.codePointAt(at);
    super(
      code === undefined
        ? 'unexpected end of JSON input'
        : `invalid character ${quoted(String.fromCodePoint(code))} ${where}`,
    );
    this.offset = code === undefined ? 0 : new TextEncoder().encode(text.slice(0, at)).length + 1;
  }
}

function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (' \t\r\n'.includes(text[at] ?? 'x')) at++;
  return at;
}

/** @returns the place after the value that starts at `at` */
function readValue(text: string, at: number): number {
  const character = text[at] ?? '';
  if (character === '{') return readObject(text, at);
  if (character === '[') return readArray(text, at);
  if (character === '"') return readString(text, at);
  if (/[-\d]/.test(character)) return readNumber(text, at);
  for (const literal of ['true', 'false', 'null']) {
    if (character !== literal[0]) continue;
    for (let i = 1; i < literal.length; i++) {
      if (text[at + i] !== literal[i])
        throw new Complaint(text, at + i, `in literal ${literal} (expecting '${literal[i]}')`);
    }
    return at + literal.length;
  }
  throw new Complaint(text, at, 'looking for beginning of value');
}

function readObject(text: string, from: number): number {
  let at = skipSpace(text, from + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') throw new Complaint(text, at, 'looking for beginning of object key string');
    at = skipSpace(text, readString(text, at));
    if (text[at] !== ':') throw new Complaint(text, at, 'after object key');
    at = skipSpace(text, readValue(text, skipSpace(text, at + 1)));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw new Complaint(text, at, 'after object key:value pair');
    at = skipSpace(text, at + 1);
  }
}

function readArray(text: string, from: number): number {
  let at = skipSpace(text, from + 1);
  if (text[at] === ']') return at + 1;
  for (;;) {
    at = skipSpace(text, readValue(text, at));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw new Complaint(text, at, 'after array element');
    at = skipSpace(text, at + 1);
  }
}

function readString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const character = text[at] ?? '';
    if (character === '"') return at + 1;
    if (character === '' || character < ' ') throw new Complaint(text, at, 'in string literal');
    if (character !== '\\') continue;
    at++;
    if (text[at] === 'u') {
      for (let i = 0; i < 4; i++) {
        at++;
        if (!/[\da-fA-F]/.test(text[at] ?? '')) throw new Complaint(text, at, 'in \\u hexadecimal character escape');
      }
    } else if (!/["\\/bfnrt]/.test(text[at] ?? '')) throw new Complaint(text, at, 'in string escape code');
  }
}

function readNumber(text: string, from: number): number {
  let at = from;
  const digits = (where: string): void => {
    if (!/\d/.test(text[at] ?? '')) throw new Complaint(text, at, where);
    while (/\d/.test(text[at] ?? '')) at++;
  };
  if (text[at] === '-') at++;
  if (text[at] === '0') at++;
  else digits('in numeric literal');
  if (text[at] === '.') {
    at++;
    digits('after decimal point in numeric literal');
  }
  if (/[eE]/.test(text[at] ?? '')) {
    at++;
    if (/[-+]/.test(text[at] ?? '')) at++;
    digits('in exponent of numeric literal');
  }
  return at;
}

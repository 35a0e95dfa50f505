/** The line being typed: readline's keys over plain data. Pure: a key in, a new editor out. */
export interface Editor {
  readonly line: string;
  /** Index into `line`, in UTF-16 units. */
  readonly cursor: number;
  /** The oldest first. */
  readonly history: readonly string[];
  /** Which entry of the history is shown; `history.length` is the line being typed. */
  readonly position: number;
  /** What was being typed before going through the history. */
  readonly draft: string;
  readonly killed: string;
  /** While searching with Ctrl-R: what for, and at which entry. */
  readonly search: { readonly query: string; readonly position: number } | undefined;
}

export type Effect = 'clear' | 'complete' | 'end' | 'interrupt' | 'submit';

const historyLimit = 1_000;

export function createEditor(history: readonly string[] = []): Editor {
  return { line: '', cursor: 0, history, position: history.length, draft: '', killed: '', search: undefined };
}

/**
 * @param name  the key's name as `keys.ts` gives it
 * @param text  what the key writes, empty for control keys
 * @returns the editor after the key, and what the shell is asked to do; undefined when the key means nothing here
 */
export function pressKey(editor: Editor, name: string, text: string): { editor: Editor; effect?: Effect } | undefined {
  if (editor.search) {
    const found = searchKey(editor, name, text);
    if (found) return found;
    return pressKey(acceptSearch(editor), name, text);
  }
  const edit = edits[name];
  if (edit) return edit(editor);
  if (text !== '') return { editor: insert(editor, text) };
  return undefined;
}

/** @returns the editor with `text` put in at the cursor; its newlines stay, for a pasted heredoc is one command, but the last */
export function insert(editor: Editor, text: string): Editor {
  const flat = text
    .replace(/\r\n?/g, '\n')
    .replace(/\n+$/, '')
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, ' ');
  return at(
    editor,
    editor.line.slice(0, editor.cursor) + flat + editor.line.slice(editor.cursor),
    editor.cursor + flat.length,
  );
}

/** @returns the editor ready for a new line, with `line` remembered */
export function remember(editor: Editor, line: string): Editor {
  const isNew = line.trim() !== '' && editor.history.at(-1) !== line;
  const history = isNew ? [...editor.history, line].slice(-historyLimit) : editor.history;
  return { ...createEditor(history), killed: editor.killed };
}

/** @returns the editor with the word before the cursor, from `from`, replaced */
export function replaceWord(editor: Editor, from: number, replacement: string): Editor {
  return at(
    editor,
    editor.line.slice(0, from) + replacement + editor.line.slice(editor.cursor),
    from + replacement.length,
  );
}

/** @returns what a Ctrl-R search shows: the entry found, or undefined */
export function searchResult(editor: Editor): string | undefined {
  return editor.search ? editor.history[editor.search.position] : undefined;
}

const edits: Readonly<Record<string, (editor: Editor) => { editor: Editor; effect?: Effect }>> = {
  enter: (editor) => ({ editor, effect: 'submit' }),
  tab: (editor) => ({ editor, effect: 'complete' }),
  'ctrl+c': (editor) => ({ editor: { ...createEditor(editor.history), killed: editor.killed }, effect: 'interrupt' }),
  'ctrl+l': (editor) => ({ editor, effect: 'clear' }),
  'ctrl+d': (editor) =>
    editor.line === '' ? { editor, effect: 'end' } : { editor: cut(editor, editor.cursor, after(editor), false) },
  delete: (editor) => ({ editor: cut(editor, editor.cursor, after(editor), false) }),
  backspace: (editor) => ({ editor: cut(editor, before(editor), editor.cursor, false) }),
  left: (editor) => ({ editor: move(editor, before(editor)) }),
  'ctrl+b': (editor) => ({ editor: move(editor, before(editor)) }),
  right: (editor) => ({ editor: move(editor, after(editor)) }),
  'ctrl+f': (editor) => ({ editor: move(editor, after(editor)) }),
  home: (editor) => ({ editor: move(editor, 0) }),
  'ctrl+a': (editor) => ({ editor: move(editor, 0) }),
  end: (editor) => ({ editor: move(editor, editor.line.length) }),
  'ctrl+e': (editor) => ({ editor: move(editor, editor.line.length) }),
  'alt+b': (editor) => ({ editor: move(editor, wordStart(editor)) }),
  'ctrl+left': (editor) => ({ editor: move(editor, wordStart(editor)) }),
  'alt+f': (editor) => ({ editor: move(editor, wordEnd(editor)) }),
  'ctrl+right': (editor) => ({ editor: move(editor, wordEnd(editor)) }),
  'ctrl+w': (editor) => ({ editor: cut(editor, spaceStart(editor), editor.cursor, true) }),
  'alt+backspace': (editor) => ({ editor: cut(editor, wordStart(editor), editor.cursor, true) }),
  'alt+d': (editor) => ({ editor: cut(editor, editor.cursor, wordEnd(editor), true) }),
  'ctrl+u': (editor) => ({ editor: cut(editor, 0, editor.cursor, true) }),
  'ctrl+k': (editor) => ({ editor: cut(editor, editor.cursor, editor.line.length, true) }),
  'ctrl+y': (editor) => ({ editor: insert(editor, editor.killed) }),
  'ctrl+t': (editor) => ({ editor: transpose(editor) }),
  up: (editor) => ({ editor: recall(editor, editor.position - 1) }),
  'ctrl+p': (editor) => ({ editor: recall(editor, editor.position - 1) }),
  down: (editor) => ({ editor: recall(editor, editor.position + 1) }),
  'ctrl+n': (editor) => ({ editor: recall(editor, editor.position + 1) }),
  'ctrl+r': (editor) => ({ editor: { ...editor, search: { query: '', position: editor.history.length } } }),
};

function searchKey(editor: Editor, name: string, text: string): { editor: Editor; effect?: Effect } | undefined {
  const { query, position } = editor.search ?? { query: '', position: 0 };
  const search = (next: string, from: number) => ({
    editor: { ...editor, search: { query: next, position: findBack(editor, next, from) } },
  });
  if (name === 'ctrl+r') return search(query, position - 1);
  if (name === 'backspace') return search(query.slice(0, -1), editor.history.length - 1);
  if (name === 'ctrl+g' || name === 'ctrl+c') return { editor: { ...editor, search: undefined } };
  if (name === 'esc') return { editor: acceptSearch(editor) };
  if (text !== '') return search(query + text, Math.min(position, editor.history.length - 1));
  return undefined;
}

function findBack(editor: Editor, query: string, from: number): number {
  for (let position = from; position >= 0; position--) {
    if (query !== '' && editor.history[position]?.includes(query)) return position;
  }
  return query === '' ? editor.history.length : -1;
}

function acceptSearch(editor: Editor): Editor {
  const found = searchResult(editor);
  const closed = { ...editor, search: undefined };
  return found === undefined ? closed : at(closed, found, found.length);
}

function recall(editor: Editor, position: number): Editor {
  if (position < 0 || position > editor.history.length) return editor;
  const draft = editor.position === editor.history.length ? editor.line : editor.draft;
  const line = position === editor.history.length ? draft : (editor.history[position] ?? '');
  return { ...editor, line, cursor: line.length, position, draft };
}

function transpose(editor: Editor): Editor {
  const middle = editor.cursor === editor.line.length ? editor.cursor - 1 : editor.cursor;
  if (middle < 1) return editor;
  const { line } = editor;
  return at(
    editor,
    line.slice(0, middle - 1) + (line[middle] ?? '') + (line[middle - 1] ?? '') + line.slice(middle + 1),
    middle + 1,
  );
}

function cut(editor: Editor, from: number, to: number, keep: boolean): Editor {
  const gone = editor.line.slice(from, to);
  const next = at(editor, editor.line.slice(0, from) + editor.line.slice(to), from);
  return keep && gone !== '' ? { ...next, killed: gone } : next;
}

function at(editor: Editor, line: string, cursor: number): Editor {
  return { ...editor, line, cursor };
}

function move(editor: Editor, cursor: number): Editor {
  return { ...editor, cursor };
}

/** Steps over whole characters, never into the middle of one. */
function before({ line, cursor }: Editor): number {
  const low = line.charCodeAt(cursor - 1);
  return Math.max(0, cursor - (low >= 0xdc00 && low <= 0xdfff ? 2 : 1));
}

function after({ line, cursor }: Editor): number {
  return Math.min(line.length, cursor + ((line.codePointAt(cursor) ?? 0) > 0xffff ? 2 : 1));
}

function wordStart({ line, cursor }: Editor): number {
  let index = cursor;
  while (index > 0 && !isWord(line[index - 1])) index--;
  while (index > 0 && isWord(line[index - 1])) index--;
  return index;
}

function wordEnd({ line, cursor }: Editor): number {
  let index = cursor;
  while (index < line.length && !isWord(line[index])) index++;
  while (index < line.length && isWord(line[index])) index++;
  return index;
}

function spaceStart({ line, cursor }: Editor): number {
  let index = cursor;
  while (index > 0 && line[index - 1] === ' ') index--;
  while (index > 0 && line[index - 1] !== ' ') index--;
  return index;
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

import { expect, test } from 'vitest';
import {
  createEditor,
  type Editor,
  type Effect,
  insert,
  pressKey,
  remember,
  replaceWord,
  searchResult,
} from '../../src/ui/editor.ts';

/** Types a story: names in angle brackets are keys, the rest is text. */
function type(editor: Editor, story: string): { editor: Editor; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = editor;
  for (const [, name, text] of story.matchAll(/<([^>]+)>|(.)/gs)) {
    const pressed = pressKey(now, name ?? (text === ' ' ? 'space' : (text ?? '')), text ?? '');
    if (!pressed) continue;
    now = pressed.editor;
    if (pressed.effect) effects.push(pressed.effect);
  }
  return { editor: now, effects };
}
const line = (story: string, history: readonly string[] = []) => {
  const { editor } = type(createEditor(history), story);
  return `${editor.line.slice(0, editor.cursor)}|${editor.line.slice(editor.cursor)}`;
};

test('moves and edits as readline does', () => {
  expect(line('kubectl get pods<ctrl+a>x')).toBe('x|kubectl get pods');
  expect(line('one two<alt+b>new <ctrl+e>!')).toBe('one new two!|');
  expect(line('one two three<ctrl+w><ctrl+w>')).toBe('one |');
  expect(line('one two<ctrl+left><ctrl+k><ctrl+a><ctrl+y> ')).toBe('two |one ');
  expect(line('abc<left><left><ctrl+d>')).toBe('a|c');
  expect(line('ab<ctrl+t>')).toBe('ba|');
  expect(line('mañana 👍<backspace><backspace>')).toBe('mañana|');
});

test('goes through the history and back to what was being typed', () => {
  const history = ['first', 'second'];
  expect(line('dra<up>', history)).toBe('second|');
  expect(line('dra<up><up><up>', history)).toBe('first|');
  expect(line('dra<up><up><down><down>', history)).toBe('dra|');
});

test('Ctrl-R finds backwards, again goes further, Enter takes and runs', () => {
  const history = ['kubectl get pods', 'ls', 'kubectl get nodes'];
  const once = type(createEditor(history), '<ctrl+r>get').editor;
  expect(searchResult(once)).toBe('kubectl get nodes');
  expect(searchResult(type(once, '<ctrl+r>').editor)).toBe('kubectl get pods');
  expect(searchResult(type(once, 'zzz').editor)).toBeUndefined();
  const taken = type(once, '<ctrl+r><enter>');
  expect(taken.editor.line).toBe('kubectl get pods');
  expect(taken.effects).toEqual(['submit']);
  expect(type(once, '<ctrl+g>').editor.line).toBe('');
});

test('Ctrl-C gives a new line, Ctrl-D leaves only when empty', () => {
  const { editor, effects } = type(createEditor(), 'half<ctrl+c><ctrl+d>');
  expect(editor.line).toBe('');
  expect(effects).toEqual(['interrupt', 'end']);
});

test('remembers each line once in a row, and never blanks', () => {
  let editor = createEditor();
  for (const entered of ['ls', 'ls', '  ', 'pwd']) editor = remember(editor, entered);
  expect(editor.history).toEqual(['ls', 'pwd']);
});

test('a pasted heredoc keeps its lines; other control characters do not survive', () => {
  expect(insert(createEditor(), "cat <<'E'\r\na\tb\r\nE\n").line).toBe("cat <<'E'\na b\nE");
  expect(insert(createEditor(), 'x\x1b]52;c;aGk=\x07y').line).toBe('x ]52;c;aGk= y');
});

test('completion replaces the word before the cursor', () => {
  const { editor } = type(createEditor(), 'kubectl ge pods<alt+b><left>');
  const done = replaceWord(editor, 8, 'get');
  expect(done.line).toBe('kubectl get pods');
  expect(done.cursor).toBe(11);
});

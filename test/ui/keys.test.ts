import { expect, test } from 'vitest';
import { createKeyReader, type Input, pasteLimit } from '../../src/ui/keys.ts';

const names = (inputs: readonly Input[]) =>
  inputs.map((input) => (input.type === 'key' ? input.name : `${input.type}`));

test('keys have names', () => {
  const reader = createKeyReader();
  expect(names(reader.push('a ñ\r\t\x7f\x03\x12'))).toEqual([
    'a',
    'space',
    'ñ',
    'enter',
    'tab',
    'backspace',
    'ctrl+c',
    'ctrl+r',
  ]);
  expect(names(reader.push('\x1b[A\x1bOB\x1b[1;5C\x1b[Z\x1b[3~\x1b[15~\x1bOP\x1bb\x1b[5~'))).toEqual([
    'up',
    'down',
    'ctrl+right',
    'shift+tab',
    'delete',
    'f5',
    'f1',
    'alt+b',
    'pageup',
  ]);
});

test('a sequence torn at any byte is still one key', () => {
  const bytes = 'x\x1b[1;5Dy\x1bOQ\x1b[200~pasted\x1b[201~z';
  for (let at = 1; at < bytes.length; at++) {
    const reader = createKeyReader();
    const inputs = [...reader.push(bytes.slice(0, at)), ...reader.push(bytes.slice(at))];
    expect([at, names(inputs)]).toEqual([at, ['x', 'ctrl+left', 'y', 'f2', 'paste', 'z']]);
    expect(inputs.find((input) => input.type === 'paste')).toEqual({ type: 'paste', text: 'pasted' });
  }
});

test('Esc alone is known by nothing following', () => {
  const reader = createKeyReader();
  expect(reader.push('\x1b')).toEqual([]);
  expect(reader.isWaiting).toBe(true);
  expect(names(reader.flush())).toEqual(['esc']);
  expect(names(reader.push('q'))).toEqual(['q']);
});

test('unknown sequences write nothing', () => {
  expect(names(createKeyReader().push('\x1b[?1;2c\x1b[99~a'))).toEqual(['a']);
});

test('a paste of 3 MB is counted and let go, in no time, and what follows is read', () => {
  const reader = createKeyReader();
  const start = performance.now();
  const inputs: Input[] = [...reader.push('\x1b[200~')];
  for (let sent = 0; sent < 3_000_000; sent += 4_096) inputs.push(...reader.push('x'.repeat(4_096)));
  inputs.push(...reader.push('\x1b[201~ok'));
  expect(performance.now() - start).toBeLessThan(500);
  expect(inputs[0]).toMatchObject({ type: 'pasteTooLong' });
  expect(names(inputs)).toEqual(['pasteTooLong', 'o', 'k']);
});

test('the longest paste that fits is taken whole, however it is torn', () => {
  const body = 'y'.repeat(pasteLimit);
  const bytes = `\x1b[200~${body}\x1b[201~`;
  for (const size of [1_000, 4_099, 65_536, 70_000]) {
    const reader = createKeyReader();
    const inputs: Input[] = [];
    for (let at = 0; at < bytes.length; at += size) inputs.push(...reader.push(bytes.slice(at, at + size)));
    expect(inputs.map((input) => (input.type === 'paste' ? input.text.length : input.type))).toEqual([pasteLimit]);
  }
});

/** Two texts compared line by line, in the format of `diff -u`. */
type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string };

/** '' when the texts are equal. */
export function unifiedDiff(fromName: string, toName: string, from: string, to: string, context = 3): string {
  if (from === to) return '';
  const lines = compare(linesOf(from), linesOf(to));
  const changed = lines.flatMap((line, i) => (line.mark === ' ' ? [] : [i]));
  let output = `--- ${fromName}\n+++ ${toName}\n`;
  let start = 0;
  while (start < changed.length) {
    let end = start;
    while (end + 1 < changed.length && (changed[end + 1] ?? 0) - (changed[end] ?? 0) <= context * 2) end++;
    const first = Math.max(0, (changed[start] ?? 0) - context);
    const last = Math.min(lines.length - 1, (changed[end] ?? 0) + context);
    output += hunk(lines, first, last);
    start = end + 1;
  }
  return output;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function hunk(lines: readonly Line[], first: number, last: number): string {
  const before = lines.slice(0, first);
  const inside = lines.slice(first, last + 1);
  const count = (list: readonly Line[], mark: '-' | '+'): number =>
    list.filter((line) => line.mark === ' ' || line.mark === mark).length;
  const range = (mark: '-' | '+'): string => {
    const length = count(inside, mark);
    const at = count(before, mark) + (length === 0 ? 0 : 1);
    return length === 1 ? `${at}` : `${at},${length}`;
  };
  return `@@ -${range('-')} +${range('+')} @@\n${inside.map((line) => `${line.mark}${line.text}\n`).join('')}`;
}

/** Longest common subsequence over the part that differs. */
function compare(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const left = a.slice(head, a.length - tail);
  const right = b.slice(head, b.length - tail);
  const same = (text: string): Line => ({ mark: ' ', text });
  return [...a.slice(0, head).map(same), ...middle(left, right), ...a.slice(a.length - tail).map(same)];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = a[i] === b[j] ? (lengths[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(lengths[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i] ?? '' });
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) {
      lines.push({ mark: '-', text: a[i] ?? '' });
      i++;
    } else {
      lines.push({ mark: '+', text: b[j] ?? '' });
      j++;
    }
  }
  return lines;
}

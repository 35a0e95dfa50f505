/**
 * A unified diff of two texts, with three lines of context and no header.
 * @source k8s.io/apimachinery/pkg/util/diff, github.com/pmezard/go-difflib
 */
const CONTEXT = 3;

interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** Empty when the texts are equal. */
export function unifiedDiff(before: string, after: string): string {
  const edits = diffLines(before.split('\n'), after.split('\n'));
  let text = '';
  let i = 0;
  let oldLine = 1;
  let newLine = 1;
  while (i < edits.length) {
    if (edits[i]?.mark === ' ') {
      i++;
      oldLine++;
      newLine++;
      continue;
    }
    const start = Math.max(0, i - CONTEXT);
    let end = i;
    let quiet = 0;
    for (let k = i; k < edits.length && quiet <= 2 * CONTEXT; k++) {
      quiet = edits[k]?.mark === ' ' ? quiet + 1 : 0;
      if (quiet === 0) end = k + 1;
    }
    const hunk = edits.slice(start, Math.min(edits.length, end + CONTEXT));
    const lead = i - start;
    const oldCount = hunk.filter(({ mark }) => mark !== '+').length;
    const newCount = hunk.filter(({ mark }) => mark !== '-').length;
    text += `@@ -${range(oldLine - lead, oldCount)} +${range(newLine - lead, newCount)} @@\n`;
    for (const { mark, line } of hunk) text += `${mark}${line}\n`;
    for (let k = i; k < start + hunk.length; k++) {
      if (edits[k]?.mark !== '+') oldLine++;
      if (edits[k]?.mark !== '-') newLine++;
    }
    i = start + hunk.length;
  }
  return text;
}

function range(start: number, count: number): string {
  if (count === 1) return `${start}`;
  return `${count === 0 ? start - 1 : start},${count}`;
}

/** The longest common subsequence decides; what both ends share is set aside first. */
function diffLines(before: readonly string[], after: readonly string[]): readonly Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const keep = (line: string): Edit => ({ mark: ' ', line });
  return [...before.slice(0, head).map(keep), ...editsBetween(a, b), ...before.slice(before.length - tail).map(keep)];
}

function editsBetween(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push({ mark: ' ', line: a[i] ?? '' });
      i++;
      j++;
    } else if (
      i < a.length &&
      (j >= b.length || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      edits.push({ mark: '-', line: a[i++] ?? '' });
    } else {
      edits.push({ mark: '+', line: b[j++] ?? '' });
    }
  }
  return edits;
}

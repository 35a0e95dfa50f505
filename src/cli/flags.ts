/** One small parser for every command: a table of flags in, values or one clear sentence out. */
export interface Flag {
  readonly name: string;
  /** Absent for a switch. */
  readonly value?: string;
  readonly short?: string;
  /** May be given more than once. */
  readonly isList?: boolean;
  readonly about: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
}

export interface Parsed {
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

export type ParseResult =
  | { readonly ok: true; readonly parsed: Parsed }
  | { readonly ok: false; readonly message: string };

/**
 * `--name value`, `--name=value`, `-n value`, `--`; a lone `-` is an operand.
 * @param operandLimit  how many operands the command takes
 */
export function parseFlags(flags: readonly Flag[], words: readonly string[], operandLimit: number): ParseResult {
  const switches = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const operands: string[] = [];
  const fail = (message: string): ParseResult => ({ ok: false, message });
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') {
      operands.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals === -1 ? word : word.slice(0, equals);
    const flag = flags.find(
      (candidate) => name === `--${candidate.name}` || (candidate.short && name === `-${candidate.short}`),
    );
    if (!flag)
      return fail(
        `unknown flag ${name}${didYouMean(
          name,
          flags.map((candidate) => `--${candidate.name}`),
        )}`,
      );
    if (flag.value === undefined) {
      if (equals !== -1) return fail(`--${flag.name} takes no value`);
      switches.add(flag.name);
      continue;
    }
    const value = equals === -1 ? words[++index] : word.slice(equals + 1);
    if (value === undefined) return fail(`--${flag.name} needs a value: --${flag.name} ${flag.value}`);
    if (flag.choices && !flag.choices.includes(value)) {
      return fail(
        `--${flag.name} takes ${flag.choices.join(' or ')}, not ${JSON.stringify(value)}${didYouMean(value, flag.choices)}`,
      );
    }
    if (flag.isList) lists.set(flag.name, [...(lists.get(flag.name) ?? []), value]);
    else values.set(flag.name, value);
  }
  if (operands.length > operandLimit) return fail(`unexpected ${JSON.stringify(operands[operandLimit])}`);
  return { ok: true, parsed: { switches, values, lists, operands } };
}

/** @returns `, did you mean X?` when one of the candidates is near, else nothing */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .filter(
      ({ candidate, distance: far }) =>
        far <= Math.max(1, Math.floor(candidate.replace(/^-+/, '').length / 3)) ||
        (word.length > 2 && candidate.startsWith(word)),
    )
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? `, did you mean ${near.candidate}?` : '';
}

/** Edits to get from one word to the other, two swapped neighbours counted as one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

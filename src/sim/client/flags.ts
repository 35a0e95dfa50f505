/** Command-line flags of Kubernetes' components, with the errors that cobra and pflag print. */

export type FlagType = 'string' | 'bool' | 'int' | 'duration' | 'strings' | 'map';

/** Flags a component understands: name without dashes → type and default as text. */
export type FlagTable = Readonly<Record<string, { readonly type: FlagType; readonly default?: string }>>;

export interface ParsedFlags {
  /** Text by name; defaults included. Lists and maps are comma-separated as written; a repeated list flag is joined with commas. */
  readonly values: ReadonlyMap<string, string>;
  /** Names that were set on the command line. */
  readonly set: ReadonlySet<string>;
}

export type FlagResult =
  | { readonly ok: true; readonly flags: ParsedFlags }
  | { readonly ok: false; readonly error: string };

/**
 * Parses `--name=value`, `--name value` and `--switch`.
 * @returns the first error as pflag words it: `unknown flag: --foo`, `flag needs an argument: --foo`,
 *   `invalid argument "x" for "--foo" flag: strconv.ParseBool: parsing "x": invalid syntax`
 */
export function parseFlags(table: FlagTable, args: readonly string[]): FlagResult {
  const values = new Map<string, string>();
  const set = new Set<string>();
  for (const [name, flag] of Object.entries(table)) if (flag.default !== undefined) values.set(name, flag.default);
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (!argument.startsWith('-') || argument === '-') return { ok: false, error: `unknown command "${argument}"` };
    if (!argument.startsWith('--'))
      return { ok: false, error: `unknown shorthand flag: '${argument[1]}' in ${argument}` };
    const equals = argument.indexOf('=');
    const name = argument.slice(2, equals < 0 ? undefined : equals).replaceAll('_', '-');
    const flag = table[name];
    if (flag === undefined) return { ok: false, error: `unknown flag: --${name}` };
    let value: string;
    if (equals >= 0) value = argument.slice(equals + 1);
    else if (flag.type === 'bool') value = 'true';
    else if (args[i + 1] === undefined) return { ok: false, error: `flag needs an argument: --${name}` };
    else value = args[++i]!;
    const complaint = check(flag.type, value);
    if (complaint !== undefined)
      return { ok: false, error: `invalid argument "${value}" for "--${name}" flag: ${complaint}` };
    const joins = (flag.type === 'strings' || flag.type === 'map') && set.has(name);
    values.set(name, joins ? `${values.get(name)},${value}` : value);
    set.add(name);
  }
  return { ok: true, flags: { values, set } };
}

export function flagText(flags: ParsedFlags, name: string): string {
  return flags.values.get(name) ?? '';
}

export function flagBool(flags: ParsedFlags, name: string): boolean {
  const value = flags.values.get(name);
  return value !== undefined && TRUE.has(value);
}

export function flagInt(flags: ParsedFlags, name: string): number {
  return Number(flags.values.get(name) ?? 0);
}

/** A Go duration in milliseconds. */
export function flagMs(flags: ParsedFlags, name: string): number {
  return durationMs(flags.values.get(name) ?? '0') ?? 0;
}

export function flagList(flags: ParsedFlags, name: string): string[] {
  const value = flags.values.get(name) ?? '';
  return value === '' ? [] : value.split(',');
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function check(type: FlagType, value: string): string | undefined {
  switch (type) {
    case 'bool':
      return TRUE.has(value) || FALSE.has(value) ? undefined : `strconv.ParseBool: parsing "${value}": invalid syntax`;
    case 'int':
      return /^[+-]?\d+$/.test(value) ? undefined : `strconv.ParseInt: parsing "${value}": invalid syntax`;
    case 'duration':
      return durationMs(value) === undefined ? `time: invalid duration "${value}"` : undefined;
    case 'map': {
      const bad = value.split(',').find((pair) => pair !== '' && !pair.includes('='));
      return bad === undefined ? undefined : `malformed pair, expect string=string`;
    }
    default:
      return undefined;
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `1m30s`, `100ms`, `0` → milliseconds; undefined when it is no Go duration. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, number, unit] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(number) * UNIT_MS[unit!]!;
  return match[1] === '-' ? -total : total;
}

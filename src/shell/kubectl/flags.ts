/**
 * Flags as pflag and cobra read them: long and short, joined or apart, repeated, after `--` nothing.
 * The tables come from `command-facts.ts`; the errors are pflag's own.
 */
import { KubectlError } from './errors.ts';

export interface FlagSpec {
  readonly name: string;
  readonly short: string;
  readonly kind: 'switch' | 'text' | 'list' | 'number' | 'duration';
  /** As the help prints it: `false`, `''`, `[]`, `5s`. */
  readonly initial: string;
  readonly hidden: boolean;
}

/** Lists whose items may hold commas. */
const unsplit = new Set(
  ['annotation', 'annotations', 'audience', 'env', 'for', 'from-literal', 'group', 'prune-allowlist', 'resource-name']
    .concat([
      'rule',
      'serviceaccount',
      'user',
      'as-group',
      'as-user-extra',
      'auth-provider-arg',
      'exec-arg',
      'exec-env',
    ])
    .concat(['aggregation-rule']),
);

/** Flags that may stand alone: the value they then take. */
const alone: Readonly<Record<string, string>> = { 'dry-run': 'unchanged', cascade: 'background', validate: 'strict' };

const deprecated: Readonly<Record<string, string>> = {
  record: '--record will be removed in the future',
  'cpu-percent':
    "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).",
};

export const globalFlags =
  "as='' as-group=[] as-uid='' as-user-extra=[] cache-dir='' certificate-authority='' client-certificate='' " +
  "client-key='' cluster='' context='' disable-compression=false h help=false insecure-skip-tls-verify=false " +
  "kubeconfig='' kuberc='' log-flush-frequency=5s match-server-version=false n namespace='' password='' profile='none' " +
  "profile-output='profile.pprof' request-timeout='0' s server='' tls-server-name='' token='' user='' username='' " +
  "v v=0 vmodule='' warnings-as-errors=false";

export function parseSpecs(table: string): FlagSpec[] {
  const words = table.split(' ').filter((word) => word !== '');
  const specs: FlagSpec[] = [];
  let short = '';
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals === -1) {
      short = word;
      continue;
    }
    const hidden = word.startsWith('!');
    const initial = word.slice(equals + 1);
    specs.push({ name: word.slice(hidden ? 1 : 0, equals), short, kind: kindOf(initial), initial, hidden });
    short = '';
  }
  return specs;
}

function kindOf(initial: string): FlagSpec['kind'] {
  if (initial === 'false' || initial === 'true') return 'switch';
  if (initial.startsWith('[')) return 'list';
  if (/^-?\d+$/.test(initial)) return 'number';
  return /^\d[\dhms]*[hms]$/.test(initial) ? 'duration' : 'text';
}

/** The flags of one invocation with typed readers; reading a flag that the command does not have answers its empty value. */
export class Flags {
  readonly args: string[] = [];
  /** How many arguments stood before `--`; -1 without a `--`. */
  argsBeforeDash = -1;
  /** The flags as `--name=value`, in the order in which they were given. */
  readonly written: string[] = [];
  /** Notes for stderr: deprecated flags. */
  readonly notes: string[] = [];
  private readonly values = new Map<string, string[]>();
  private readonly specs = new Map<string, FlagSpec>();

  constructor(specs: readonly FlagSpec[]) {
    for (const spec of specs) if (!this.specs.has(spec.name)) this.specs.set(spec.name, spec);
  }

  changed(name: string): boolean {
    return this.values.has(name);
  }

  text(name: string): string {
    const given = this.values.get(name);
    if (given !== undefined) return given.at(-1) ?? '';
    const initial = this.specs.get(name)?.initial ?? '';
    return initial.replace(/^'(.*)'$/, '$1').replace(/^\[\]$/, '');
  }

  is(name: string): boolean {
    return /^(1|t|T|true|TRUE|True)$/.test(this.text(name));
  }

  number(name: string): number {
    return Number(this.text(name) === '' ? 0 : this.text(name));
  }

  list(name: string): string[] {
    const given = this.values.get(name);
    if (given === undefined) return [];
    return unsplit.has(name) ? given : given.flatMap((value) => (value === '' ? [] : splitCommas(value)));
  }

  /** Milliseconds of a Go duration (`1m30s`); bare numbers are seconds only where Go allows them (0). */
  durationMs(name: string): number {
    return parseDuration(this.text(name)) ?? 0;
  }

  set(spec: FlagSpec, value: string, asShort: boolean): void {
    const problem = problemWith(spec, value);
    if (problem !== undefined) {
      const shown =
        spec.short === '' || (!asShort && spec.short === '') ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
      throw new KubectlError(`invalid argument ${JSON.stringify(value)} for "${shown}" flag: ${problem}`);
    }
    const note = deprecated[spec.name];
    if (note !== undefined) this.notes.push(`Flag --${spec.name} has been deprecated, ${note}`);
    this.written.push(`--${spec.name}=${value}`);
    this.values.set(spec.name, [...(this.values.get(spec.name) ?? []), value]);
  }

  find(name: string): FlagSpec | undefined {
    return this.specs.get(name);
  }

  findShort(letter: string): FlagSpec | undefined {
    for (const spec of this.specs.values()) if (spec.short === letter) return spec;
    return undefined;
  }
}

/** @throws KubectlError with pflag's text; the caller adds "See 'kubectl X --help' for usage." */
export function parseFlags(specs: readonly FlagSpec[], argv: readonly string[]): Flags {
  const flags = new Flags(specs);
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      flags.argsBeforeDash = flags.args.length;
      flags.args.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) i += long(flags, word.slice(2), argv[i + 1]);
    else if (word.startsWith('-') && word !== '-') i += shorts(flags, word.slice(1), argv[i + 1]);
    else flags.args.push(word);
  }
  return flags;
}

function long(flags: Flags, word: string, next: string | undefined): number {
  const equals = word.indexOf('=');
  const name = equals === -1 ? word : word.slice(0, equals);
  if (name === '' || name.startsWith('-')) throw new KubectlError(`bad flag syntax: --${word}`);
  const spec = flags.find(name.replaceAll('_', '-'));
  if (spec === undefined) throw new KubectlError(`unknown flag: --${name}`);
  if (equals !== -1) {
    flags.set(spec, word.slice(equals + 1), false);
    return 0;
  }
  const implied = spec.kind === 'switch' ? 'true' : alone[spec.name];
  if (implied !== undefined) {
    flags.set(spec, implied, false);
    return 0;
  }
  if (next === undefined) throw new KubectlError(`flag needs an argument: --${name}`);
  flags.set(spec, next, false);
  return 1;
}

function shorts(flags: Flags, letters: string, next: string | undefined): number {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? '';
    const spec = flags.findShort(letter);
    if (spec === undefined) throw new KubectlError(`unknown shorthand flag: '${letter}' in -${letters}`);
    const rest = letters.slice(i + 1);
    if (rest.startsWith('=')) {
      flags.set(spec, rest.slice(1), true);
      return 0;
    }
    if (spec.kind === 'switch') {
      flags.set(spec, 'true', true);
      continue;
    }
    if (rest !== '') {
      flags.set(spec, rest, true);
      return 0;
    }
    if (next === undefined) throw new KubectlError(`flag needs an argument: '${letter}' in -${letters}`);
    flags.set(spec, next, true);
    return 1;
  }
  return 0;
}

function problemWith(spec: FlagSpec, value: string): string | undefined {
  const quoted = JSON.stringify(value);
  if (spec.kind === 'switch' && !/^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(value)) {
    return `strconv.ParseBool: parsing ${quoted}: invalid syntax`;
  }
  if (spec.kind === 'number' && !/^[-+]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${quoted}: invalid syntax`;
  if (spec.kind === 'duration' && parseDuration(value) === undefined) {
    return /^[-+]?[\d.]+$/.test(value)
      ? `time: missing unit in duration ${quoted}`
      : `time: invalid duration ${quoted}`;
  }
  return undefined;
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration, or undefined. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(text))
    return undefined;
  let total = 0;
  for (const match of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(match[1]) * (unitsMs[match[2] ?? ''] ?? 0);
  return text.startsWith('-') ? -total : total;
}

/** A CSV line as pflag reads string slices: commas inside double quotes stay. */
function splitCommas(value: string): string[] {
  if (!value.includes('"')) return value.split(',');
  return [...value.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map((match) => match[2] ?? match[1] ?? '').slice(0, -1);
}

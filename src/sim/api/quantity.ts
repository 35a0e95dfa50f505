/**
 * Quantities: `250m`, `1.5Gi`, `2e3`. A quantity keeps its exact value (in billionths) and the family of suffixes it was
 * written in, so that it prints back as Kubernetes would print it.
 * @source staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go, suffix.go
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface ParsedQuantity {
  /** The value times 10⁹; finer parts are rounded away from zero, as the real parser does. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

export type QuantityError =
  | "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  | "unable to parse quantity's suffix";

export type QuantityResult =
  | { readonly ok: true; readonly value: ParsedQuantity }
  | { readonly ok: false; readonly error: QuantityError };

const FORMAT_WRONG: QuantityError =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const GRAMMAR = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const BILLION = 1_000_000_000n;
const MAX_NANOS = (2n ** 63n - 1n) * BILLION;

const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENTS: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** What was parsed before; quantities are few and repeat in every pod, so this saves nearly all the work. */
const parsedBefore = new Map<string, QuantityResult>();
const MEMO_LIMIT = 20_000;

/** Parses a quantity as written (numbers are accepted as YAML gives them). */
export function parseQuantity(text: string | number): QuantityResult {
  const key = typeof text === 'number' ? String(text) : text.trim();
  const known = parsedBefore.get(key);
  if (known !== undefined) return known;
  const result = parse(key);
  if (parsedBefore.size >= MEMO_LIMIT) parsedBefore.clear();
  parsedBefore.set(key, result);
  return result;
}

/** Parses a quantity that validation has already let through; throws when it is not one. */
export function mustParseQuantity(text: string | number): ParsedQuantity {
  const result = parseQuantity(text);
  if (!result.ok) throw new Error(`not a quantity: ${text}: ${result.error}`);
  return result.value;
}

/** -1, 0 or 1; formats do not matter: `1000m` equals `1`. */
export function compareQuantities(left: string | number, right: string | number): number {
  const a = mustParseQuantity(left).nanos;
  const b = mustParseQuantity(right).nanos;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sum, written in the left one's family of suffixes (the right one's when the left is zero). */
export function addQuantities(left: string | number, right: string | number): string {
  const a = mustParseQuantity(left);
  const b = mustParseQuantity(right);
  return formatQuantity({ nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format });
}

/** The difference, written in the left one's family of suffixes (the right one's when the left is zero). */
export function subtractQuantities(left: string | number, right: string | number): string {
  const a = mustParseQuantity(left);
  const b = mustParseQuantity(right);
  return formatQuantity({ nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format });
}

const whole = new Map<string | number, number>();
const thousandths = new Map<string | number, number>();

/** `Quantity.Value()`: whole units, rounded up. Memory and storage in bytes, counts in pieces. */
export function quantityValue(text: string | number): number {
  const known = whole.get(text);
  if (known !== undefined) return known;
  const value = Number(divideUp(mustParseQuantity(text).nanos, BILLION));
  if (whole.size >= MEMO_LIMIT) whole.clear();
  whole.set(text, value);
  return value;
}

/** `Quantity.MilliValue()`: thousandths, rounded up. CPU in millicores. */
export function quantityMilliValue(text: string | number): number {
  const known = thousandths.get(text);
  if (known !== undefined) return known;
  const value = Number(divideUp(mustParseQuantity(text).nanos, 1_000_000n));
  if (thousandths.size >= MEMO_LIMIT) thousandths.clear();
  thousandths.set(text, value);
  return value;
}

/** CPU in millicores; absent counts as 0. */
export function cpuMillicores(text: string | number | undefined): number {
  return text === undefined ? 0 : quantityMilliValue(text);
}

/** Memory (or any other byte count) in bytes; absent counts as 0. */
export function memoryBytes(text: string | number | undefined): number {
  return text === undefined ? 0 : quantityValue(text);
}

/** A resource in the scheduler's base unit: millicores for `cpu`, whole units for everything else. */
export function resourceBaseUnits(resource: string, text: string | number): number {
  return resource === 'cpu' ? quantityMilliValue(text) : quantityValue(text);
}

/** The canonical spelling of a quantity: `1000m` → `1`, `2048Mi` → `2Gi`, `0.5` → `500m`. */
export function canonicalQuantity(text: string | number): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const value = formatQuantity(mustParseQuantity(text));
  if (canonical.size >= MEMO_LIMIT) canonical.clear();
  canonical.set(text, value);
  return value;
}

const canonical = new Map<string | number, string>();
const canonicalRounded = new Map<string | number, string>();

/** As `SetDefaults_ResourceList` leaves a value: rounded up to thousandths and spelled canonically. */
export function canonicalResource(text: string | number): string {
  const known = canonicalRounded.get(text);
  if (known !== undefined) return known;
  const { nanos, format } = mustParseQuantity(text);
  const value = formatQuantity({ nanos: divideUp(nanos, 1_000_000n) * 1_000_000n, format });
  if (canonicalRounded.size >= MEMO_LIMIT) canonicalRounded.clear();
  canonicalRounded.set(text, value);
  return value;
}

/** Millicores as a canonical quantity: 1500 → `1500m`, 2000 → `2`. */
export function formatMilli(millis: number): string {
  return formatQuantity({ nanos: BigInt(millis) * 1_000_000n, format: 'DecimalSI' });
}

/** Bytes as a canonical quantity: 1073741824 → `1Gi`. */
export function formatBytes(bytes: number): string {
  return formatQuantity({ nanos: BigInt(bytes) * BILLION, format: 'BinarySI' });
}

/** A whole count as a canonical quantity: 2000 → `2k`. */
export function formatCount(count: number): string {
  return formatQuantity({ nanos: BigInt(count) * BILLION, format: 'DecimalSI' });
}

/** The canonical spelling of an exact value in its family of suffixes. */
export function formatQuantity(quantity: ParsedQuantity): string {
  const { nanos } = quantity;
  if (nanos === 0n) return '0';
  const size = nanos < 0n ? -nanos : nanos;
  const useBinary = quantity.format === 'BinarySI' && size >= 1024n * BILLION && size % BILLION === 0n;
  if (useBinary) {
    let mantissa = nanos / BILLION;
    let step = 0;
    while (mantissa % 1024n === 0n && step < 6) {
      mantissa /= 1024n;
      step++;
    }
    return `${mantissa}${BINARY_SUFFIXES[step]}`;
  }
  let mantissa = nanos;
  let step = 0;
  while (mantissa % 1000n === 0n && step < 9) {
    mantissa /= 1000n;
    step++;
  }
  if (quantity.format !== 'DecimalExponent') return `${mantissa}${DECIMAL_SUFFIXES[step]}`;
  const exponent = step * 3 - 9;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

function parse(text: string): QuantityResult {
  const match = GRAMMAR.exec(text);
  if (match === null || text === '') return { ok: false, error: FORMAT_WRONG };
  const [, sign = '', integer = '', fraction = '', suffix = ''] = match;
  const mantissa = BigInt(integer + fraction || '0');
  let nanos: bigint;
  let format: QuantityFormat;
  const binary = BINARY_EXPONENTS[suffix];
  if (binary !== undefined) {
    format = 'BinarySI';
    nanos = shiftDecimal(mantissa * 2n ** binary, 9 - fraction.length);
  } else {
    let exponent = DECIMAL_EXPONENTS[suffix];
    format = 'DecimalSI';
    if (exponent === undefined) {
      if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return { ok: false, error: "unable to parse quantity's suffix" };
      exponent = Math.max(-1000, Math.min(1000, Number(suffix.slice(1))));
      format = 'DecimalExponent';
    }
    nanos = shiftDecimal(mantissa, exponent + 9 - fraction.length);
  }
  if (nanos > MAX_NANOS) nanos = MAX_NANOS;
  return { ok: true, value: { nanos: sign === '-' ? -nanos : nanos, format } };
}

/** value × 10^places, rounded up where places are negative. */
function shiftDecimal(value: bigint, places: number): bigint {
  return places >= 0 ? value * 10n ** BigInt(places) : divideUp(value, 10n ** BigInt(-places));
}

/** Division rounding away from zero. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

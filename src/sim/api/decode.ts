/**
 * From JSON as a client sent it to the object the API server works with: unknown fields are found, types are checked, nulls
 * and empty values that Go would leave out are left out, and structs that Go always writes are there.
 * @source staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go, encoding/json
 */
import { parseQuantity } from './quantity.ts';
import { type FieldSchema, mustTypeSchema, type ScalarType, type TypeRef, type TypeSchema } from './schema.ts';
import { parseGoDuration, parseMicroTime } from './time.ts';
import type { KubeObject } from './types.ts';

export type DecodeResult =
  | {
      readonly ok: true;
      readonly value: KubeObject;
      /** `spec.containers[0].foo`, in the order they stand in the object. */
      readonly unknownFields: readonly string[];
    }
  /** Go's words: `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. */
  | { readonly ok: false; readonly error: string };

type Fields = Readonly<Record<string, unknown>>;

/** Decodes an object of a type (`core.Pod`). */
export function decodeObject(typeName: string, value: unknown): DecodeResult {
  const decoding: Decoding = { unknown: [], error: undefined };
  const schema = mustTypeSchema(typeName);
  if (!isFields(value)) {
    return { ok: false, error: `json: cannot unmarshal ${jsonKind(value)} into Go value of type v1.${schema.goName}` };
  }
  const decoded = decodeStruct(decoding, schema, value, '', '');
  if (decoding.error !== undefined) return { ok: false, error: decoding.error };
  return { ok: true, value: decoded as KubeObject, unknownFields: decoding.unknown };
}

/** `strict decoding error: unknown field "spec.foo", unknown field "spec.bar"` */
export function strictDecodingError(unknownFields: readonly string[]): string {
  return `strict decoding error: ${unknownFields.map((field) => `unknown field "${field}"`).join(', ')}`;
}

/** What the API server says about an object it cannot decode. */
export function cannotBeHandled(kind: string, version: string, error: string): string {
  return `${kind} in version "${version}" cannot be handled as a ${kind}: ${error}`;
}

interface Decoding {
  readonly unknown: string[];
  error: string | undefined;
}

/**
 * @param path    where the struct stands, with indices: `spec.containers[0].`
 * @param goPath  the same without them, as Go's errors have it: `spec.containers.`
 */
function decodeStruct(decoding: Decoding, schema: TypeSchema, value: Fields, path: string, goPath: string): Fields {
  if (canonical.get(value) === schema) return value;
  const unknownBefore = decoding.unknown.length;
  const given: Record<string, unknown> = {};
  for (const name in value) {
    if (value[name] === undefined) continue;
    const field = schema.byName.get(name);
    if (field === undefined) decoding.unknown.push(path + name);
    else given[name] = decodeField(decoding, schema, field, value[name], path, goPath);
  }
  const decoded: Record<string, unknown> = {};
  for (const field of schema.fields) {
    const kept = field.name in given ? given[field.name] : emptyOf(field);
    if (kept !== undefined) decoded[field.name] = kept;
  }
  const result = sameFields(decoded, value) ? value : decoded;
  if (decoding.error === undefined && decoding.unknown.length === unknownBefore) canonical.set(result, schema);
  return result;
}

/**
 * Structs that decoding leaves as they are, with the schema they were decoded by. Most writes bring back what was read with a change in
 * one place: the rest is not walked again, and stays shared with the version before.
 */
const canonical = new WeakMap<object, TypeSchema>();

function sameFields(decoded: Fields, value: Fields): boolean {
  let count = 0;
  for (const name in value) {
    if (decoded[name] !== value[name]) return false;
    count++;
  }
  for (const _name in decoded) count--;
  return count === 0;
}

function decodeField(
  decoding: Decoding,
  schema: TypeSchema,
  field: FieldSchema,
  given: unknown,
  path: string,
  goPath: string,
): unknown {
  const { type } = field;
  if (given === null) return emptyOf(field);
  const where: Where = { goStruct: schema.goName, goPath: goPath + field.name, path: path + field.name };
  const value = decodeValue(decoding, type, given, where);
  if (field.pointer || field.always || type.form === 'object') return value;
  return isZero(value) ? undefined : value;
}

interface Where {
  readonly goStruct: string;
  readonly goPath: string;
  readonly path: string;
}

function decodeValue(decoding: Decoding, type: TypeRef, given: unknown, where: Where): unknown {
  switch (type.form) {
    case 'scalar':
      return decodeScalar(decoding, type.scalar, type.goName, given, where);
    case 'object': {
      if (!isFields(given)) return mismatch(decoding, given, type.goName, where);
      return decodeStruct(decoding, mustTypeSchema(type.typeName), given, `${where.path}.`, `${where.goPath}.`);
    }
    case 'list': {
      if (!Array.isArray(given)) return mismatch(decoding, given, type.goName, where);
      let changed = false;
      const items = given.map((item: unknown, i) => {
        if (item === null) {
          changed = true;
          return type.of.form === 'object' ? {} : zeroOf(type.of);
        }
        const kept = decodeValue(decoding, type.of, item, { ...where, path: `${where.path}[${i}]` });
        if (kept !== item) changed = true;
        return kept;
      });
      return changed ? items : given;
    }
    case 'map': {
      if (!isFields(given)) return mismatch(decoding, given, type.goName, where);
      const decoded: Record<string, unknown> = {};
      for (const key of Object.keys(given)) {
        const item = given[key];
        const at = { ...where, path: `${where.path}.${key}` };
        decoded[key] = item === null || item === undefined ? zeroOf(type.of) : decodeValue(decoding, type.of, item, at);
      }
      return sameFields(decoded, given) ? given : decoded;
    }
  }
}

function decodeScalar(decoding: Decoding, scalar: ScalarType, goName: string, given: unknown, where: Where): unknown {
  switch (scalar) {
    case 'string':
      return typeof given === 'string' ? given : mismatch(decoding, given, goName, where);
    case 'bool':
      return typeof given === 'boolean' ? given : mismatch(decoding, given, goName, where);
    case 'int32':
    case 'int64': {
      if (typeof given !== 'number') return mismatch(decoding, given, goName, where);
      const limit = scalar === 'int32' ? 2_147_483_647 : Number.MAX_SAFE_INTEGER;
      const fits = Number.isInteger(given) && given <= limit && given >= -limit - 1;
      return fits ? given : mismatch(decoding, given, goName, where, `number ${given}`);
    }
    case 'float64':
      return typeof given === 'number' ? given : mismatch(decoding, given, goName, where);
    case 'Quantity': {
      if (typeof given !== 'string' && typeof given !== 'number') return fail(decoding, unparsable(given));
      const parsed = parseQuantity(given);
      return parsed.ok ? String(given) : fail(decoding, parsed.error);
    }
    case 'IntOrString':
      if (typeof given === 'number' || typeof given === 'string') return given;
      return fail(decoding, `json: cannot unmarshal ${jsonKind(given)} into Go value of type int32`);
    case 'Time':
    case 'MicroTime':
      return typeof given === 'string' && parseMicroTime(given) !== undefined
        ? given
        : fail(decoding, wrongTime(given, goName));
    case 'Duration':
      return typeof given === 'string' && parseGoDuration(given) !== undefined
        ? given
        : fail(decoding, `time: invalid duration ${JSON.stringify(given)}`);
    case 'bytes':
      return decodeBytes(decoding, given, goName, where);
    case 'any':
      return given;
  }
}

function decodeBytes(decoding: Decoding, given: unknown, goName: string, where: Where): unknown {
  if (typeof given !== 'string') return mismatch(decoding, given, goName, where);
  const text = given.replace(/[\r\n]/g, '');
  const wrong = text.search(/[^A-Za-z0-9+/=]/);
  const padding = text.indexOf('=');
  if (wrong >= 0 && (padding < 0 || wrong < padding)) {
    return fail(decoding, `illegal base64 data at input byte ${wrong}`);
  }
  if (text.length % 4 !== 0 || /=[^=]|={3,}/.test(text)) {
    const at = padding >= 0 ? padding : Math.floor(text.length / 4) * 4;
    return fail(decoding, `illegal base64 data at input byte ${padding >= 0 ? at : text.length}`);
  }
  return given;
}

function mismatch(decoding: Decoding, given: unknown, goName: string, where: Where, what = jsonKind(given)): unknown {
  const place = `Go struct field ${where.goStruct}.${where.goPath}`;
  return fail(decoding, `json: cannot unmarshal ${what} into ${place} of type ${goName}`);
}

function fail(decoding: Decoding, error: string): undefined {
  decoding.error ??= error;
  return undefined;
}

function unparsable(given: unknown): string {
  const parsed = parseQuantity(JSON.stringify(given));
  return parsed.ok ? '' : parsed.error;
}

function wrongTime(given: unknown, goName: string): string {
  if (typeof given !== 'string') return `json: cannot unmarshal ${jsonKind(given)} into Go value of type string`;
  const layout = goName === 'v1.MicroTime' ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
  return `parsing time ${JSON.stringify(given)} as "${layout}": cannot parse ${JSON.stringify(given)} as "2006"`;
}

/** What stands in the place of a field that is absent: nothing, or what Go writes all the same. */
function emptyOf(field: FieldSchema): unknown {
  if (field.pointer || field.omitZero) return undefined;
  const { type } = field;
  if (type.form === 'object') return emptyStruct(type.typeName);
  if (type.form === 'scalar' && (type.scalar === 'Time' || type.scalar === 'MicroTime')) return null;
  return field.always ? zeroOf(type) : undefined;
}

const emptyStructs = new Map<string, Fields>();

/** The zero value of a struct, shared: objects are immutable. */
function emptyStruct(typeName: string): Fields {
  const known = emptyStructs.get(typeName);
  if (known !== undefined) return known;
  const empty: Record<string, unknown> = {};
  for (const field of mustTypeSchema(typeName).fields) {
    const value = emptyOf(field);
    if (value !== undefined) empty[field.name] = value;
  }
  const frozen = Object.freeze(empty);
  emptyStructs.set(typeName, frozen);
  return frozen;
}

function zeroOf(type: TypeRef): unknown {
  if (type.form === 'object') return emptyStruct(type.typeName);
  if (type.form !== 'scalar') return null;
  switch (type.scalar) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'float64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'Duration':
      return '0s';
    default:
      return null;
  }
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _key in value) return false;
  return true;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

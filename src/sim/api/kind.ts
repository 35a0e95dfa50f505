/**
 * What the API server knows about a kind: its names, how it is stored, defaulted, validated, changed, printed and selected.
 * A kind is one file under `kinds/` that calls `defineKind`; `kinds.ts` lists them all.
 */
import { semanticEqual } from './equal.ts';
import type { FieldError } from './field-error.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { nameIsDnsSubdomain } from './names.ts';
import { type Cell, type Column, createdAtColumns, createdAtRow } from './table.ts';
import type { KubeObject } from './types.ts';

export interface Kind<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1` */
  readonly apiVersion: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** `status`, `scale`, `log`, `exec`, `binding`, `eviction`, … */
  readonly subresources: readonly string[];
  readonly verbs: readonly string[];
  /** Reviews and bindings are answered, never stored. */
  readonly stored: boolean;
  /** `/registry/pods`; then `/namespace/name` or `/name`. */
  readonly storagePrefix: string;
  /** The name of its type in `schema.ts`: `core.Pod`. */
  readonly schema: string;
  /** A PUT to a name that does not exist creates it. */
  readonly createOnUpdate: boolean;
  /** An update may leave out the resource version. */
  readonly unconditionalUpdate: boolean;
  /** Fills in what was left out. Idempotent; returns the same object when nothing was missing. */
  defaults(object: T): T;
  /** Drops what a client may not set on creation (status), sets the first generation. */
  prepareCreate(object: T): T;
  /** Keeps what this path may not change (status) and raises the generation when the spec changed. */
  prepareUpdate(object: T, old: T): T;
  /** For the status subresource: keeps everything but the status. */
  prepareStatusUpdate(object: T, old: T): T;
  /** Everything wrong with a new object, metadata included. */
  validate(object: T): readonly FieldError[];
  /** Everything wrong with a change, immutable fields included. */
  validateUpdate(object: T, old: T): readonly FieldError[];
  validateStatusUpdate(object: T, old: T): readonly FieldError[];
  /** Texts of `Warning:` headers. */
  warnings(object: T, old?: T): readonly string[];
  /** The warning every request to a deprecated kind earns. */
  readonly deprecation?: string | undefined;
  /**
   * Graceful deletion: how long a deleted object lingers so that its owner can clean up, in seconds; undefined: it is gone
   * at once.
   * @param requestedSeconds  from the delete options, if the client said so
   */
  deletionGraceSeconds(object: T, requestedSeconds: number | undefined): number | undefined;
  readonly columns: readonly Column[];
  /**
   * The cells of a table row, one for each column.
   * @param nowMs  virtual wall clock, for ages
   * @param wide   the server always says true; false clips long load-balancer addresses
   */
  row(object: T, nowMs: number, wide?: boolean): readonly Cell[];
  /** The order of a table's rows; absent: that of the names. Stable sorting keeps equal rows in the order of their names. */
  compareRows?(left: T, right: T): number;
  /** What a field selector may ask for. */
  selectableFields(object: T): Readonly<Record<string, string>>;
  /** Why a field cannot be selected by, or undefined when it can. */
  unselectable(field: string): string | undefined;
  /** What the scale subresource reads and writes; absent: the kind cannot be scaled. */
  readonly scale?: ScaleAccess<T> | undefined;
}

export interface ScaleAccess<T extends KubeObject = KubeObject> {
  replicas(object: T): number;
  statusReplicas(object: T): number;
  /** As a string: `app=web`. */
  selector(object: T): string;
  withReplicas(object: T, replicas: number): T;
}

/** What a kind's file has to say; everything else has a sensible default. */
export interface KindDefinition<T extends KubeObject> {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  readonly subresources?: readonly string[];
  readonly verbs?: readonly string[];
  readonly stored?: boolean;
  readonly storagePrefix?: string;
  readonly schema: string;
  readonly createOnUpdate?: boolean;
  readonly unconditionalUpdate?: boolean;
  /** Checks a name, or (isPrefix) the beginning of one that is to be generated. */
  readonly validateName?: (name: string, isPrefix: boolean) => readonly string[];
  readonly defaults?: (object: T) => T;
  readonly prepareCreate?: (object: T) => T;
  readonly prepareUpdate?: (object: T, old: T) => T;
  readonly prepareStatusUpdate?: (object: T, old: T) => T;
  /** Everything but the metadata. */
  readonly validate?: (object: T) => readonly FieldError[];
  /** What `validate` does not already say, and not the metadata. */
  readonly validateUpdate?: (object: T, old: T) => readonly FieldError[];
  /** False: an update is judged by `validateUpdate` alone. */
  readonly revalidateOnUpdate?: boolean;
  readonly validateStatusUpdate?: (object: T, old: T) => readonly FieldError[];
  readonly warnings?: (object: T, old?: T) => readonly string[];
  readonly deprecation?: string;
  readonly deletionGraceSeconds?: (object: T, requestedSeconds: number | undefined) => number | undefined;
  /** The status a new object starts with; absent: the kind has none. */
  readonly initialStatus?: Readonly<Record<string, unknown>>;
  /** Whether a change raises `metadata.generation`; absent: the kind has no generation. */
  readonly raisesGeneration?: (object: T, old: T) => boolean;
  readonly columns?: readonly Column[];
  readonly row?: (object: T, nowMs: number, wide: boolean) => readonly Cell[];
  readonly compareRows?: (left: T, right: T) => number;
  readonly selectableFields?: (object: T) => Readonly<Record<string, string>>;
  /** The names of those fields, metadata apart. */
  readonly fieldLabels?: readonly string[];
  readonly scale?: ScaleAccess<T>;
}

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** Completes a definition. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): Kind<T> {
  const { group = '', version = 'v1', namespaced, plural, kind } = definition;
  const validateName = definition.validateName ?? nameIsDnsSubdomain;
  const validateSpec = definition.validate ?? noErrors;
  const { raisesGeneration } = definition;
  const hasStatus = definition.subresources?.includes('status') ?? false;
  const initialStatus = definition.initialStatus;
  const metadataFields = (object: T): Readonly<Record<string, string>> => ({
    'metadata.name': object.metadata.name,
    ...(namespaced && { 'metadata.namespace': object.metadata.namespace ?? '' }),
  });
  return {
    group,
    version,
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: definition.singular ?? kind.toLowerCase(),
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    namespaced,
    subresources: definition.subresources ?? [],
    verbs: definition.verbs ?? ALL_VERBS,
    stored: definition.stored ?? true,
    storagePrefix: definition.storagePrefix ?? `/registry/${plural}`,
    schema: definition.schema,
    createOnUpdate: definition.createOnUpdate ?? false,
    unconditionalUpdate: definition.unconditionalUpdate ?? true,
    defaults: definition.defaults ?? same,
    prepareCreate(object) {
      let prepared: T = object;
      if (hasStatus && initialStatus !== undefined) prepared = { ...prepared, status: initialStatus };
      if (raisesGeneration !== undefined) prepared = withGeneration(prepared, 1);
      return definition.prepareCreate === undefined ? prepared : definition.prepareCreate(prepared);
    },
    prepareUpdate(object, old) {
      let prepared: T = object;
      if (hasStatus) prepared = withField(prepared, 'status', old['status']);
      if (definition.prepareUpdate !== undefined) prepared = definition.prepareUpdate(prepared, old);
      if (raisesGeneration === undefined) return prepared;
      return withGeneration(prepared, (old.metadata.generation ?? 0) + (raisesGeneration(prepared, old) ? 1 : 0));
    },
    prepareStatusUpdate(object, old) {
      const prepared: T = withField({ ...old, metadata: object.metadata }, 'status', object['status']);
      return definition.prepareStatusUpdate === undefined ? prepared : definition.prepareStatusUpdate(prepared, old);
    },
    validate(object) {
      return joined(validateMetadata(object.metadata, namespaced, validateName), validateSpec(object));
    },
    validateUpdate(object, old) {
      const metadata = validateMetadataUpdate(object.metadata, old.metadata);
      const spec = definition.revalidateOnUpdate === false ? NO_ERRORS : validateSpec(object);
      return joined(joined(metadata, spec), definition.validateUpdate?.(object, old) ?? NO_ERRORS);
    },
    validateStatusUpdate(object, old) {
      const metadata = validateMetadataUpdate(object.metadata, old.metadata);
      return joined(metadata, definition.validateStatusUpdate?.(object, old) ?? NO_ERRORS);
    },
    warnings: definition.warnings ?? noErrors,
    deprecation: definition.deprecation,
    deletionGraceSeconds: definition.deletionGraceSeconds ?? noGrace,
    columns: definition.columns ?? createdAtColumns,
    row(object, nowMs, wide = true) {
      return definition.row === undefined ? createdAtRow(object) : definition.row(object, nowMs, wide);
    },
    ...(definition.compareRows !== undefined && { compareRows: definition.compareRows }),
    selectableFields(object) {
      const own = definition.selectableFields;
      return own === undefined ? metadataFields(object) : { ...metadataFields(object), ...own(object) };
    },
    unselectable(field) {
      const { fieldLabels } = definition;
      if (field === 'metadata.name' || (field === 'metadata.namespace' && (namespaced || fieldLabels === undefined))) {
        return undefined;
      }
      if (fieldLabels === undefined) {
        return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
      }
      return fieldLabels.includes(field) ? undefined : `field label not supported: ${field}`;
    },
    scale: definition.scale,
  };
}

/** The usual rule of `raisesGeneration`. */
export function specChanged(object: KubeObject, old: KubeObject): boolean {
  return object['spec'] !== old['spec'] && !semanticEqual(object['spec'], old['spec']);
}

/** The object with another value in one field; undefined takes the field out. */
export function withField<T extends KubeObject>(object: T, field: string, value: unknown): T {
  if (object[field] === value) return object;
  if (value !== undefined) return { ...object, [field]: value };
  const { [field]: _dropped, ...rest } = object as KubeObject;
  return rest as unknown as T;
}

function withGeneration<T extends KubeObject>(object: T, generation: number): T {
  if (object.metadata.generation === generation) return object;
  return { ...object, metadata: { ...object.metadata, generation } };
}

const NO_ERRORS: readonly never[] = [];

function noErrors(): readonly never[] {
  return NO_ERRORS;
}

function noGrace(): undefined {
  return undefined;
}

function same<T>(object: T): T {
  return object;
}

function joined(first: readonly FieldError[], second: readonly FieldError[]): readonly FieldError[] {
  if (first.length === 0) return second;
  return second.length === 0 ? first : [...first, ...second];
}

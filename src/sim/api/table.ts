/**
 * What the tables of all kinds share: columns, ages, and the cells several kinds print alike.
 * @source pkg/printers/internalversion/printers.go
 */
import { formatSelector, selectorOfMap } from './selector.ts';
import { ageOf, parseTime } from './time.ts';
import type { Condition, KubeObject, StringMap } from './types.ts';

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority: 0 | 1;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  Name: 'The name of the object, unique within its namespace.',
  Age: 'How long ago the object was created.',
  'Created At': 'When the object was created.',
};

/**
 * Columns from a short line: names separated by commas; those behind `|` are shown with `-o wide` only; `#` before a name
 * makes it a number, `?` a truth value.
 */
export function columns(line: string): readonly Column[] {
  const [plain = '', wide = ''] = line.split('|');
  return [...columnsOf(plain, 0), ...columnsOf(wide, 1)];
}

function columnsOf(list: string, priority: 0 | 1): readonly Column[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const type = item.startsWith('#') ? 'integer' : item.startsWith('?') ? 'boolean' : 'string';
      const name = type === 'string' ? item : item.slice(1);
      const format = name === 'Name' ? 'name' : '';
      return { name, type, format, description: DESCRIPTIONS[name] ?? '', priority };
    });
}

/** Kinds without a printer of their own print when they were created. */
export const createdAtColumns: readonly Column[] = [
  ...columns('Name'),
  { name: 'Created At', type: 'date', format: '', description: DESCRIPTIONS['Created At'] ?? '', priority: 0 },
];

export function createdAtRow(object: KubeObject): readonly Cell[] {
  return [object.metadata.name, object.metadata.creationTimestamp ?? null];
}

/** The AGE cell. */
export function age(object: KubeObject, nowMs: number): string {
  return ageOf(object.metadata.creationTimestamp, nowMs);
}

/** The CONTAINERS and IMAGES cells. */
export function containerCells(
  containers: readonly { readonly name: string; readonly image?: string | undefined }[] | undefined,
): readonly [string, string] {
  const list = containers ?? [];
  return [list.map(({ name }) => name).join(','), list.map(({ image }) => image ?? '').join(',')];
}

/** Labels in one line, `<none>` when there are none. */
export function formatLabels(labels: StringMap | undefined): string {
  const text = formatSelector(selectorOfMap(labels));
  return text === '' ? '<none>' : text;
}

/** The condition of a type, if the object has it. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of a type is True. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** The later of two times; undefined is before everything. */
export function laterTime(left: string | undefined, right: string | undefined): string | undefined {
  const a = parseTime(left);
  const b = parseTime(right);
  if (a === undefined) return right;
  return b !== undefined && a < b ? right : left;
}

/** `a,b,c + 2 more...` */
export function listWithMore(items: readonly string[], shown: number): string {
  const text = items.slice(0, shown).join(',');
  return items.length > shown ? `${text} + ${items.length - shown} more...` : text;
}

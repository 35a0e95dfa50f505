/** What types and fields mean: the prose behind `kubectl explain`. */

import { clusterDescriptions } from './schema/cluster-descriptions.ts';
import { podDescriptions } from './schema/pod-descriptions.ts';
import { workloadDescriptions } from './schema/workload-descriptions.ts';
import { fieldAt, objectTypeOf } from './schema.ts';

interface TypeDescription {
  readonly text: string;
  readonly fields: ReadonlyMap<string, string>;
}

const TABLES = [podDescriptions, workloadDescriptions, clusterDescriptions];

/** Fields that mean the same wherever they stand. */
const COMMON: Readonly<Record<string, string>> = {
  apiVersion: 'The group and version of the object.',
  kind: 'The kind of the object, as one word in camel case.',
  metadata: 'What every object has: its name, its labels, who owns it.',
  spec: 'What is wanted.',
  status: 'What is observed; filled in by the cluster.',
  conditions: 'Aspects of the state, each True, False or Unknown.',
  observedGeneration: 'The generation of the specification this status speaks of.',
};

const OF_CONDITIONS: Readonly<Record<string, string>> = {
  type: 'Which aspect it is about.',
  status: 'True, False or Unknown.',
  reason: 'Why, in a word for programs.',
  message: 'Why, in a sentence for people.',
  lastTransitionTime: 'When the status last changed.',
  lastUpdateTime: 'When the condition was last written.',
};

/** A type whose fields are those of another. */
const LIKE: Readonly<Record<string, string>> = { 'core.EphemeralContainer': 'core.Container' };

let known: ReadonlyMap<string, TypeDescription> | undefined;

/** What a type (`core.PodSpec`) is, or undefined when nobody has written it down. */
export function typeDescription(typeName: string): string | undefined {
  return descriptions().get(typeName)?.text;
}

/** What a field of a type is, or undefined when nobody has written it down. */
export function fieldDescription(typeName: string, field: string): string | undefined {
  const own = descriptions().get(typeName)?.fields.get(field);
  if (own !== undefined) return own;
  const like = LIKE[typeName];
  if (like !== undefined) return fieldDescription(like, field);
  if (typeName.endsWith('Condition') && field in OF_CONDITIONS) return OF_CONDITIONS[field];
  return typeOfFieldDescription(typeName, field) ?? COMMON[field];
}

/** Everything that is described: types, and the fields they have a line for. */
export function describedFields(): readonly (readonly [typeName: string, fields: readonly string[]])[] {
  return [...descriptions()].map(([typeName, { fields }]) => [typeName, [...fields.keys()]]);
}

function typeOfFieldDescription(typeName: string, field: string): string | undefined {
  const schema = fieldAt(typeName, [field]);
  const inner = schema && objectTypeOf(schema.type);
  return inner === undefined ? undefined : descriptions().get(inner)?.text;
}

function descriptions(): ReadonlyMap<string, TypeDescription> {
  known ??= read();
  return known;
}

function read(): ReadonlyMap<string, TypeDescription> {
  const types = new Map<string, TypeDescription>();
  let fields = new Map<string, string>();
  for (const line of TABLES.join('').split('\n')) {
    const space = line.indexOf(' ', 2);
    if (space < 0) continue;
    const text = line.slice(space + 1);
    if (line.startsWith('  ')) fields.set(line.slice(2, space), text);
    else {
      fields = new Map();
      types.set(line.slice(0, space), { text, fields });
    }
  }
  return types;
}

/** Reads the oracle cases (schema: what the real scheduler answers) and builds a configuration that runs one plugin alone. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KubeObject, Node, Pod } from '../../src/sim/api/types.ts';
import type { ClusterCache } from '../../src/sim/scheduler/cluster-cache.ts';
import {
  DEFAULT_GATES,
  resolveConfiguration,
  type SchedulerConfiguration,
} from '../../src/sim/scheduler/configuration.ts';
import { snapshotOf } from '../../src/sim/scheduler/explain.ts';

export interface OracleCase {
  readonly id: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly filterPlugins?: readonly string[];
  readonly pod: Pod;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly KubeObject[];
  readonly otherObjects: readonly KubeObject[];
  readonly candidates?: readonly string[];
  readonly given?: { readonly filterStatuses?: Readonly<Record<string, { readonly code: string }>> };
  readonly expect: {
    readonly filter?: Readonly<Record<string, true | string | readonly string[]>>;
    readonly codes?: Readonly<Record<string, string>>;
    readonly failedPlugin?: Readonly<Record<string, string>>;
    readonly preFilter?: { readonly code: string; readonly reasons: readonly string[] };
    readonly preFilterSkipped?: boolean;
    readonly score?: Readonly<Record<string, number>>;
    readonly scoreSkipped?: boolean;
    readonly scores?: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly total?: Readonly<Record<string, number>>;
    readonly bestNodes?: readonly string[];
    readonly message?: string;
    readonly nominatedNode?: string;
    readonly nominatedNodeAnyOf?: readonly string[];
    readonly victims?: readonly string[];
    readonly eligible?: boolean;
    readonly candidates?: Readonly<
      Record<string, { readonly victims: readonly string[]; readonly pdbViolations: number }>
    >;
  };
}

export function oracleCases(name: string): readonly OracleCase[] {
  const path = fileURLToPath(new URL(`../oracles/scheduler/${name}.json`, import.meta.url));
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: OracleCase[] }).cases;
}

export function snapshotOfCase(each: OracleCase): ClusterCache {
  return snapshotOf([...each.nodes, ...each.pods, ...each.services, ...each.otherObjects]);
}

/** Only the named plugins, with the case's arguments for the one under test. */
export function onlyPlugins(names: readonly string[], plugin: string, each: OracleCase): SchedulerConfiguration {
  const result = resolveConfiguration(
    {
      profiles: [
        {
          plugins: {
            multiPoint: { disabled: [{ name: '*' }], enabled: names.map((name) => ({ name, weight: 1 })) },
          },
          pluginConfig: each.args === undefined ? [] : [{ name: plugin, args: each.args }],
        },
      ],
    },
    { ...DEFAULT_GATES, ...each.featureGates },
  );
  if (!result.ok) throw new Error(result.error);
  return result.configuration;
}

export function reasonsOf(value: true | string | readonly string[]): true | readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

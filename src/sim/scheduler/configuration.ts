/**
 * KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, which plugins speak at which point, with what weight
 * and arguments. Read once into plain data.
 * @source pkg/scheduler/apis/config/v1/{defaults,default_plugins}.go, pkg/scheduler/framework/runtime/framework.go
 */
import type { FeatureGates } from './framework.ts';
import { EXTENSION_POINTS, type ExtensionPoint, PLUGINS, type PluginArgs } from './registry.ts';

export interface PluginRef {
  readonly name: string;
  readonly weight?: number | undefined;
}

export interface PluginSet {
  readonly enabled?: readonly PluginRef[] | undefined;
  readonly disabled?: readonly PluginRef[] | undefined;
}

export interface ProfileConfiguration {
  readonly schedulerName?: string | undefined;
  readonly percentageOfNodesToScore?: number | undefined;
  readonly plugins?: Readonly<Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>>> | undefined;
  readonly pluginConfig?: readonly { readonly name: string; readonly args?: PluginArgs | undefined }[] | undefined;
}

export interface KubeSchedulerConfiguration {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly profiles?: readonly ProfileConfiguration[] | undefined;
  readonly percentageOfNodesToScore?: number | undefined;
  readonly podInitialBackoffSeconds?: number | undefined;
  readonly podMaxBackoffSeconds?: number | undefined;
  /** Webhooks beside the plugins; not simulated. */
  readonly extenders?: readonly unknown[] | undefined;
  readonly clientConnection?: { readonly kubeconfig?: string | undefined } | undefined;
  readonly leaderElection?:
    | {
        readonly leaderElect?: boolean | undefined;
        readonly leaseDuration?: string | undefined;
        readonly renewDeadline?: string | undefined;
        readonly retryPeriod?: string | undefined;
        readonly resourceName?: string | undefined;
        readonly resourceNamespace?: string | undefined;
      }
    | undefined;
}

/** One scheduler by name: the plugins of each point in order, all defaults filled in. */
export interface Profile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | undefined;
  readonly points: Readonly<Record<ExtensionPoint, readonly string[]>>;
  readonly weights: Readonly<Record<string, number>>;
  readonly args: Readonly<Record<string, PluginArgs>>;
}

export interface SchedulerConfiguration {
  readonly profiles: readonly Profile[];
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly gates: FeatureGates;
}

export type ConfigurationResult =
  | { readonly ok: true; readonly configuration: SchedulerConfiguration }
  | { readonly ok: false; readonly error: string };

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

export const DEFAULT_GATES: FeatureGates = {
  TaintTolerationComparisonOperators: false,
  StorageCapacityScoring: false,
  VolumeLimitScaling: false,
  DynamicResourceAllocation: true,
};

/** Fills in the defaults; an error text, as kube-scheduler prints it, when the configuration cannot be run. */
export function resolveConfiguration(given: KubeSchedulerConfiguration, gates = DEFAULT_GATES): ConfigurationResult {
  const configured = given.profiles?.length ? given.profiles : [{}];
  const profiles: Profile[] = [];
  for (const [i, profile] of configured.entries()) {
    const schedulerName = profile.schedulerName ?? (configured.length === 1 ? DEFAULT_SCHEDULER_NAME : '');
    if (schedulerName === '') return { ok: false, error: `profiles[${i}].schedulerName: Required value` };
    if (profiles.some((other) => other.schedulerName === schedulerName)) {
      return { ok: false, error: `profiles[${i}].schedulerName: Duplicate value: "${schedulerName}"` };
    }
    const resolved = resolveProfile(schedulerName, profile, gates);
    if (typeof resolved === 'string') {
      return {
        ok: false,
        error: `initializing profiles: creating profile for scheduler name ${schedulerName}: ${resolved}`,
      };
    }
    profiles.push(resolved);
  }
  return {
    ok: true,
    configuration: {
      profiles,
      percentageOfNodesToScore: given.percentageOfNodesToScore ?? 0,
      podInitialBackoffSeconds: given.podInitialBackoffSeconds ?? 1,
      podMaxBackoffSeconds: given.podMaxBackoffSeconds ?? 10,
      gates,
    },
  };
}

/** The configuration that kube-scheduler runs with when it is given none. */
export function defaultConfiguration(gates = DEFAULT_GATES): SchedulerConfiguration {
  const result = resolveConfiguration({}, gates);
  if (!result.ok) throw new Error(result.error);
  return result.configuration;
}

/** Why a profile could not run a real scheduler although its plugins exist; undefined when it could. */
export function profileComplaint(profile: Profile): string | undefined {
  const name = profile.schedulerName;
  if (profile.points.queueSort.length !== 1) {
    return `only one queue sort plugin required for profile with scheduler name "${name}", but got ${profile.points.queueSort.length}`;
  }
  if (profile.points.bind.length === 0)
    return `at least one bind plugin is needed for profile with scheduler name "${name}"`;
  return undefined;
}

function defaultPlugins(gates: FeatureGates): PluginRef[] {
  return [...PLUGINS.values()]
    .filter(({ name }) => name !== 'DynamicResources' || gates.DynamicResourceAllocation)
    .map(({ name, weight }) => ({ name, weight }));
}

function resolveProfile(schedulerName: string, profile: ProfileConfiguration, gates: FeatureGates): Profile | string {
  const multiPoint = mergeSets({ enabled: defaultPlugins(gates) }, profile.plugins?.multiPoint ?? {});
  const points: Record<string, readonly string[]> = {};
  const weights: Record<string, number> = {};
  for (const { name } of multiPoint) if (!PLUGINS.has(name)) return `PreFilterPlugin "${name}" does not exist`;
  for (const { name, weight } of multiPoint) weights[name] = weight || 1;
  for (const point of EXTENSION_POINTS) {
    const specific = profile.plugins?.[point] ?? {};
    for (const { name, weight } of specific.enabled ?? []) {
      const entry = PLUGINS.get(name);
      const type = `${point[0]?.toUpperCase()}${point.slice(1)}Plugin`;
      if (entry === undefined) return `${type} "${name}" does not exist`;
      if (!entry.points.includes(point)) return `plugin "${name}" does not extend ${type} plugin`;
      if (point === 'score') weights[name] = weight || 1;
    }
    points[point] = expandPoint(point, multiPoint, specific);
  }
  const args: Record<string, PluginArgs> = {};
  for (const config of profile.pluginConfig ?? []) args[config.name] = config.args ?? {};
  return {
    schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore,
    points: points as Record<ExtensionPoint, readonly string[]>,
    weights,
    args,
  };
}

/** Defaults minus what is disabled, re-configured ones in their old place, new ones behind. */
function mergeSets(defaults: PluginSet, custom: PluginSet): PluginRef[] {
  const disabled = new Set((custom.disabled ?? []).map(({ name }) => name));
  const replacements = new Map((custom.enabled ?? []).map((plugin) => [plugin.name, plugin]));
  const merged: PluginRef[] = [];
  const replaced = new Set<string>();
  if (!disabled.has('*')) {
    for (const plugin of defaults.enabled ?? []) {
      if (disabled.has(plugin.name)) continue;
      const replacement = replacements.get(plugin.name);
      if (replacement !== undefined) replaced.add(plugin.name);
      merged.push(replacement ?? plugin);
    }
  }
  for (const plugin of custom.enabled ?? []) if (!replaced.has(plugin.name)) merged.push(plugin);
  return merged;
}

/** First the overrides in the order of the point, then what multiPoint brings, then the rest of the point. */
function expandPoint(point: ExtensionPoint, multiPoint: readonly PluginRef[], specific: PluginSet): string[] {
  const enabled = (specific.enabled ?? []).map(({ name }) => name);
  const disabled = new Set((specific.disabled ?? []).map(({ name }) => name));
  if (disabled.has('*')) return enabled;
  const brought = multiPoint
    .map(({ name }) => name)
    .filter((name) => PLUGINS.get(name)?.points.includes(point) && !disabled.has(name));
  const overrides = enabled.filter((name) => brought.includes(name));
  const rest = enabled.filter((name) => !brought.includes(name));
  return [...overrides, ...brought.filter((name) => !overrides.includes(name)), ...rest];
}

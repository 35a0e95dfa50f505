/**
 * Every plugin of the scheduler: what it is called today, what the slides' predicates and priorities were called, and at which
 * points of a cycle it may speak.
 * @source pkg/scheduler/framework/plugins/registry.go, pkg/scheduler/apis/config/v1/default_plugins.go
 */
import type { Plugin } from './framework.ts';
import { defaultPreemption } from './plugins/default-preemption.ts';
import { dynamicResources } from './plugins/dynamic-resources.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { prioritySort } from './plugins/priority-sort.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { volumeBinding } from './plugins/volume-binding.ts';
import { volumeRestrictions } from './plugins/volume-restrictions.ts';
import { volumeZone } from './plugins/volume-zone.ts';

export const EXTENSION_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

export interface PluginEntry {
  readonly name: string;
  /** Weight of its score in the default profile. */
  readonly weight?: number;
  /** What did this work in the days of the slides (v1.5 and a few years on). */
  readonly predicates?: readonly string[];
  readonly priorities?: readonly string[];
  readonly points: readonly ExtensionPoint[];
  /** Made from the plugin's arguments in the configuration. */
  create(args: PluginArgs): Plugin;
}

/** As they stand in `pluginConfig`; each plugin knows its own shape. */
export type PluginArgs = Readonly<Record<string, unknown>>;

const entries: readonly PluginEntry[] = [
  { name: 'SchedulingGates', points: ['preEnqueue'], create: () => schedulingGates },
  { name: 'PrioritySort', points: ['queueSort'], create: () => prioritySort },
  {
    name: 'NodeUnschedulable',
    predicates: ['CheckNodeUnschedulable'],
    points: ['filter'],
    create: () => nodeUnschedulable,
  },
  { name: 'NodeName', predicates: ['PodFitsHost'], points: ['filter'], create: () => nodeName },
  {
    name: 'TaintToleration',
    weight: 3,
    predicates: ['PodToleratesNodeTaints', 'CheckNodeMemoryPressure', 'CheckNodeDiskPressure', 'CheckNodeCondition'],
    priorities: ['TaintTolerationPriority'],
    points: ['filter', 'preScore', 'score'],
    create: () => taintToleration,
  },
  {
    name: 'NodeAffinity',
    weight: 2,
    predicates: ['MatchNodeSelector'],
    priorities: ['NodeAffinityPriority'],
    points: ['preFilter', 'filter', 'preScore', 'score'],
    create: (args) => nodeAffinity(args),
  },
  {
    name: 'NodePorts',
    predicates: ['PodFitsHostPorts', 'PodFitsPorts'],
    points: ['preFilter', 'filter'],
    create: () => nodePorts,
  },
  {
    name: 'NodeResourcesFit',
    weight: 1,
    predicates: ['PodFitsResources'],
    priorities: ['LeastRequestedPriority', 'MostRequestedPriority', 'RequestedToCapacityRatioPriority'],
    points: ['preFilter', 'filter', 'preScore', 'score'],
    create: (args) => nodeResourcesFit(args),
  },
  {
    name: 'VolumeRestrictions',
    predicates: ['NoDiskConflict'],
    points: ['preFilter', 'filter'],
    create: () => volumeRestrictions,
  },
  {
    name: 'NodeVolumeLimits',
    predicates: ['MaxCSIVolumeCountPred', 'MaxEBSVolumeCount', 'MaxGCEPDVolumeCount', 'MaxAzureDiskVolumeCount'],
    points: ['preFilter', 'filter'],
    create: () => nodeVolumeLimits,
  },
  {
    name: 'VolumeBinding',
    weight: 1,
    predicates: ['CheckVolumeBinding'],
    points: ['preFilter', 'filter', 'preScore', 'score', 'reserve', 'preBind'],
    create: (args) => volumeBinding(args),
  },
  {
    name: 'VolumeZone',
    predicates: ['NoVolumeZoneConflict'],
    points: ['preFilter', 'filter'],
    create: () => volumeZone,
  },
  {
    name: 'PodTopologySpread',
    weight: 2,
    predicates: ['EvenPodsSpread'],
    priorities: ['SelectorSpreadPriority', 'ServiceSpreadingPriority', 'EvenPodsSpreadPriority'],
    points: ['preFilter', 'filter', 'preScore', 'score'],
    create: (args) => podTopologySpread(args),
  },
  {
    name: 'InterPodAffinity',
    weight: 2,
    predicates: ['MatchInterPodAffinity'],
    priorities: ['InterPodAffinityPriority'],
    points: ['preFilter', 'filter', 'preScore', 'score'],
    create: (args) => interPodAffinity(args),
  },
  {
    name: 'DynamicResources',
    weight: 2,
    points: ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'reserve', 'preBind'],
    create: () => dynamicResources,
  },
  {
    name: 'DefaultPreemption',
    points: ['preEnqueue', 'postFilter'],
    create: (args) => defaultPreemption(args),
  },
  {
    name: 'NodeResourcesBalancedAllocation',
    weight: 1,
    priorities: ['BalancedResourceAllocation'],
    points: ['preScore', 'score'],
    create: (args) => nodeResourcesBalancedAllocation(args),
  },
  {
    name: 'ImageLocality',
    weight: 1,
    priorities: ['ImageLocalityPriority'],
    points: ['score'],
    create: () => imageLocality,
  },
  { name: 'DefaultBinder', points: ['bind'], create: () => ({ name: 'DefaultBinder' }) },
];

/** In the order of the default profile. */
export const PLUGINS: ReadonlyMap<string, PluginEntry> = new Map(entries.map((entry) => [entry.name, entry]));

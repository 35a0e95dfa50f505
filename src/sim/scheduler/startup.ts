/**
 * From flags, files and kubeconfig to a scheduler that may start, or the error with which kube-scheduler gives up.
 * @source cmd/kube-scheduler/app/{server,options}
 */
import { load } from 'js-yaml';
import { configFromKubeconfig, createApiClient, inClusterConfig } from '../client/api-client.ts';
import { createEventRecorder } from '../client/event-recorder.ts';
import { durationMs, flagBool, flagInt, flagMs, flagText, type ParsedFlags, parseFlags } from '../client/flags.ts';
import { klog } from '../client/klog.ts';
import { createElection } from '../client/leader-election.ts';
import type { Io } from '../kernel/io.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import {
  DEFAULT_GATES,
  type KubeSchedulerConfiguration,
  profileComplaint,
  resolveConfiguration,
} from './configuration.ts';
import { schedulerFlags } from './flags.ts';
import type { FeatureGates } from './framework.ts';
import type { Scheduler } from './memory.ts';
import { newSchedulingQueue } from './scheduling-queue.ts';

const SCHEME = 'in scheme "pkg/scheduler/apis/config/scheme/scheme.go:30"';
const API_VERSION = 'kubescheduler.config.k8s.io/v1';

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Fills in the memory; when that is not possible the process says why and ends. */
export function startUp(me: Scheduler, io: Io): void {
  const parsed = parseFlags(schedulerFlags, me.args);
  if (!parsed.ok) {
    io.log(`Error: ${parsed.error}`);
    io.exit(1);
    return;
  }
  const error = prepare(me, io, parsed.flags);
  if (error === undefined) return;
  klog(io, 'E', 'run.go:72', `"command failed" err=${JSON.stringify(error)}`);
  me.client = undefined;
  io.exit(1);
}

function prepare(me: Scheduler, io: Io, flags: ParsedFlags): string | undefined {
  const given = readConfiguration(io, flagText(flags, 'config'));
  if (!given.ok) return given.error;
  if (given.value.extenders?.length) return 'not simulated: scheduler extenders';
  const gates = readGates(flagText(flags, 'feature-gates'));
  const resolved = resolveConfiguration(given.value, gates);
  if (!resolved.ok) return resolved.error;
  const { configuration } = resolved;
  for (const profile of configuration.profiles) {
    const complaint = profileComplaint(profile);
    if (complaint !== undefined) return complaint;
  }
  const hasFile = flags.set.has('config');
  const path = hasFile ? (given.value.clientConnection?.kubeconfig ?? '') : flagText(flags, 'kubeconfig');
  const config =
    path === ''
      ? inClusterConfig(io, me.env, 'kube-scheduler')
      : configFromKubeconfig(io.readFile(path), path, 'kube-scheduler');
  if (!config.ok) return config.error;
  for (const kind of ['authentication', 'authorization']) {
    const file = flagText(flags, `${kind}-kubeconfig`);
    if (file !== '' && io.readFile(file) === undefined) {
      return `failed to get delegated ${kind} kubeconfig: failed to get delegated ${kind} kubeconfig: stat ${file}: no such file or directory`;
    }
  }
  const address = listenError(io, flags);
  if (address !== undefined) return address;
  const server = flagText(flags, 'master').replace(/^https?:\/\//, '') || config.config.server;
  const target = { ...config.config, server };
  me.settings = { flags, configuration: Object.freeze(configuration) };
  me.client = createApiClient(target, Number(flagText(flags, 'kube-api-qps')), flagInt(flags, 'kube-api-burst'));
  me.freeClient = createApiClient(target);
  me.queue = newSchedulingQueue(
    configuration.podInitialBackoffSeconds * SECOND,
    configuration.podMaxBackoffSeconds * SECOND,
    flagMs(flags, 'pod-max-in-unschedulable-pods-duration') * MILLISECOND,
  );
  for (const { schedulerName } of configuration.profiles) {
    me.recorders.set(schedulerName, createEventRecorder(schedulerName));
  }
  elect(me, io, flags, given.value);
  return undefined;
}

/** Flags that were set win over the file, the file over the flags' defaults. */
function elect(me: Scheduler, io: Io, flags: ParsedFlags, given: KubeSchedulerConfiguration): void {
  const file = given.leaderElection;
  const isSet = (name: string) => flags.set.has(name);
  const wants =
    isSet('leader-elect') || file?.leaderElect === undefined ? flagBool(flags, 'leader-elect') : file.leaderElect;
  if (!wants) return;
  const ms = (name: string, fromFile: string | undefined) =>
    isSet(name) || fromFile === undefined ? flagMs(flags, name) : (durationMs(fromFile) ?? flagMs(flags, name));
  const nameFlag = 'leader-elect-resource-name';
  const name = isSet(nameFlag) ? flagText(flags, nameFlag) : (file?.resourceName ?? flagText(flags, nameFlag));
  const id = Math.floor(io.random() * 0xffffffff)
    .toString(16)
    .padStart(8, '0');
  me.election = createElection(
    name,
    `${io.host}_${id}`,
    ms('leader-elect-lease-duration', file?.leaseDuration),
    ms('leader-elect-renew-deadline', file?.renewDeadline),
    ms('leader-elect-retry-period', file?.retryPeriod),
  );
}

function listenError(io: Io, flags: ParsedFlags): string | undefined {
  const port = flagInt(flags, 'secure-port');
  if (port === 0) return undefined;
  const ip = flagText(flags, 'bind-address');
  const isAny = ip === '0.0.0.0' || ip === '::';
  if (io.listen(port, isAny ? undefined : { ip })) return undefined;
  const address = `${ip}:${port}`;
  return `failed to create listener: failed to listen on ${address}: listen tcp ${address}: bind: address already in use`;
}

function readGates(text: string): FeatureGates {
  const gates: Record<keyof FeatureGates, boolean> = { ...DEFAULT_GATES };
  for (const pair of text.split(',')) {
    const [name = '', value = ''] = pair.split('=');
    const on = value.trim() === 'true';
    if (name === 'AllAlpha') {
      gates.TaintTolerationComparisonOperators = on;
      gates.StorageCapacityScoring = on;
      gates.VolumeLimitScaling = on;
    } else if (isGate(name)) gates[name] = on;
  }
  return gates;
}

function isGate(name: string): name is keyof FeatureGates {
  return Object.hasOwn(DEFAULT_GATES, name);
}

function readConfiguration(io: Io, path: string): Read<KubeSchedulerConfiguration> {
  if (path === '') return { ok: true, value: {} };
  const text = io.readFile(path);
  if (text === undefined) return { ok: false, error: `open ${path}: no such file or directory` };
  return parseConfiguration(text);
}

/** Parses a KubeSchedulerConfiguration file; other kinds and versions (a Policy, v1beta3) are not known any more. */
export function parseConfiguration(text: string): Read<KubeSchedulerConfiguration> {
  let parsed: unknown;
  try {
    parsed = load(text);
  } catch (problem) {
    const reason = problem instanceof Error ? (problem.message.split('\n')[0] ?? '') : String(problem);
    return { ok: false, error: `couldn't get version/kind; json parse error: ${reason}` };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { ok: false, error: "couldn't get version/kind; json parse error: cannot unmarshal into Go value" };
  }
  const { apiVersion, kind } = parsed as Readonly<Record<string, unknown>>;
  if (kind === undefined) return { ok: false, error: "Object 'Kind' is missing" };
  if (apiVersion === undefined) return { ok: false, error: "Object 'apiVersion' is missing" };
  if (apiVersion !== API_VERSION || kind !== 'KubeSchedulerConfiguration') {
    return {
      ok: false,
      error: `no kind "${String(kind)}" is registered for version "${String(apiVersion)}" ${SCHEME}`,
    };
  }
  const unknown = Object.keys(parsed).find((field) => !KNOWN_FIELDS.has(field));
  if (unknown !== undefined) return { ok: false, error: `strict decoding error: unknown field "${unknown}"` };
  return { ok: true, value: parsed };
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'parallelism',
  'leaderElection',
  'clientConnection',
  'enableProfiling',
  'enableContentionProfiling',
  'percentageOfNodesToScore',
  'podInitialBackoffSeconds',
  'podMaxBackoffSeconds',
  'profiles',
  'extenders',
  'delayCacheUntilActive',
]);

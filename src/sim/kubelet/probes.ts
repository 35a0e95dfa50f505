/**
 * Liveness, readiness and startup probes: one timer each while the container runs, thresholds in a row, results that change things.
 * A probe that keeps passing costs one question and one answer, nothing else.
 * @source pkg/kubelet/prober/worker.go, prober.go
 */
import type { CriResult } from '../api/cri.ts';
import type { Container, Probe } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import type { KubeletMemory } from './memory.ts';
import { progress } from './pod-actions.ts';
import { recordContainerEvent } from './record.ts';
import { criRequest, description } from './runtime.ts';
import { settle, tellContainer } from './tell.ts';
import { type ContainerWorker, containerSpec, type PodWorker, type ProbeKind, type ProbeState } from './worker.ts';

interface ProbeTag {
  readonly probe: ProbeKind;
  readonly uid: string;
  readonly container: string;
  readonly id: string;
}

const KINDS: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];
const TITLES = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };
export const PROBE_DUE = 'PROBE_DUE';

/** The container has begun to run. Without probes it is ready at once. */
export function beginProbes(me: KubeletMemory, io: Io, pod: PodWorker, container: ContainerWorker): void {
  const spec = containerSpec(pod.pod, container.name);
  if (spec === undefined || container.probes.size > 0) return;
  let hasAny = false;
  for (const kind of KINDS) {
    if (probeOf(spec, kind) === undefined) continue;
    hasAny = true;
    container.probes.set(kind, { row: 0, passing: undefined, result: undefined, busy: false });
  }
  const wasStarted = container.started;
  container.started = spec.startupProbe === undefined || wasStarted;
  if (spec.readinessProbe === undefined) container.ready = container.started;
  me.dirty.add(pod.uid);
  if (!hasAny) return;
  if (spec.startupProbe !== undefined && !wasStarted) arm(io, pod, container, 'startup', spec.startupProbe, true);
  else armOthers(io, pod, container, spec);
}

export function endProbes(io: Io, pod: PodWorker, container: ContainerWorker): void {
  for (const kind of container.probes.keys()) io.clearTimer(timerOf(pod, container, kind));
  container.probes.clear();
}

/** A probe's timer: asks, and sets the next. */
export function probeDue(
  me: KubeletMemory,
  io: Io,
  event: { readonly uid: string; readonly container: string; readonly probe: ProbeKind },
): void {
  const pod = me.pods.get(event.uid);
  const container = pod?.containers.find(({ name }) => name === event.container);
  const state = container?.probes.get(event.probe);
  if (pod === undefined || container === undefined || state === undefined || container.state !== 'Running') return;
  const spec = containerSpec(pod.pod, container.name);
  const probe = spec === undefined ? undefined : probeOf(spec, event.probe);
  if (spec === undefined || probe === undefined) return;
  arm(io, pod, container, event.probe, probe, false);
  if (state.busy) return;
  state.busy = true;
  ask(me, io, pod, container, spec, event.probe, probe);
}

/** True: the event was the answer to a probe. */
export function probeAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as Partial<ProbeTag> | undefined;
  if (tag?.probe === undefined) return false;
  const pod = me.pods.get(tag.uid ?? '');
  const container = pod?.containers.find(({ name }) => name === tag.container);
  const state = container?.probes.get(tag.probe);
  if (pod === undefined || container === undefined || state === undefined || container.current?.id !== tag.id)
    return true;
  state.busy = false;
  const spec = containerSpec(pod.pod, container.name);
  const probe = spec === undefined ? undefined : probeOf(spec, tag.probe);
  if (spec === undefined || probe === undefined) return true;
  const problem = problemOf(event, pod, spec, probe);
  judge(me, io, pod, container, tag.probe, probe, state, problem);
  return true;
}

/** The answer to a command that was a probe. */
export function execProbeAnswered(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  kind: ProbeKind,
  result: CriResult<'ExecSync'>,
): void {
  const state = container.probes.get(kind);
  const spec = containerSpec(pod.pod, container.name);
  const probe = spec === undefined ? undefined : probeOf(spec, kind);
  if (state === undefined || probe === undefined) return;
  state.busy = false;
  if (!result.ok) {
    const timedOut = result.error.includes('DeadlineExceeded');
    const seconds = probe.timeoutSeconds ?? 1;
    const why = timedOut
      ? `command timed out: "${(probe.exec?.command ?? []).join(' ')}" timed out after ${seconds}s`
      : description(result.error);
    judge(me, io, pod, container, kind, probe, state, timedOut ? why : { errored: why });
  } else judge(me, io, pod, container, kind, probe, state, result.exitCode === 0 ? undefined : result.stdout.trimEnd());
}

type Problem = string | { readonly errored: string } | undefined;

function judge(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  kind: ProbeKind,
  probe: Probe,
  state: ProbeState,
  problem: Problem,
): void {
  const passing = problem === undefined;
  // The steady state: it passes, as it did before.
  if (passing && state.passing === true && state.result === true) return;
  if (typeof problem === 'string')
    recordContainerEvent(me, io, pod, container, 'Warning', 'Unhealthy', `${TITLES[kind]} probe failed: ${problem}`);
  else if (problem !== undefined)
    recordContainerEvent(
      me,
      io,
      pod,
      container,
      'Warning',
      'Unhealthy',
      `${TITLES[kind]} probe errored and resulted in unknown state: ${problem.errored}`,
    );
  state.row = state.passing === passing ? state.row + 1 : 1;
  state.passing = passing;
  if (state.row < (passing ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) return;
  const before = state.result;
  state.result = passing;
  if (kind === 'readiness') {
    if (container.ready !== passing) {
      container.ready = passing;
      me.dirty.add(pod.uid);
      io.note(`container ${container.name} of pod ${pod.key} is ${passing ? 'ready' : 'not ready'}`);
    }
  } else if (!passing) fail(me, io, pod, container, kind, probe);
  else if (kind === 'startup' && before !== true) started(me, io, pod, container);
}

function started(me: KubeletMemory, io: Io, pod: PodWorker, container: ContainerWorker): void {
  const spec = containerSpec(pod.pod, container.name);
  if (spec === undefined) return;
  container.started = true;
  if (spec.readinessProbe === undefined) container.ready = true;
  io.clearTimer(timerOf(pod, container, 'startup'));
  armOthers(io, pod, container, spec);
  me.dirty.add(pod.uid);
  progress({ me, io, pod });
  settle(me, io, pod);
}

function fail(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  kind: ProbeKind,
  probe: Probe,
): void {
  const policy = containerSpec(pod.pod, container.name)?.restartPolicy ?? pod.pod.spec.restartPolicy;
  const again = policy === 'Never' ? '' : ', will be restarted';
  const graceSeconds = probe.terminationGracePeriodSeconds ?? pod.pod.spec.terminationGracePeriodSeconds ?? 30;
  const message = `Container ${container.name} failed ${kind} probe${again}`;
  tellContainer(me, io, pod, container, { type: 'KILL', message, graceSeconds });
}

function ask(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  spec: Container,
  kind: ProbeKind,
  probe: Probe,
): void {
  const tag: ProbeTag = { probe: kind, uid: pod.uid, container: container.name, id: container.current?.id ?? '' };
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1_000;
  const ip = pod.pod.spec.hostNetwork === true ? (me.config?.nodeIp ?? me.ip) : pod.ip;
  if (probe.httpGet !== undefined) {
    const { host, port, path, scheme } = probe.httpGet;
    const secure = scheme === 'HTTPS' ? { tls: { insecureSkipVerify: true } } : {};
    const [bare = '/', query = ''] = (path ?? '/').split('?');
    const request = {
      method: 'GET',
      path: query === '' ? bare : `${bare}?${query}`,
      headers: PROBE_HEADERS,
      userAgent: 'kube-probe/1.36',
    };
    io.request(`${host ?? ip}:${portNumber(spec, port)}`, request, { tag, timeoutMs, ...secure });
  } else if (probe.tcpSocket !== undefined) {
    io.connect(`${probe.tcpSocket.host ?? ip}:${portNumber(spec, probe.tcpSocket.port)}`, { tag, timeoutMs });
  } else if (probe.exec?.command !== undefined) {
    const request = { method: 'ExecSync', id: tag.id, command: probe.exec.command } as const;
    criRequest<'ExecSync'>(
      io,
      request,
      { uid: pod.uid, container: container.name, detail: `probe/${kind}` },
      timeoutMs,
    );
  } else {
    const state = container.probes.get(kind);
    if (state === undefined) return;
    state.busy = false;
    judge(me, io, pod, container, kind, probe, state, { errored: 'not simulated: gRPC probes' });
  }
}

const PROBE_HEADERS = Object.freeze({ 'User-Agent': 'kube-probe/1.36' });

function problemOf(event: KernelEvent, pod: PodWorker, spec: Container, probe: Probe): Problem {
  const error = event['ok'] === true ? undefined : String(event['error']);
  if (probe.httpGet === undefined) return error;
  if (error === undefined) {
    const status = (event['body'] as { readonly status?: unknown } | undefined)?.status;
    if (typeof status === 'number')
      return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`;
  }
  const { host, port, path, scheme = 'HTTP' } = probe.httpGet;
  const where = `${scheme.toLowerCase()}://${host ?? pod.ip}:${portNumber(spec, port)}${path ?? '/'}`;
  const why =
    error === undefined
      ? 'malformed HTTP response'
      : error.includes('deadline') || error.includes('timeout')
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : error;
  return `Get "${where}": ${why}`;
}

function armOthers(io: Io, pod: PodWorker, container: ContainerWorker, spec: Container): void {
  if (spec.livenessProbe !== undefined) arm(io, pod, container, 'liveness', spec.livenessProbe, true);
  if (spec.readinessProbe !== undefined) arm(io, pod, container, 'readiness', spec.readinessProbe, true);
}

/** The first question comes after the initial delay (counted from the start of the container), later ones each period. */
function arm(
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  kind: ProbeKind,
  probe: Probe,
  isFirst: boolean,
): void {
  const periodUs = (probe.periodSeconds ?? 10) * SECOND;
  const ranMs = Math.max(0, io.wallMs() - (container.current?.startedAtMs ?? 0));
  const restUs = (probe.initialDelaySeconds ?? 0) * SECOND - ranMs * 1_000;
  const delayUs = isFirst ? Math.max(0, restUs) : periodUs;
  io.setTimer(timerOf(pod, container, kind), delayUs, {
    type: PROBE_DUE,
    uid: pod.uid,
    container: container.name,
    probe: kind,
  });
}

function timerOf(pod: PodWorker, container: ContainerWorker, kind: ProbeKind): string {
  return `probe/${pod.uid}/${container.name}/${kind}`;
}

function probeOf(spec: Container, kind: ProbeKind): Probe | undefined {
  return kind === 'liveness' ? spec.livenessProbe : kind === 'readiness' ? spec.readinessProbe : spec.startupProbe;
}

function portNumber(spec: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = spec.ports?.find(({ name }) => name === port);
  return named?.containerPort ?? Number(port);
}

/** What drawing costs: one frame at 120×40 after one pod has changed, through composing, React, Ink and our output stage. */
import { createApp } from '../ui/app.ts';
import { createPainter, type Painter } from '../ui/painter.ts';
import { createTheme } from '../ui/theme.ts';
import type { ClusterProvider, ClusterView } from '../ui/view.ts';
import { atMost, type Benchmark, cpuMs, median } from './benchmark.ts';

const frames = 60;
const warmUpFrames = 20;
/** Ink writes a moment after React has committed. Waiting costs no CPU time. */
const settleMs = 6;
const cpuGoalMs = 8;
const bytesGoal = 2_048;

export const frameBenchmarks: readonly Benchmark[] = [
  {
    name: 'frame-cpu',
    what: 'CPU time of one frame at 120×40 after one pod has changed; with much more, keys feel late.',
    run: async () => atMost('frame-cpu', (await measureFrames()).cpuMs, 'ms CPU', cpuGoalMs),
  },
  {
    name: 'frame-bytes',
    what: 'Bytes written for that frame; a slow line must keep up.',
    run: async () => atMost('frame-bytes', (await measureFrames()).bytes, 'bytes', bytesGoal),
  },
];

async function measureFrames(): Promise<{ cpuMs: number; bytes: number }> {
  let view = clusterOf(0);
  const app = createApp({
    theme: createTheme({ hasColour: true, isAscii: false }),
    language: 'en',
    lessons: { list: () => [], start: async () => undefined },
    openCluster: () => still(() => view),
    progressPath: '',
    message: '',
    onQuit: () => {},
    onBug: (error) => {
      throw error;
    },
  });
  app.resize(120, 40);
  app.input([{ type: 'key', name: 'm', text: 'm' }]);
  let written = 0;
  const painter: Painter = createPainter(
    {
      width: 120,
      height: 40,
      write: (text) => {
        written += Buffer.byteLength(text);
      },
    },
    app.compose(),
  );
  await painter.takeOver();
  const cpus: number[] = [];
  const bytes: number[] = [];
  for (let frame = 1; frame <= frames + warmUpFrames; frame++) {
    view = clusterOf(frame);
    const before = written;
    const spent = await cpuMs(async () => {
      painter.show(app.compose());
      await new Promise((resolve) => setTimeout(resolve, settleMs));
    });
    if (frame <= warmUpFrames) continue;
    cpus.push(spent);
    bytes.push(written - before);
  }
  painter.close();
  return { cpuMs: median(cpus), bytes: median(bytes) };
}

/** Four nodes and two dozen pods, of which one is in another state every time. */
function clusterOf(frame: number): ClusterView {
  const part = (host: string, name: string) => ({
    id: `${host}/${name}`,
    host,
    name,
    state: 'running',
    health: 'good' as const,
  });
  const nodes = ['cp-1', 'node-1', 'node-2', 'node-3'];
  return {
    name: 'small',
    services: 2,
    nodes: nodes.map((name) => ({
      name,
      role: name === 'cp-1' ? 'control-plane' : 'worker',
      health: 'good',
      state: 'Ready',
      parts: ['kubelet', 'kube-proxy'].map((program) => part(name, program)),
    })),
    pods: Array.from({ length: 24 }, (_, index) => ({
      namespace: 'default',
      name: `web-7d4b9c6f5-${String(index).padStart(5, '0')}`,
      node: nodes[1 + (index % 3)] ?? 'node-1',
      health: index === 4 && frame % 2 === 1 ? ('working' as const) : ('good' as const),
      state: index === 4 && frame % 2 === 1 ? 'ContainerCreating' : 'Running',
      ready: '1/1',
      restarts: 0,
    })),
  };
}

function still(view: () => ClusterView): ClusterProvider {
  return {
    revision: 0,
    repro: '',
    cluster: view,
    trace: () => [],
    clock: () => ({ atUs: 0, isPaused: true, speed: 1, earliestUs: 0 }),
    xray: () => undefined,
    shell: () => ({ prompt: () => '', run: async () => 0, complete: async () => ({ from: 0, candidates: [] }) }),
    pass: () => {},
    setPaused: () => {},
    setSpeed: () => {},
    step: () => {},
    rewind: () => {},
  };
}

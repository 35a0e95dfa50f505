/** A small made-up cluster and lesson for tests of the screens: no simulation behind it. */
import { createEditor } from '../../src/ui/editor.ts';
import type { Scene } from '../../src/ui/screens/scene.ts';
import { createScrollback, print } from '../../src/ui/scrollback.ts';
import type { UiState } from '../../src/ui/state.ts';
import { textFor } from '../../src/ui/text/language.ts';
import { createTheme } from '../../src/ui/theme.ts';
import type {
  ClusterProvider,
  ClusterView,
  Health,
  LessonProvider,
  LessonRun,
  LessonSummary,
  LessonView,
  NodeView,
  TraceRow,
  XRayView,
} from '../../src/ui/view.ts';

const part = (host: string, name: string, state: string, health: Health = 'good') => ({
  id: `${host}/${name}`,
  host,
  name,
  state,
  health,
});

const worker = (name: string, health: Health = 'good'): NodeView => ({
  name,
  role: 'worker',
  health,
  state: health === 'good' ? 'Ready' : 'NotReady',
  parts: [
    part(name, 'kubelet', health === 'good' ? 'syncing' : 'stopped', health === 'good' ? 'good' : 'off'),
    part(name, 'kube-proxy', 'synced'),
  ],
});

export const madeUpCluster: ClusterView = {
  name: 'small',
  services: 2,
  nodes: [
    {
      name: 'cp-1',
      role: 'control-plane',
      health: 'good',
      state: 'Ready',
      parts: [
        part('cp-1', 'etcd', 'leader'),
        part('cp-1', 'kube-apiserver', 'serving'),
        part('cp-1', 'kube-scheduler', 'leading'),
        part('cp-1', 'kube-controller-manager', 'leading'),
        part('cp-1', 'kubelet', 'syncing'),
        part('cp-1', 'kube-proxy', 'synced'),
      ],
    },
    worker('node-1'),
    worker('node-2', 'broken'),
    worker('node-3'),
  ],
  pods: [
    {
      namespace: 'default',
      name: 'web-7d4b9c6f5-abcde',
      node: 'node-1',
      health: 'good',
      state: 'Running',
      ready: '1/1',
      restarts: 0,
    },
    {
      namespace: 'default',
      name: 'web-7d4b9c6f5-fghij',
      node: 'node-3',
      health: 'broken',
      state: 'CrashLoopBackOff',
      ready: '0/1',
      restarts: 4,
    },
    {
      namespace: 'default',
      name: 'evil\x1b]52;c;aGk=\x07name',
      node: '',
      health: 'working',
      state: 'Pending',
      ready: '0/1',
      restarts: 0,
    },
    {
      namespace: 'kube-system',
      name: 'coredns-5d78c9869d-x2x2x',
      node: 'node-1',
      health: 'good',
      state: 'Running',
      ready: '1/1',
      restarts: 0,
    },
    {
      namespace: 'kube-system',
      name: 'etcd-cp-1',
      node: 'cp-1',
      health: 'good',
      state: 'Running',
      ready: '1/1',
      restarts: 0,
    },
  ],
};

const trace: readonly TraceRow[] = [
  { atUs: 41_100_000, from: 'kubelet@node-1', to: 'kube-apiserver@cp-1', what: 'PUT leases/node-1', kind: 'call' },
  {
    atUs: 41_150_000,
    from: 'kube-apiserver@cp-1',
    to: 'etcd@cp-1',
    what: 'txn /registry/leases/kube-node-lease/node-1',
    kind: 'call',
  },
  { atUs: 41_900_000, from: 'you', to: 'node-2', what: 'stop kubelet', kind: 'fault' },
  { atUs: 42_000_000, from: 'etcd@cp-1', to: '', what: 'follower → leader', kind: 'state' },
];

const xray: XRayView = {
  part: part('cp-1', 'etcd', 'leader'),
  machine: 'raft',
  initial: 'follower',
  current: 'leader',
  states: [
    {
      name: 'follower',
      transitions: [
        { label: 'after electionTimeout', guard: '', target: 'preCandidate' },
        { label: 'HEARTBEAT', guard: '', target: 'follower' },
      ],
    },
    {
      name: 'preCandidate',
      transitions: [
        { label: 'VOTE', guard: 'hasMajority', target: 'candidate' },
        { label: 'HEARTBEAT', guard: '', target: 'follower' },
      ],
    },
    {
      name: 'candidate',
      transitions: [
        { label: 'VOTE', guard: 'hasMajority', target: 'leader' },
        { label: 'after electionTimeout', guard: '', target: 'preCandidate' },
      ],
    },
    { name: 'leader', transitions: [{ label: 'HIGHER_TERM', guard: '', target: 'follower' }] },
  ],
  recent: [
    { atUs: 42_000_000, event: 'VOTE', from: 'candidate', to: 'leader' },
    { atUs: 41_990_000, event: 'VOTE', from: 'preCandidate', to: 'candidate' },
  ],
  memory: [
    { key: 'term', value: '3' },
    { key: 'commitIndex', value: '841' },
    { key: 'votedFor', value: 'cp-1' },
  ],
};

export function madeUpProvider(): ClusterProvider & { view: ClusterView } {
  const clock = { atUs: 42_000_000, isPaused: false, speed: 10, earliestUs: 0 };
  const provider = {
    view: madeUpCluster,
    revision: 1,
    repro: 'made up',
    cluster: () => provider.view,
    trace: (count: number) => trace.slice(-count),
    clock: () => ({ ...clock }),
    xray: (id: string) => (id === 'cp-1/etcd' ? xray : undefined),
    shell: () => ({
      prompt: () => 'laptop:~$ ',
      run: async (line: string, write: (text: string) => void) => {
        if (line === 'crash')
          setTimeout(() => {
            throw new Error('made to crash');
          }, 0);
        write(`you said ${line}\n`);
        return 0;
      },
      complete: async (line: string, cursor: number) => {
        const from = line.lastIndexOf(' ', cursor - 1) + 1;
        return {
          from,
          candidates: ['kubectl', 'kubeadm', 'pods'].filter((word) => word.startsWith(line.slice(from, cursor))),
        };
      },
    }),
    pass: (elapsedMs: number) => {
      if (clock.isPaused) return;
      clock.atUs += elapsedMs * 1000 * clock.speed;
      provider.revision++;
    },
    setPaused: (isPaused: boolean) => {
      clock.isPaused = isPaused;
    },
    setSpeed: (speed: number) => {
      clock.speed = speed;
    },
    step: () => {
      clock.atUs += 1000;
    },
    rewind: (byUs: number) => {
      clock.atUs = Math.max(0, clock.atUs - byUs);
      clock.isPaused = true;
    },
  };
  return provider;
}

export const madeUpLessons: readonly LessonSummary[] = [
  {
    id: 'first-look',
    track: 'tour',
    level: 1,
    minutes: 5,
    title: 'A first look inside',
    summary: 'Meet every part of a cluster and see who talks to whom.',
    progress: 'done',
    isNext: false,
  },
  {
    id: 'etcd-quorum',
    track: 'etcd',
    level: 2,
    minutes: 8,
    title: 'Losing the leader, then the quorum',
    summary: 'Three members agree by majority. Take the leader away, then one more.',
    progress: 'started',
    isNext: true,
  },
  {
    id: 'service-selector-mismatch',
    track: 'proxy',
    level: 1,
    minutes: 6,
    title: 'A Service that leads nowhere',
    summary: 'Everything runs and nothing answers.',
    progress: 'new',
    isNext: false,
  },
];

export const madeUpLesson: LessonView = {
  id: 'service-selector-mismatch',
  title: 'A Service that leads nowhere',
  stepIndex: 2,
  stepCount: 4,
  kind: 'do',
  text: 'The web team deployed **web 2.3** at 14:02. Since then `curl http://web` does not answer.\n\n- The pods run.\n- The Service exists.\n\nFind out why, and repair it.',
  question: undefined,
  goals: [
    { text: 'The client pod reaches http://web with status 200', state: 'open', detail: 'no endpoints' },
    { text: 'It holds for 10 seconds', state: 'holding', detail: '4 s to go' },
  ],
  hints: ['Look at where the Service sends its traffic.'],
  commands: ['kubectl get endpointslices'],
  canHint: true,
  isStepDone: false,
  isFinished: false,
};

export const madeUpQuestion: LessonView = {
  ...madeUpLesson,
  stepIndex: 1,
  kind: 'predict',
  text: 'What do you expect to be wrong?',
  goals: [],
  hints: [],
  question: {
    options: [
      { id: 'dns', text: 'The name web does not resolve' },
      { id: 'selector', text: 'The Service selects no pods' },
      { id: 'proxy', text: 'kube-proxy has stopped' },
    ],
    chosen: undefined,
    answer: undefined,
    explanation: '',
  },
};

export function madeUpLessonProvider(): LessonProvider {
  return {
    list: () => madeUpLessons,
    start: async (id) => (madeUpLessons.some((lesson) => lesson.id === id) ? madeUpRun() : undefined),
  };
}

function madeUpRun(): LessonRun {
  const cluster = madeUpProvider();
  let chosen: string | undefined;
  let stepIndex = 1;
  return {
    cluster,
    view: () => {
      if (stepIndex === 1 && madeUpQuestion.question) {
        const answer = chosen === undefined ? undefined : 'selector';
        return {
          ...madeUpQuestion,
          question: { ...madeUpQuestion.question, chosen, answer, explanation: 'No pod carries that label.' },
        };
      }
      return { ...madeUpLesson, stepIndex };
    },
    next: () => {
      stepIndex = Math.min(3, stepIndex + 1);
    },
    back: () => {
      stepIndex = Math.max(1, stepIndex - 1);
    },
    answer: (id) => {
      chosen = id;
    },
    hint: () => {},
    autoplay: { answer: 2, commands: ['kubectl label pod web app=web'] },
    saveProblem: '',
    restart: async () => {
      stepIndex = 1;
      chosen = undefined;
    },
    observe: async () => false,
  };
}

export function madeUpState(changes: Partial<UiState> = {}): UiState {
  const scrollback = createScrollback();
  print(
    scrollback,
    'NAME     STATUS   ROLES           AGE   VERSION\ncp-1     Ready    control-plane   42s   v1.36.2\n',
  );
  return {
    screen: 'home',
    cameFrom: [],
    overlay: undefined,
    language: 'en',
    width: 80,
    height: 24,
    message: '',
    sticky: '',
    homeRow: 1,
    focus: 'lesson',
    isZoomed: false,
    scroll: { lesson: 0, help: 0, xray: 0, home: 0 },
    partId: '',
    terminal: {
      scrollback,
      editor: { ...createEditor(), line: 'kubectl get nodes', cursor: 17 },
      prompt: 'laptop:~$ ',
      isBusy: false,
    },
    ...changes,
  };
}

export function madeUpScene(changes: Partial<UiState> = {}, scene: Partial<Scene> = {}): Scene {
  const state = madeUpState(changes);
  return {
    state,
    theme: createTheme({ hasColour: false, isAscii: false }),
    text: textFor(state.language),
    cluster: madeUpProvider(),
    lessons: madeUpLessons,
    lesson: undefined,
    progressPath: '/home/you/.local/state/k8s-descompuesto',
    ...scene,
  };
}

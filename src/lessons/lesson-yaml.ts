/** `lesson.yaml` → the data of a lesson, or complaints that say what is wrong where and what to do. */
import { FAULTS, type Fault } from '../sim/world.ts';
import {
  type Forbidden,
  type Goal,
  type Hint,
  type Lesson,
  MODES,
  type Predicate,
  type Question,
  type Step,
  type TimelineEntry,
  TRACKS,
} from './lesson.ts';
import { type Complaint, type Fields, readFields } from './yaml-fields.ts';

/** Everything of a lesson but its words and the contents of the files it names. */
export type LessonData = Omit<Lesson, 'texts' | 'folder' | 'world'> & {
  readonly world: Omit<Lesson['world'], 'manifests' | 'files'> & {
    readonly manifests: readonly string[];
    readonly files: readonly string[];
  };
};

const TOP = [
  'id',
  'track',
  'level',
  'minutes',
  'prerequisites',
  'concepts',
  'certs',
  'mode',
  'sources',
  'world',
  'changeLog',
  'steps',
  'goals',
  'forbid',
  'hints',
  'solutions',
  'decoys',
  'presenter',
] as const;

export function readLessonYaml(file: string, text: string, complaints: Complaint[]): LessonData | undefined {
  const root = readFields(file, text, complaints);
  if (root === undefined) return undefined;
  root.only(TOP);
  const id = root.text('id');
  if (!/^[a-z][a-z0-9-]*$/.test(id)) root.complain('id', 'must be lower-case words joined by dashes');
  const goals = readGoals(root);
  const steps = readSteps(root, goals);
  const presenter = root.fields('presenter');
  presenter.only(['notes', 'checkpoints']);
  const data: LessonData = {
    id,
    track: root.choice('track', TRACKS),
    level: root.number('level', 1, 3),
    minutes: root.number('minutes', 1, 60),
    prerequisites: root.texts('prerequisites'),
    concepts: root.texts('concepts'),
    certs: root.texts('certs'),
    mode: root.choice('mode', MODES),
    sources: root.texts('sources'),
    world: readWorld(root),
    changeLog: root.texts('changeLog'),
    steps,
    goals,
    forbid: root.list('forbid').map(readForbidden),
    hints: root.list('hints').map((hint) => readHint(hint, goals)),
    solutions: readScripts(root, 'solutions'),
    decoys: readScripts(root, 'decoys'),
    presenter: { notes: presenter.flag('notes', false), checkpoints: presenter.texts('checkpoints') },
  };
  if (data.solutions.length === 0) root.complain('solutions', 'needs at least one list of commands');
  for (const checkpoint of data.presenter.checkpoints) {
    if (!steps.some((step) => step.id === checkpoint))
      presenter.complain('checkpoints', `there is no step '${checkpoint}'`);
  }
  return data;
}

function readWorld(root: Fields): LessonData['world'] {
  const world = root.fields('world');
  world.only(['cluster', 'seed', 'manifests', 'files', 'settle', 'timeline']);
  return {
    cluster: world.text('cluster', 'small'),
    seed: world.number('seed', 0, Number.MAX_SAFE_INTEGER, 1),
    manifests: world.texts('manifests'),
    files: world.texts('files'),
    settleSeconds: world.seconds('settle', 20),
    timeline: world.list('timeline').map(readEntry),
  };
}

function readEntry(entry: Fields): TimelineEntry {
  const atSeconds = entry.seconds('at', 0);
  if (entry.has('run')) {
    entry.only(['at', 'run']);
    return { atSeconds, run: entry.text('run') };
  }
  return { atSeconds, fault: readFault(entry) };
}

/** `{ at: 5s, fault: cut, from: cp-1, to: cp-2 }`: the fault's own fields stand beside it. */
function readFault(entry: Fields): Fault | undefined {
  const kind = entry.text('fault');
  if (!FAULTS.some((fault) => fault.kind === kind)) {
    entry.complain(
      'fault',
      `must be one of ${FAULTS.map((fault) => fault.kind).join(', ')}, or use run: for a command`,
    );
    return undefined;
  }
  switch (kind) {
    case 'kill':
    case 'pause':
      entry.only(['at', 'fault', 'process']);
      return { kind, process: entry.text('process') };
    case 'power':
    case 'disk-full':
      entry.only(['at', 'fault', 'host']);
      return { kind, host: entry.text('host') };
    case 'cut':
      entry.only(['at', 'fault', 'from', 'to', 'oneWay']);
      return { kind, from: entry.text('from'), to: entry.text('to'), oneWay: entry.flag('oneWay', false) };
    case 'slow':
      entry.only(['at', 'fault', 'from', 'to', 'extraMs']);
      return { kind, from: entry.text('from'), to: entry.text('to'), extraMs: entry.number('extraMs', 0, 60_000) };
    case 'loss':
      entry.only(['at', 'fault', 'from', 'to', 'share']);
      return { kind, from: entry.text('from'), to: entry.text('to'), share: entry.number('share', 0, 1) };
    case 'partition':
      entry.only(['at', 'fault', 'hosts']);
      return { kind, hosts: entry.texts('hosts') };
    case 'slow-disk':
      entry.only(['at', 'fault', 'host', 'fsyncMs']);
      return { kind, host: entry.text('host'), fsyncMs: entry.number('fsyncMs', 0, 600_000) };
    case 'clock-skew':
      entry.only(['at', 'fault', 'host', 'seconds']);
      return { kind, host: entry.text('host'), seconds: entry.number('seconds', -1e9, 1e9) };
    case 'edit-object':
      entry.only(['at', 'fault', 'target', 'patch']);
      return { kind, target: entry.text('target'), patch: entry.text('patch') };
    case 'edit-file':
      entry.only(['at', 'fault', 'host', 'path', 'find', 'replace']);
      return {
        kind,
        host: entry.text('host'),
        path: entry.text('path'),
        find: entry.text('find'),
        replace: entry.text('replace'),
      };
    case 'expire-certificate':
    case 'remove-file':
      entry.only(['at', 'fault', 'host', 'path']);
      return { kind, host: entry.text('host'), path: entry.text('path') };
    default:
      return undefined;
  }
}

function readSteps(root: Fields, goals: Readonly<Record<string, Goal>>): Step[] {
  const list = root.list('steps');
  if (list.length === 0) root.complain('steps', 'needs at least one step');
  const ids = list.map((step) => step.text('id'));
  return list.map((step, index): Step => {
    step.only(['id', 'show', 'ask', 'goals']);
    const id = ids[index]!;
    if (ids.indexOf(id) !== index) step.complain('id', `there are two steps '${id}'`);
    const wanted = step.texts('goals');
    for (const goal of wanted) {
      if (goals[goal] === undefined)
        step.complain('goals', `there is no goal '${goal}'; goals: ${Object.keys(goals).join(', ')}`);
    }
    return {
      id,
      show: step.texts('show'),
      goals: wanted,
      ask: step.has('ask') ? readQuestion(step.fields('ask'), ids) : undefined,
    };
  });
}

function readQuestion(ask: Fields, steps: readonly string[]): Question {
  ask.only(['options', 'answer', 'observeAt']);
  const options = ask.texts('options');
  const answer = ask.text('answer');
  if (options.length < 2) ask.complain('options', 'needs at least two options');
  if (!options.includes(answer)) ask.complain('answer', `must be one of the options: ${options.join(', ')}`);
  const observeAt = ask.has('observeAt') ? ask.text('observeAt') : undefined;
  if (observeAt !== undefined && !steps.includes(observeAt))
    ask.complain('observeAt', `there is no step '${observeAt}'`);
  return { options, answer, observeAt };
}

function readGoals(root: Fields): Record<string, Goal> {
  const goals = root.fields('goals');
  const result: Record<string, Goal> = {};
  for (const name of goals.names()) {
    const goal = goals.fields(name);
    const predicate = readPredicate(goal);
    if (predicate !== undefined) result[name] = { predicate, stableForSeconds: goal.seconds('stableFor', 5) };
  }
  return result;
}

const PREDICATES = [
  'reach',
  'podsReady',
  'nodesReady',
  'object',
  'exists',
  'etcdHealthy',
  'process',
  'canI',
  'apiWritable',
] as const;

function readPredicate(goal: Fields): Predicate | undefined {
  const kinds = PREDICATES.filter((kind) => goal.has(kind));
  goal.only([...PREDICATES, 'stableFor']);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    goal.complain('', `needs exactly one of ${PREDICATES.join(', ')}`);
    return undefined;
  }
  if (kind === 'exists') return { kind, target: goal.text('exists') };
  if (kind === 'nodesReady') return { kind, count: goal.number('nodesReady', 0, 5_000) };
  if (kind === 'etcdHealthy') return { kind, members: goal.number('etcdHealthy', 1, 7) };
  if (kind === 'apiWritable') return { kind };
  const fields = goal.fields(kind);
  switch (kind) {
    case 'reach':
      fields.only(['from', 'to', 'status']);
      return { kind, from: fields.text('from'), to: fields.text('to'), status: fields.number('status', 0, 599, 200) };
    case 'podsReady':
      fields.only(['namespace', 'selector', 'count']);
      return {
        kind,
        namespace: fields.text('namespace', 'default'),
        selector: fields.text('selector'),
        count: fields.number('count', 0, 100_000),
      };
    case 'object':
      fields.only(['target', 'path', 'equals']);
      return { kind, target: fields.text('target'), path: fields.text('path'), equals: fields.text('equals') };
    case 'process':
      fields.only(['process', 'state']);
      return { kind, process: fields.text('process'), state: fields.has('state') ? fields.text('state') : undefined };
    case 'canI':
      return { kind, ...readCanI(fields), allowed: fields.flag('allowed', true) };
  }
}

function readCanI(fields: Fields): { as: string; verb: string; resource: string; namespace: string } {
  fields.only(['as', 'verb', 'resource', 'namespace', 'allowed']);
  return {
    as: fields.text('as'),
    verb: fields.text('verb'),
    resource: fields.text('resource'),
    namespace: fields.text('namespace', 'default'),
  };
}

function readForbidden(entry: Fields): Forbidden {
  entry.only(['deleted', 'canI']);
  if (entry.has('canI')) return { kind: 'canI', ...readCanI(entry.fields('canI')) };
  return { kind: 'deleted', target: entry.text('deleted') };
}

function readHint(hint: Fields, goals: Readonly<Record<string, Goal>>): Hint {
  hint.only(['say', 'when']);
  const say = hint.text('say');
  if (!hint.has('when')) return { say };
  const when = hint.fields('when');
  when.only(['run', 'notRun', 'goal', 'met']);
  if (when.has('run')) return { say, when: { kind: 'run', text: when.text('run') } };
  if (when.has('notRun')) return { say, when: { kind: 'notRun', text: when.text('notRun') } };
  const goal = when.text('goal');
  if (goals[goal] === undefined) when.complain('goal', `there is no goal '${goal}'`);
  return { say, when: { kind: 'goal', goal, met: when.flag('met', true) } };
}

function readScripts(root: Fields, name: string): string[][] {
  const value = root.raw(name);
  if (value === undefined || value === null) return [];
  const isScripts =
    Array.isArray(value) &&
    value.every((script) => Array.isArray(script) && script.every((line) => typeof line === 'string'));
  if (!isScripts) {
    root.complain(name, 'must be a list of lists of commands');
    return [];
  }
  return value as string[][];
}

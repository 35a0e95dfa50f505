import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = filesBelow(join(root, 'src'));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Room of a file: `sim/etcd`, `sim/world` (files directly in src/sim), `shell`, `ui`, … */
function roomOf(file: string): string {
  const parts = file.split('/');
  if (parts[1] !== 'sim') return parts[1] ?? '';
  return parts.length === 3 ? 'sim/world' : `sim/${parts[2]}`;
}

const COMPONENTS = ['etcd', 'apiserver', 'scheduler', 'controllers', 'host', 'kubelet', 'runtime', 'proxy', 'addons'];

/** What each room may import of ours, beside itself. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'sim/kernel': [],
  'sim/api': [],
  'sim/client': ['sim/api', 'sim/kernel'],
  ...Object.fromEntries(COMPONENTS.map((name) => [`sim/${name}`, ['sim/api', 'sim/kernel', 'sim/client']])),
  // What kubeadm leaves behind follows from the cluster's specification, which is no component.
  'sim/kubeadm': ['sim/api', 'sim/kernel', 'sim/client', 'sim/world'],
  'sim/world': ['sim/api', 'sim/kernel', 'sim/client', 'sim/kubeadm', ...COMPONENTS.map((name) => `sim/${name}`)],
  // From here on: all of sim, and these.
  shell: [],
  lessons: ['shell'],
  fuzz: ['lessons', 'shell'],
  ui: ['lessons', 'shell'],
  bench: ['fuzz', 'lessons', 'shell', 'ui'],
  cli: ['bench', 'fuzz', 'ui', 'lessons', 'shell'],
};

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map(([, target]) => ({
    from: file,
    to: normalize(join(dirname(file), target ?? '')),
  }));
}

describe('the house', () => {
  it('has arrows in one direction only', () => {
    const wrong = sources
      .flatMap(importsOf)
      .filter(({ from, to }) => {
        const [room, other] = [roomOf(from), roomOf(to)];
        if (room === other || to.startsWith('..') || !to.startsWith('src/')) return false;
        if (room === 'sim/kubeadm' && to !== 'src/sim/spec.ts' && other === 'sim/world') return true;
        if (MAY[room]?.includes(other) === true) return false;
        // Whoever stands outside may look into any room of the simulation: types, pure decisions, what a machine remembers.
        return room.startsWith('sim/') || !other.startsWith('sim/');
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('has components that never import each other', () => {
    const wrong = sources
      .filter((file) => COMPONENTS.includes(roomOf(file).slice(4)))
      .flatMap(importsOf)
      .filter(({ from, to }) => COMPONENTS.includes(roomOf(to).slice(4)) && roomOf(from) !== roomOf(to));
    expect(wrong).toEqual([]);
  });

  it('has files of one noun, none longer than 400 lines', () => {
    const data = /(\.generated\.ts|\/text\/|\/schema\/|api\/types\.ts)/;
    const long = sources.filter(
      (file) => !data.test(file) && readFileSync(join(root, file), 'utf8').split('\n').length > 401,
    );
    expect(long).toEqual([]);
  });
});

describe('the simulation', () => {
  const simulation = sources.filter((file) => file.startsWith('src/sim/'));
  const forbidden: readonly [string, RegExp][] = [
    ['a clock', /\b(new Date\b|Date\.(now|UTC|parse)|performance\.now)/],
    ['a timer', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
    ['unseeded chance', /\b(Math\.random|crypto\.)/],
    ['a promise', /\b(new Promise|Promise\.|async function|async \(|await )/],
    ['the locale', /\b(localeCompare|toLocale[A-Z]\w*|Intl\.)/],
    ['a deep copy', /\bstructuredClone\b/],
    ['a weak reference', /\b(WeakRef|FinalizationRegistry)\b/],
    ['the platform', /from 'node:|\bprocess\.(env|argv|cwd|platform)\b|\bconsole\./],
  ];

  it('knows neither clock, nor chance, nor platform', () => {
    const found = simulation.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return forbidden.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${file} uses ${what}`);
    });
    expect(found).toEqual([]);
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

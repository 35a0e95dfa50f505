// Builds dist/: three CommonJS bundles without runtime dependencies, and THIRD_PARTY_LICENSES from what went into them.
//   main.cjs  everything of ours: commands, simulation, shell, screens
//   ink.cjs   React and Ink, loaded behind the first frame
//   bash.cjs  just-bash, loaded behind the first prompt
// CommonJS, because only `vm.Script` lets Node 20 keep compiled code between runs (see bin/k8s-descompuesto.cjs).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { bashWithoutInterpreters, inkForOneThread, ownRooms } from './build-plugins.mjs';
import { thirdPartyLicenses } from './licenses.mjs';
import { readLessons, smallClusterFiles } from './worked-out.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Tests build a tutor over a made-up cluster beside the real one.
const outdir = process.env.K8SD_OUT ?? join(root, 'dist');
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  minify: true,
  keepNames: false,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
  jsx: 'automatic',
  supported: { 'dynamic-import': false },
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.DEV': '"false"',
    K8SD_VERSION: JSON.stringify(version),
    'import.meta.url': 'importMetaUrl',
  },
  banner: { js: 'var importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
};

const bundles = await Promise.all([
  build({
    ...common,
    entryPoints: { main: process.env.K8SD_ENTRY ?? 'src/cli/main.ts' },
    outdir,
    plugins: [ownRooms],
    // Only ES modules can be split into what the first frame needs and what comes later; they become CommonJS below.
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[hash]',
    banner: {},
    minify: false,
  }),
  build({ ...common, entryPoints: { ink: 'src/ui/ink/mount.tsx' }, outdir, plugins: [inkForOneThread] }),
  build({
    ...common,
    stdin: { contents: "export * from 'just-bash';", resolveDir: root, sourcefile: 'bash.js' },
    outfile: join(outdir, 'bash.cjs'),
    plugins: [bashWithoutInterpreters],
  }),
]);

const lessons = await readLessons(root, common);
const smallCluster = await smallClusterFiles(root, common);

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
for (const bundle of bundles) {
  for (const file of bundle.outputFiles) {
    const path = file.path.replace(/\.js$/, '.cjs');
    const { code: text } =
      path === file.path || bundle !== bundles[0] ? { code: file.text } : await toCommonJs(file.text);
    // The first line names the content: the code cache is keyed by it, for V8 itself compares lengths only.
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    writeFileSync(path, `//${hash}\n${text}`);
    console.log(`${basename(path).padEnd(18)} ${(text.length / 1024).toFixed(0).padStart(6)} KB`);
  }
}
writeFileSync(join(outdir, 'lessons.json'), JSON.stringify(lessons));
writeFileSync(join(outdir, 'small-cluster.json'), JSON.stringify(smallCluster));
writeFileSync(
  join(process.env.K8SD_OUT ?? root, 'THIRD_PARTY_LICENSES'),
  thirdPartyLicenses(
    root,
    bundles.map((bundle) => bundle.metafile),
  ),
);
if (process.env.K8SD_METAFILE) {
  writeFileSync(process.env.K8SD_METAFILE, JSON.stringify(bundles.map((bundle) => bundle.metafile)));
}

/** One part of the split bundle, loadable by the cached loader of bin/k8s-descompuesto.cjs. */
async function toCommonJs(text) {
  const { target, supported, banner } = common;
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target,
    supported,
    minify: true,
    legalComments: 'none',
  });
  return { code: `${banner.js}${code.replace(/\.\/(part-\w+)\.js\b/g, './$1.cjs')}` };
}

// What the build works out once, so that no start has to: the lessons read and checked, the first cluster's files.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @returns the lessons as the loader gives them; throws when one is wrong */
export async function readLessons(root, options) {
  const { loadLessons, formatComplaint } = await evaluate(root, options, "export * from './src/lessons/load.ts';");
  const { lessons, complaints } = loadLessons([join(root, 'lessons-content')]);
  if (complaints.length > 0) throw new Error(complaints.map(formatComplaint).join('\n'));
  // Folders are of the machine that builds; nothing reads them afterwards.
  return lessons.map((lesson) => ({ ...lesson, folder: lesson.id }));
}

/** @returns what kubeadm leaves on each host of the cluster `small`: certificates above all, which take a while to sign */
export async function smallClusterFiles(root, options) {
  const contents = "export * from './src/sim/kubeadm/files.ts'; export { NAMED_CLUSTERS } from './src/sim/spec.ts';";
  const { kubeadmFiles, NAMED_CLUSTERS } = await evaluate(root, options, contents);
  return Object.fromEntries(kubeadmFiles(NAMED_CLUSTERS.small));
}

async function evaluate(root, options, contents) {
  const stdin = { contents, resolveDir: root, sourcefile: 'once.js' };
  const bundle = await build({ ...options, minify: false, stdin, outfile: 'once.cjs' });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', '__filename', bundle.outputFiles[0].text)(
    module,
    module.exports,
    createRequire(join(root, 'package.json')),
    join(root, 'src/once.js'),
  );
  return module.exports;
}

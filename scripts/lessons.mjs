// dist/lessons.json: the package's lessons read and checked once, at build time.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @returns the lessons as the loader gives them; throws when one is wrong */
export async function readLessons(root, options) {
  const bundle = await build({ ...options, minify: false, entryPoints: ['src/lessons/load.ts'], outfile: 'load.cjs' });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', '__filename', bundle.outputFiles[0].text)(
    module,
    module.exports,
    createRequire(join(root, 'package.json')),
    join(root, 'src/lessons/load.ts'),
  );
  const { lessons, complaints } = module.exports.loadLessons([join(root, 'lessons-content')]);
  if (complaints.length > 0) throw new Error(complaints.map(module.exports.formatComplaint).join('\n'));
  // Folders are of the machine that builds; nothing reads them afterwards.
  return lessons.map((lesson) => ({ ...lesson, folder: lesson.id }));
}

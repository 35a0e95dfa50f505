// THIRD_PARTY_LICENSES: the licence of every package whose code is in a bundle, found through esbuild's metafile.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the text of the file; throws when a bundled package states no licence. */
export function thirdPartyLicenses(root, metafiles) {
  const folders = new Set();
  for (const metafile of metafiles) {
    for (const output of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const found = /(?:^|\/)(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(
          input.slice(input.lastIndexOf('node_modules')),
        );
        if (found && bytesInOutput > 0) folders.add(input.slice(0, input.lastIndexOf('node_modules')) + found[1]);
      }
    }
  }
  // just-bash carries its own dependencies inside its published bundle.
  const carried = join(root, 'node_modules/just-bash/package.json');
  for (const name of Object.keys(JSON.parse(readFileSync(carried, 'utf8')).dependencies ?? {})) {
    folders.add(`node_modules/${name}`);
  }
  const entries = [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (!about.license) throw new Error(`build: ${about.name} states no licence`);
    const file = readdirSync(join(root, folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : '(the package carries no licence file)';
    return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  return `The bundles of k8s-descompuesto contain code of these packages.\n\n${entries.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

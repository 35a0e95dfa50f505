/** `--cluster`: a name or a YAML file. */
import { readFileSync } from 'node:fs';
import { type ClusterSpec, NAMED_CLUSTERS, parseClusterSpec } from '../sim/world.ts';
import { didYouMean } from './flags.ts';

/** @returns the cluster, or one sentence about what is wrong with it */
export function clusterFor(nameOrFile: string): ClusterSpec | string {
  const names = Object.keys(NAMED_CLUSTERS);
  if (names.includes(nameOrFile)) return specOf(nameOrFile, nameOrFile);
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch {
    const hint = didYouMean(nameOrFile, names);
    return `there is no cluster and no file ${JSON.stringify(nameOrFile)}${hint || `; clusters are ${names.join(', ')}.`}`;
  }
  return specOf(text, nameOrFile);
}

function specOf(text: string, name: string): ClusterSpec | string {
  const result = parseClusterSpec(text);
  return result.ok ? result.spec : `${name}: ${result.errors.join('; ')}.`;
}

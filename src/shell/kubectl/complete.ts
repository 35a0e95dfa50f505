/** What can come next on a kubectl command line: commands, flags, kinds, names. */
import type { CommandContext } from './client.ts';
import { commandFacts, resolveCommand, subcommandsOf } from './command-facts.ts';
import { pathOf } from './discovery.ts';
import { KubectlError } from './errors.ts';
import { nameOf, objects, text } from './fields.ts';
import { globalFlags, parseFlags, parseSpecs } from './flags.ts';
import { Session } from './session.ts';
import { containersOf } from './target-pod.ts';

const takesPods = ['logs', 'exec', 'attach', 'port-forward', 'debug'];
const takesNodes = ['cordon', 'uncordon', 'drain'];
const takesTypes = [
  'get',
  'describe',
  'delete',
  'edit',
  'label',
  'annotate',
  'patch',
  'scale',
  'autoscale',
  'expose',
  'wait',
  'explain',
  'taint',
]
  .concat(['rollout status', 'rollout history', 'rollout undo', 'rollout restart', 'rollout pause', 'rollout resume'])
  .concat(['set image', 'set env', 'set resources', 'set selector', 'set serviceaccount']);

/**
 * Candidates for the word under the cursor.
 * @param argv    words before the cursor without `kubectl`; the last one is the word being typed ('' for a new word)
 */
export async function complete(argv: readonly string[], context: CommandContext): Promise<readonly string[]> {
  const word = argv.at(-1) ?? '';
  const before = argv.slice(0, -1);
  let path = '';
  const rest: string[] = [];
  for (const each of before) {
    const found = each.startsWith('-') || rest.length > 0 ? undefined : resolveCommand(path, each);
    if (found === undefined) rest.push(each);
    else path = found;
  }
  const matching = (candidates: readonly string[]): string[] =>
    [...new Set(candidates)].filter((each) => each.startsWith(word)).sort();
  if (word.startsWith('-')) {
    const specs = parseSpecs(`${commandFacts(path)?.flags ?? ''} ${globalFlags}`).filter((spec) => !spec.hidden);
    return matching(specs.flatMap((spec) => [`--${spec.name}`, ...(spec.short === '' ? [] : [`-${spec.short}`])]));
  }
  const children = subcommandsOf(path);
  if (children.length > 0 && rest.length === 0) return matching(children);
  try {
    return matching(await fromCluster(context, path, before, word));
  } catch (error) {
    if (error instanceof KubectlError) return [];
    throw error;
  }
}

const formats = ['custom-columns=', 'go-template=', 'json', 'jsonpath=', 'kyaml', 'name', 'wide', 'yaml'];

async function fromCluster(
  context: CommandContext,
  path: string,
  before: readonly string[],
  word: string,
): Promise<string[]> {
  const specs = [...parseSpecs(commandFacts(path)?.flags ?? ''), ...parseSpecs(globalFlags)];
  const previous = before.at(-1) ?? '';
  const named = specs.find(
    (spec) => previous === `--${spec.name}` || (spec.short !== '' && previous === `-${spec.short}`),
  );
  const valued = named !== undefined && named.kind !== 'switch' ? named.name : '';
  const complete = valued === '' ? before : before.slice(0, -1);
  const flags = parseFlags(specs, complete.slice(path === '' ? 0 : path.split(' ').length));
  const session = await Session.open(context, flags, `kubectl ${path}`);
  if (valued !== '') return valuesOf(session, valued);
  const [type] = flags.args;
  if (path === 'config use-context' || path === 'config delete-context') return entries(session, 'contexts');
  if (takesNodes.includes(path)) return namesOf(session, 'nodes');
  if (takesPods.includes(path)) return word.includes('/') ? slashNames(session, word) : namesOf(session, 'pods');
  if (path === 'top pod' || path === 'top node') return namesOf(session, `${path.slice(4)}s`);
  if (!takesTypes.includes(path)) return [];
  if (word.includes('/')) return slashNames(session, word);
  if (type === undefined)
    return (await session.discovery()).resources
      .filter((each) => each.verbs.includes('list') || each.verbs.length === 0)
      .map((each) => each.name);
  return type.includes('/') ? [] : namesOf(session, type);
}

/** What may follow a flag that wants a value. */
async function valuesOf(session: Session, flag: string): Promise<string[]> {
  switch (flag) {
    case 'namespace':
      return namesOf(session, 'namespaces');
    case 'output':
      return formats;
    case 'dry-run':
      return ['client', 'none', 'server'];
    case 'context':
    case 'cluster':
    case 'user':
      return entries(session, `${flag}s`);
    case 'container': {
      const [pod = ''] = session.flags.args;
      const found = await session.get(await session.mapping('pods'), session.namespace, pod.replace(/^pods?\//, ''));
      return containersOf(found).map((place) => place.name);
    }
    default:
      return [];
  }
}

const entries = (session: Session, list: string): string[] =>
  objects(session.kubeconfig.config, list).map((each) => text(each, 'name'));

async function slashNames(session: Session, word: string): Promise<string[]> {
  const type = word.slice(0, word.indexOf('/'));
  return (await namesOf(session, type)).map((name) => `${type}/${name}`);
}

async function namesOf(session: Session, type: string): Promise<string[]> {
  const resource = await session.mapping(type);
  const list = await session.object({
    method: 'GET',
    path: pathOf(resource, resource.namespaced ? session.namespace : ''),
  });
  return objects(list, 'items')
    .map(nameOf)
    .filter((name) => name !== '' && text(list, 'kind') !== 'Status');
}

/** `crictl`: asks containerd on the same machine. @source sigs.k8s.io/cri-tools cmd/crictl */
import { type CommandIo, fail, notSimulated, type ShellCommand } from '../command.ts';
import { eachContainer, eachPod, exec, pull, removeImages } from '../crictl/change.ts';
import { ask, CrictlError, readFlags, short } from '../crictl/client.ts';
import { info, inspect, inspectImage, inspectPod, showLogs } from '../crictl/inspect.ts';
import { listContainers, listImages, listPods, stats } from '../crictl/lists.ts';

const VERBS = [
  'attach',
  'create',
  'exec',
  'images',
  'info',
  'inspect',
  'inspecti',
  'inspectp',
  'logs',
  'pods',
  'port-forward',
  'ps',
  'pull',
  'rm',
  'rmi',
  'rmp',
  'run',
  'runp',
  'start',
  'stats',
  'statsp',
  'stop',
  'stopp',
  'update',
  'version',
];

export const crictl: ShellCommand = {
  name: 'crictl',
  on: 'nodes',
  async run(args, io) {
    const words = withoutGlobals(args);
    const [verb = 'help', ...rest] = words;
    try {
      return await dispatch(verb, rest, io);
    } catch (error) {
      if (!(error instanceof CrictlError)) throw error;
      return fail(io, `FATA[0000] ${error.message}`);
    }
  },
  async complete(words, io) {
    const word = words.at(-1) ?? '';
    if (words.length <= 2) return VERBS.filter((verb) => verb.startsWith(word));
    const containers = await ask(io, 'ListContainers', { method: 'ListContainers' }).catch(() => undefined);
    return (containers?.containers ?? []).map(({ id }) => short(id)).filter((id) => id.startsWith(word));
  },
};

function withoutGlobals(args: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (words.length === 0 && /^(-r|-i|-t|--runtime-endpoint|--image-endpoint|--timeout|-c|--config)$/.test(word)) i++;
    else if (words.length > 0 || !word.startsWith('-') || word === '-h' || word === '--help') words.push(word);
  }
  return words;
}

async function dispatch(verb: string, rest: readonly string[], io: CommandIo): Promise<number> {
  const flags = readFlags(rest);
  switch (verb) {
    case 'ps':
      return listContainers(flags, io);
    case 'pods':
      return listPods(flags, io);
    case 'images':
    case 'image':
    case 'img':
      return listImages(flags, io);
    case 'logs':
      return showLogs(flags, io);
    case 'inspect':
      return inspect(flags, io);
    case 'inspectp':
      return inspectPod(flags, io);
    case 'inspecti':
      return inspectImage(flags, io);
    case 'stop':
    case 'rm':
      return eachContainer(verb, flags, io);
    case 'stopp':
    case 'rmp':
      return eachPod(verb, flags, io);
    case 'exec':
      return exec(rest, io);
    case 'pull':
      return pull(flags, io);
    case 'rmi':
      return removeImages(flags, io);
    case 'stats':
      return stats(flags, io);
    case 'info':
      return info(io);
    case 'version': {
      const { runtimeName, runtimeVersion } = await ask(io, 'Version', { method: 'Version' });
      io.stdout(
        `Version:  0.1.0\nRuntimeName:  ${runtimeName}\nRuntimeVersion:  ${runtimeVersion}\nRuntimeApiVersion:  v1\n`,
      );
      return 0;
    }
    case 'help':
    case '--help':
    case '-h':
      io.stdout(
        `NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options]\n\nCOMMANDS:\n${VERBS.map((name) => `   ${name}\n`).join('')}`,
      );
      return 0;
    default:
      return VERBS.includes(verb) ? notSimulated(io, `crictl ${verb}`) : fail(io, `No help topic for '${verb}'`, 3);
  }
}

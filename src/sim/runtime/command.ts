/** From what a pod says should run, and what the image offers, to a program of this world. */
import type { ContainerConfig } from '../api/cri.ts';
import type { ImageConfig } from './images.ts';

export type CommandResult =
  | { readonly ok: true; readonly program: string; readonly args: readonly string[] }
  /** As runc words it: `exec: "foo": executable file not found in $PATH`. */
  | { readonly ok: false; readonly error: string };

/** Scripts that end in `exec "$@"`. */
const ENTRYPOINTS: ReadonlySet<string> = new Set(['docker-entrypoint.sh', 'entrypoint.sh']);

/** What a container runs: the pod's command and arguments, or the image's own. */
export function commandOf(config: ContainerConfig, image: ImageConfig): readonly string[] {
  const command = config.command.length > 0 ? config.command : image.entrypoint;
  const useOwn = config.args.length > 0 || config.command.length > 0;
  return [...command, ...(useOwn ? config.args : image.cmd)];
}

/** Finds the program behind an argument vector in an image. */
export function resolveCommand(image: ImageConfig, argv: readonly string[]): CommandResult {
  const first = argv[0];
  if (first === undefined || first === '') return { ok: false, error: 'no command specified' };
  const name = first.slice(first.lastIndexOf('/') + 1);
  const program = Object.hasOwn(image.binaries, name) ? image.binaries[name] : undefined;
  if (program === undefined) {
    const why = first.includes('/') ? `stat ${first}: no such file or directory` : 'executable file not found in $PATH';
    return { ok: false, error: `exec: "${first}": ${why}` };
  }
  if (ENTRYPOINTS.has(name)) {
    const next = argv[1];
    if (next !== undefined && !next.startsWith('-')) return resolveCommand(image, argv.slice(1));
    if (program === 'busybox') return resolveCommand(image, ['curl', ...argv.slice(1)]);
  }
  // One binary with many names must be told by which it was called.
  return { ok: true, program, args: program === 'busybox' ? [name, ...argv.slice(1)] : argv.slice(1) };
}

/** How crictl talks to containerd: its calls, its flags, how it finds what an id means, how it prints tables. */
import {
  CRI_PORT,
  type CriContainer,
  type CriFailure,
  type CriMethod,
  type CriMethods,
  type CriRequestOf,
  type CriResult,
  type Sandbox,
} from '../../sim/api/cri.ts';
import type { CommandIo } from '../command.ts';
import { columns } from '../machine-state.ts';

export class CrictlError extends Error {}

export async function ask<M extends CriMethod>(
  io: CommandIo,
  method: M,
  request: CriRequestOf<M>,
): Promise<CriMethods[M]['response']> {
  const answer = await io.gateway.call(`127.0.0.1:${CRI_PORT}`, request, {
    host: io.host,
    timeoutMs: 120_000,
    signal: io.signal,
  });
  const dial =
    'validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = ';
  if (!answer.ok) {
    throw new CrictlError(
      /refused|EOF|lost/.test(answer.error)
        ? `${dial}Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"`
        : `${dial}DeadlineExceeded desc = context deadline exceeded`,
    );
  }
  const result = answer.body as CriResult<M>;
  if (isFailure(result)) throw new CrictlError(`${VERB_TEXTS[method] ?? method}: ${result.error}`);
  return result;
}

export function isFailure<M extends CriMethod>(result: CriResult<M>): result is CriFailure {
  return result.ok === false;
}

export const VERB_TEXTS: Partial<Record<CriMethod, string>> = {
  StopContainer: 'stopping the container',
  RemoveContainer: 'removing the container',
  ExecSync: 'execing command in container synchronously',
  PullImage: 'pulling image',
};

export interface CrictlFlags {
  readonly words: readonly string[];
  has(...names: string[]): boolean;
  value(...names: string[]): string | undefined;
}

export const WITH_VALUE = [
  '--name',
  '--pod',
  '-p',
  '--state',
  '-s',
  '--label',
  '-o',
  '--output',
  '--tail',
  '-t',
  '--timeout',
  '--namespace',
  '-n',
  '--last',
  '--image',
  '--since',
  '--id',
];

export function readFlags(args: readonly string[]): CrictlFlags {
  const words: string[] = [];
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    const [, name = word, inline] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
    if (!word.startsWith('-')) words.push(word);
    else if (WITH_VALUE.includes(name)) given.set(name, inline ?? args[++i] ?? '');
    else given.set(name, inline ?? 'true');
  }
  return {
    words,
    has: (...names) => names.some((name) => given.has(name)),
    value: (...names) => names.map((name) => given.get(name)).find((value) => value !== undefined),
  };
}

export const WIDTH = 20;

export function tableText(rows: readonly (readonly string[])[]): string {
  return columns(rows, 3, WIDTH);
}

export function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 13);
}

/** `2 minutes ago`, `About an hour ago`. @source github.com/docker/go-units HumanDuration */
export function ago(io: CommandIo, ms: number): string {
  const seconds = Math.floor((io.gateway.now(io.host) - ms) / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(seconds / 3_600);
  if (seconds < 1) return 'Less than a second ago';
  if (seconds === 1) return '1 second ago';
  if (seconds < 60) return `${seconds} seconds ago`;
  if (minutes === 1) return 'About a minute ago';
  if (minutes < 60) return `${minutes} minutes ago`;
  if (hours === 1) return 'About an hour ago';
  if (hours < 48) return `${hours} hours ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

export async function allContainers(io: CommandIo): Promise<readonly CriContainer[]> {
  const { containers } = await ask(io, 'ListContainers', { method: 'ListContainers' });
  return [...containers].sort((a, b) => b.createdAtMs - a.createdAtMs);
}

export async function allPods(io: CommandIo): Promise<readonly Sandbox[]> {
  const { items } = await ask(io, 'ListPodSandbox', { method: 'ListPodSandbox' });
  return [...items].sort((a, b) => b.createdAtMs - a.createdAtMs);
}

export async function containerOf(id: string | undefined, io: CommandIo): Promise<CriContainer> {
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  const found = (await allContainers(io)).filter((container) => container.id.startsWith(id));
  if (found.length === 0 || found[0] === undefined)
    throw new CrictlError(
      `getting the status of the container "${id}": rpc error: code = NotFound desc = an error occurred when try to find container "${id}": not found`,
    );
  if (found.length > 1) throw new CrictlError(`container ID "${id}" is ambiguous`);
  return found[0];
}

export async function podOf(id: string | undefined, io: CommandIo): Promise<Sandbox> {
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  const found = (await allPods(io)).find((pod) => pod.id.startsWith(id));
  if (found === undefined)
    throw new CrictlError(
      `getting the pod sandbox status of "${id}": rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found`,
    );
  return found;
}

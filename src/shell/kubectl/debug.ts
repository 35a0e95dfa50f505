/**
 * `kubectl debug POD`: adds an ephemeral container and attaches to it. Copies of pods and pods on nodes are not simulated.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/debug/debug.go
 */
import { patchObject, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, notSimulated, throwAll } from './errors.ts';
import { attachOrLog, stateOf } from './exec.ts';
import { nameOf, text } from './fields.ts';
import { select } from './resources.ts';
import type { Session } from './session.ts';
import { containersOf } from './target-pod.ts';
import { deadlineAfter, waitFor } from './waiting.ts';

export async function debug(session: Session): Promise<number> {
  const { flags } = session;
  const before = flags.argsBeforeDash === -1 ? flags.args.length : flags.argsBeforeDash;
  const [target] = flags.args.slice(0, before);
  const command = flags.argsBeforeDash === -1 ? [] : flags.args.slice(flags.argsBeforeDash);
  if (flags.text('copy-to') === '' && flags.text('image') === '' && flags.list('set-image').length === 0) {
    throw new KubectlError('you must specify --image when not using --copy-to.');
  }
  if (target === undefined) throw new KubectlError('NAME or filename is required for debug');
  if (flags.text('copy-to') !== '') throw notSimulated('debug --copy-to');
  const aimed = flags.text('target');
  if (aimed !== '' && !flags.is('quiet')) {
    session.out(
      `Targeting container ${JSON.stringify(aimed)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
    );
  }
  if (flags.is('tty') && !flags.is('stdin'))
    throw new KubectlError('-i/--stdin is required for containers with -t/--tty=true');
  const { infos, errors } = await select(session, { args: [target], defaultType: 'pods', latest: true });
  throwAll(errors);
  const [info] = infos;
  if (info === undefined) throw new KubectlError('NAME or filename is required for debug');
  if (info.resource.kind === 'Node') throw notSimulated('debug node/');
  if (info.resource.kind !== 'Pod') throw new KubectlError(`"${info.resource.name}" not supported by debug`);
  const name = flags.text('container') || freeName(info.object);
  if (flags.text('container') === '' && !flags.is('quiet'))
    session.out(`Defaulting debug container name to ${name}.\n`);
  const container = ephemeral(session, name, command);
  const body = { spec: { ephemeralContainers: [container] } };
  await patchObject(session, info.resource, info, {
    kind: 'strategic',
    body,
    query: writeQuery(session),
    subresource: 'ephemeralcontainers',
  });
  const attaching = flags.changed('attach') ? flags.is('attach') : flags.is('stdin');
  if (!attaching) return 0;
  const deadlineMs = deadlineAfter(session, 60_000);
  const running = await waitFor(session, { ...info, deadlineMs }, (pod) => {
    return ['running', 'terminated'].includes(stateOf(pod, name)) ? 'done' : 'keep waiting';
  });
  if (running === 'timeout' || running === undefined) throw new KubectlError('timed out waiting for the condition');
  return attachOrLog(session, running, name);
}

/** `debugger-x7k2p`: five characters made from the names already there, so that a rerun gives the same. */
function freeName(pod: JsonObject): string {
  const taken = new Set(containersOf(pod).map((place) => place.name));
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  for (let round = 0; ; round++) {
    let hash = 2166136261 ^ round;
    for (const character of `${text(pod, 'metadata', 'uid')}${nameOf(pod)}${taken.size}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
    }
    const suffix = [0, 5, 10, 15, 20].map((shift) => letters[(hash >>> shift) % letters.length] ?? 'x').join('');
    const name = `debugger-${suffix}`;
    if (!taken.has(name)) return name;
  }
}

function ephemeral({ flags }: Session, name: string, command: readonly string[]): JsonObject {
  const env = flags
    .list('env')
    .map((each) => ({ name: each.slice(0, each.indexOf('=')), value: each.slice(each.indexOf('=') + 1) }));
  return {
    name,
    image: flags.text('image'),
    ...(command.length === 0 ? {} : flags.is('arguments-only') ? { args: command } : { command }),
    ...(env.length === 0 ? {} : { env }),
    ...(flags.text('image-pull-policy') === '' ? {} : { imagePullPolicy: flags.text('image-pull-policy') }),
    resources: {},
    ...(flags.is('stdin') ? { stdin: true } : {}),
    ...(flags.text('target') === '' ? {} : { targetContainerName: flags.text('target') }),
    terminationMessagePolicy: 'File',
    ...(flags.is('tty') ? { tty: true } : {}),
  };
}

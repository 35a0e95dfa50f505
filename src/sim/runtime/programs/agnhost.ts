/**
 * agnhost: the image of Kubernetes' own tests. Here: `netexec`, `serve-hostname`, `pause` and `liveness`.
 * @source test/images/agnhost
 */
import type { AppRequest } from '../../api/http.ts';
import { MILLISECOND, SECOND } from '../../kernel/units.ts';
import type { ServerAnswer, WebServerMemory } from './web-server.machine.ts';

/** Ports of the subcommand, or the error it prints. */
export function agnhostPorts(args: readonly string[]): number[] | string {
  const [command = 'pause', ...flags] = args;
  const flag = (name: string, fallback: number) => {
    const at = flags.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
    if (at < 0) return fallback;
    const value = flags[at]!.includes('=') ? flags[at]!.slice(flags[at]!.indexOf('=') + 1) : flags[at + 1];
    return Number(value);
  };
  switch (command) {
    case 'pause':
      return [];
    case 'netexec':
      return [flag('http-port', 8080)];
    case 'serve-hostname':
      return [flag('port', 9376)];
    case 'liveness':
      return [8080];
    default:
      return `not simulated: agnhost ${command}`;
  }
}

export function answerAgnhost(me: WebServerMemory, request: AppRequest, fromIp: string): ServerAnswer {
  const command = me.args[0] ?? 'pause';
  const [path = '/', query = ''] = request.path.split('?');
  const text = (body: string, status = 200, delayUs = 0): ServerAnswer => ({ response: { status, body }, delayUs });
  if (command === 'serve-hostname') return text(me.hostname);
  if (command === 'liveness') {
    // Healthy for its first ten answers, then never again.
    return me.served <= 10 ? text('ok') : text('error: 10.01', 500);
  }
  const parameter = (name: string) =>
    new Map(query.split('&').map((pair) => [pair.split('=')[0], decode(pair.split('=')[1] ?? '')])).get(name);
  switch (path) {
    case '/':
      return text(`NOW: ${me.served}`);
    case '/hostname':
    case '/hostName':
      return text(me.hostname);
    case '/clientip':
      return text(`${fromIp}:0`);
    case '/echo':
      return text(parameter('msg') ?? '', Number(parameter('code') ?? 200));
    case '/healthz':
      return text('');
    case '/exit': {
      const wait = parameter('wait') ?? '0s';
      const delayUs = wait.endsWith('ms')
        ? Number(wait.slice(0, -2)) * MILLISECOND
        : Number(wait.replace(/s$/, '')) * SECOND;
      return {
        response: { status: 200, body: '' },
        delayUs: Number.isFinite(delayUs) ? delayUs : 0,
        exitCode: Number(parameter('code') ?? 0),
      };
    }
    default:
      return text('404 page not found\n', 404);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

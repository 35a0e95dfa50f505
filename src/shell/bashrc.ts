/** The variables that root's ~/.bashrc exports on a machine; bash reads it for a terminal and for `ssh NODE command` alike. */
import type { Gateway } from './gateway.ts';

export function exportsOf(gateway: Gateway, host: string): Record<string, string> {
  const text = gateway.world.kernel.state.hosts.get(host)?.files.get('/root/.bashrc')?.content ?? '';
  return Object.fromEntries(
    [...text.matchAll(/^export ([A-Za-z_]\w*)=(\S*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

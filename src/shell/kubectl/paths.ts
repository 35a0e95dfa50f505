/** Paths as the shell's user types them: relative to the working directory, `~` for home. */
import type { CommandContext } from './client.ts';

export function resolvePath(context: CommandContext, path: string): string {
  const home = context.env['HOME'] ?? '/root';
  const expanded = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  const absolute = expanded.startsWith('/') ? expanded : `${context.cwd}/${expanded}`;
  const parts: string[] = [];
  for (const part of absolute.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

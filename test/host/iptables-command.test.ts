import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newNetfilter } from '../../src/sim/host/iptables.ts';
import { type CommandResult, iptables, iptablesSave } from '../../src/sim/host/iptables-command.ts';
import { splitWords } from '../../src/sim/host/iptables-parse.ts';

/** A session with the real programs, recorded: `$ command`, its output, `= exit status`. */
const recorded = readFileSync(new URL('iptables-recorded.txt', import.meta.url), 'utf8');

describe('iptables prints what the real one prints', () => {
  const netfilter = newNetfilter();
  for (const entry of recorded.split(/^\$ /m).slice(1)) {
    const command = entry.slice(0, entry.indexOf('\n'));
    const expected = entry.slice(command.length + 1);
    const [program = '', ...args] = splitWords(command);
    const { stdout, stderr, exitCode }: CommandResult =
      program === 'iptables-save' ? iptablesSave(netfilter, args, 'DATE') : iptables(netfilter, args);
    it(command, () => {
      expect(`${stdout}${stderr}= ${exitCode}\n`).toBe(expected);
    });
  }
});

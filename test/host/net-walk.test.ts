import { describe, expect, it } from 'vitest';
import { newNetfilter, restoreChains, tableOf } from '../../src/sim/host/iptables.ts';
import { iptables } from '../../src/sim/host/iptables-command.ts';
import { splitWords } from '../../src/sim/host/iptables-parse.ts';
import { commentOf } from '../../src/sim/host/iptables-rule.ts';
import { newPacket } from '../../src/sim/host/net-packet.ts';
import { type MatchedRule, type Verdict, walkTable } from '../../src/sim/host/net-walk.ts';
import { JUMPS } from '../../src/sim/proxy/restore-text.ts';
import { generateRules } from '../../src/sim/proxy/rules.ts';
import { configOf, oracle, servicesOf, slicesOf } from '../proxy/oracle.ts';

/** Chains of the filter table that the recorded flows went through, whatever the hook. */
const FILTERS = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'];

describe('packets end where they end on a real node', () => {
  for (const test of oracle()) {
    const config = configOf(test.node);
    const tables = generateRules(servicesOf(test), slicesOf(test), config);
    test.flows.forEach((flow, number) => {
      it(`${test.id} flow ${number}: ${flow.from} to ${flow.to}`, () => {
        const netfilter = newNetfilter();
        expect(restoreChains(netfilter, 'filter', { chains: tables.filter })).toBeUndefined();
        expect(restoreChains(netfilter, 'nat', { chains: tables.nat })).toBeUndefined();
        for (const { table, from, rule } of JUMPS)
          expect(iptables(netfilter, ['-t', table, '-I', from, ...splitWords(rule)]).stderr).toBe('');

        const [, ip = '', port = '', protocol = ''] = /^\[?(.*?)\]?:(\d+)\/(\w+)$/.exec(flow.to) ?? [];
        const targets = new Set<string>();
        let masquerade = false;
        let filtered = '';
        for (let draw = 0; draw < 40; draw++) {
          const packet = newPacket(
            protocol.toLowerCase() as 'tcp',
            { ip: flow.from, port: 40_000 },
            { ip, port: Number(port) },
          );
          const trace: MatchedRule[] = [];
          let seed = draw;
          const context = {
            netfilter,
            isLocal: (address: string) => test.node.localIPs.includes(address),
            nowUs: 0,
            random: () => {
              seed = (seed * 16807 + 12345) % 2147483647;
              return (seed % 1000) / 1000;
            },
            trace,
          };
          const nat = walkTable(context, 'nat', 'PREROUTING', packet);
          if (nat.verdict === 'DNAT') {
            targets.add(nat.ip.includes(':') ? `[${nat.ip}]:${nat.port}` : `${nat.ip}:${nat.port}`);
            packet.destination = nat.ip;
            // The recorded flows keep the port that was asked for.
          }
          masquerade ||= (packet.mark & 0x4000) !== 0;
          for (const chain of FILTERS) {
            if (tableOf(netfilter, 'filter').chains.get(chain) === undefined) continue;
            const verdict: Verdict = walkTable(context, 'filter', chain, packet);
            if (verdict.verdict !== 'ACCEPT' || trace.at(-1)?.rule?.target?.target === 'ACCEPT') {
              filtered = verdict.verdict;
              break;
            }
          }
        }
        const outcome = [[...targets].sort().join(', '), filtered].filter((part) => part !== '').join(', ');
        expect(outcome === '' ? 'NO_MATCH' : outcome).toBe(flow.expect);
        expect(masquerade).toBe(flow.masquerade);
      });
    });
  }
});

describe('a long chain is looked up, not scanned', () => {
  it('finds what trying every rule would find', () => {
    const netfilter = newNetfilter();
    const lines: string[] = [];
    for (let i = 0; i < 60; i++) {
      lines.push(
        `-m comment --comment a${i} -d 10.0.0.${i % 7} -p tcp -m tcp --dport ${80 + (i % 3)} -j MARK --xor-mark 0x${(i + 1).toString(16)}`,
      );
      lines.push(
        `-m comment --comment b${i} -p tcp -m tcp --dport ${80 + (i % 3)} -j MARK --xor-mark 0x${((i + 1) * 64).toString(16)}`,
      );
      if (i % 10 === 0) lines.push(`-m comment --comment c${i} ! -s 10.0.0.${i} -j MARK --xor-mark 0x10000`);
    }
    restoreChains(netfilter, 'nat', {
      chains: new Map([
        ['LONG', lines],
        ['SHORT', ['-j LONG']],
      ]),
    });
    const trace: MatchedRule[] = [];
    const packet = newPacket('tcp', { ip: '10.9.9.9', port: 1 }, { ip: '10.0.0.3', port: 81 });
    walkTable({ netfilter, isLocal: () => false, nowUs: 0, random: () => 0, trace }, 'nat', 'SHORT', packet);
    const expected = lines.filter(
      (line) =>
        (!line.includes('-d ') || line.includes('-d 10.0.0.3 ')) &&
        (!line.includes('dport') || line.includes('dport 81 ')),
    );
    expect(
      trace
        .slice(0)
        .filter(({ chain }) => chain === 'LONG')
        .map(({ rule }) => commentOf(rule!)),
    ).toEqual(expected.map((line) => line.split(' ')[3]));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endpointChain, type ServiceChainKind, serviceChain } from '../../src/sim/proxy/chain-names.ts';
import { JUMPS, KUBELET_JUMPS, restoreText } from '../../src/sim/proxy/restore-text.ts';
import {
  deleteService,
  deleteSlice,
  generateRules,
  newRuleSet,
  putService,
  putSlice,
  tablesOf,
  updateRules,
} from '../../src/sim/proxy/rules.ts';
import { canonical } from './canonical-save.ts';
import { configOf, oracle, servicesOf, slicesOf } from './oracle.ts';

describe('chain names are the real ones', () => {
  const { cases } = JSON.parse(readFileSync(new URL('../oracles/proxy/chain-names.json', import.meta.url), 'utf8'));
  for (const { id, chain, servicePort, protocol, endpoint } of cases)
    it(id, () => {
      const kind: ServiceChainKind = chain.slice(0, chain.lastIndexOf('-'));
      expect(
        endpoint === undefined
          ? serviceChain(kind, servicePort, protocol)
          : endpointChain(servicePort, protocol, endpoint),
      ).toBe(chain);
    });
});

describe('rules are those that the real kube-proxy writes', () => {
  for (const test of oracle())
    it(`${test.id} ${test.test}`, () => {
      const { iptables_save: expected, kind } = test.expect;
      if (expected === undefined) return;
      const config = configOf(test.node);
      const tables = generateRules(servicesOf(test), slicesOf(test), config);
      const text = restoreText(tables) + (kind === 'full-dump' ? jumpText() : '');
      expect(canonical(text)).toBe(canonical(expected));
    });
});

/** What the jumps leave in the kernel's own chains, newest first. */
function jumpText(): string {
  let filter = ':KUBE-FIREWALL - [0:0]\n:FORWARD - [0:0]\n:INPUT - [0:0]\n:OUTPUT - [0:0]\n';
  let nat = ':INPUT - [0:0]\n:OUTPUT - [0:0]\n:POSTROUTING - [0:0]\n:PREROUTING - [0:0]\n';
  for (const { table, from, rule } of [...JUMPS, ...KUBELET_JUMPS].reverse()) {
    if (table === 'filter') filter += `-A ${from} ${rule}\n`;
    else nat += `-A ${from} ${rule}\n`;
  }
  return `*filter\n${filter}COMMIT\n*nat\n${nat}COMMIT\n*mangle\nCOMMIT\n`;
}

describe('a rule set that grows step by step', () => {
  for (const test of oracle())
    it(`${test.id} ends where generating from nothing ends`, () => {
      const config = configOf(test.node);
      const services = servicesOf(test);
      const slices = slicesOf(test);
      const set = newRuleSet(config);
      const applied = new Map<string, readonly string[]>();
      const sync = () => {
        const { nat, deletedNat } = updateRules(set);
        for (const [chain, rules] of nat) applied.set(chain, rules);
        for (const chain of deletedNat) applied.delete(chain);
      };
      for (const slice of slices) putSlice(set, slice);
      for (const service of services) {
        putService(set, service);
        sync();
      }
      sync();
      const expected = generateRules(services, slices, config);
      expect(canonical(restoreText(tablesOf(set)))).toBe(canonical(restoreText(expected)));
      expect(canonical(restoreText({ filter: new Map(), nat: applied }))).toBe(
        canonical(restoreText({ filter: new Map(), nat: expected.nat })),
      );
      for (const slice of slices) deleteSlice(set, slice);
      sync();
      for (const service of services) deleteService(set, service);
      sync();
      expect([...applied.keys()].filter((chain) => /^KUBE-(SVC|SVL|SEP|EXT|FW)-/.test(chain))).toEqual([]);
      expect(set.endpointCount).toBe(0);
    });
});

/**
 * The netfilter of one Linux host: tables of chains of rules, and the lists of `-m recent`. Plain data; a chain is replaced, never
 * changed, so that hosts with the same rules share them.
 */
import { parseRuleText } from './iptables-parse.ts';
import { chainOf, type Rule } from './iptables-rule.ts';

export type TableName = 'filter' | 'nat' | 'mangle' | 'raw' | 'security';

export interface Chain {
  readonly rules: readonly Rule[];
  /** Only the kernel's own chains have one. */
  readonly policy: 'ACCEPT' | 'DROP' | undefined;
}

export interface Table {
  readonly chains: Map<string, Chain>;
}

export interface Netfilter {
  readonly tables: Map<TableName, Table>;
  /** List name → address → times of its last packets (µs), newest last. */
  readonly recent: Map<string, Map<string, number[]>>;
  /** `table chain` → packets by rule; the last entry counts those that met the policy. */
  readonly counters: Map<string, number[]>;
}

/** Why the kernel refused; the text is what `iptables` prints behind its name. */
export type Refusal = string | undefined;

export const HOOK_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const EMPTY: Chain = Object.freeze({ rules: Object.freeze([]), policy: undefined });
const ACCEPTING: Chain = Object.freeze({ rules: Object.freeze([]), policy: 'ACCEPT' });

/** A host's netfilter as it is after boot: nothing in it, and no table until somebody asks for one. */
export function newNetfilter(): Netfilter {
  return { tables: new Map(), recent: new Map(), counters: new Map() };
}

export function isTableName(name: string): name is TableName {
  return Object.hasOwn(HOOK_CHAINS, name);
}

/** The table, made with its accepting hook chains on first use. */
export function tableOf(netfilter: Netfilter, name: TableName): Table {
  let table = netfilter.tables.get(name);
  if (table === undefined) {
    table = { chains: new Map(HOOK_CHAINS[name].map((chain) => [chain, ACCEPTING])) };
    netfilter.tables.set(name, table);
  }
  return table;
}

const NO_CHAIN = 'No chain/target/match by that name.';

export function newChain(netfilter: Netfilter, table: TableName, chain: string): Refusal {
  const { chains } = tableOf(netfilter, table);
  if (chains.has(chain)) return 'Chain already exists.';
  chains.set(chain, EMPTY);
  return undefined;
}

/** Deletes an empty chain that nothing jumps to. */
export function deleteChain(netfilter: Netfilter, table: TableName, name: string): Refusal {
  const { chains } = tableOf(netfilter, table);
  const chain = chains.get(name);
  if (chain === undefined) return NO_CHAIN;
  if (chain.policy !== undefined || chain.rules.length > 0) return 'Directory not empty.';
  if (referencesTo(netfilter, table, name) > 0) return `v: CHAIN_DEL failed (Device or resource busy): chain ${name}`;
  chains.delete(name);
  netfilter.counters.delete(`${table} ${name}`);
  return undefined;
}

export function renameChain(netfilter: Netfilter, table: TableName, name: string, now: string): Refusal {
  const { chains } = tableOf(netfilter, table);
  const chain = chains.get(name);
  if (chain === undefined) return NO_CHAIN;
  if (chains.has(now)) return 'File exists.';
  const renamed = [...chains].map(([key, { rules, policy }]): [string, Chain] => {
    const moved = rules.some((rule) => chainOf(rule) === name)
      ? rules.map((rule) =>
          rule.target?.target === 'jump' && rule.target.chain === name
            ? Object.freeze({ ...rule, target: Object.freeze({ ...rule.target, chain: now }) })
            : rule,
        )
      : rules;
    return [key === name ? now : key, Object.freeze({ rules: Object.freeze(moved), policy })];
  });
  chains.clear();
  for (const [key, value] of renamed) chains.set(key, value);
  return undefined;
}

/** Removes the rules of one chain, or of all chains of the table. */
export function flush(netfilter: Netfilter, table: TableName, name?: string): Refusal {
  const { chains } = tableOf(netfilter, table);
  if (name !== undefined && !chains.has(name)) return NO_CHAIN;
  for (const chain of name === undefined ? [...chains.keys()] : [name]) setRules(netfilter, table, chain, EMPTY.rules);
  return undefined;
}

export function setPolicy(netfilter: Netfilter, table: TableName, name: string, policy: 'ACCEPT' | 'DROP'): Refusal {
  const { chains } = tableOf(netfilter, table);
  const chain = chains.get(name);
  if (chain?.policy === undefined) return 'Bad built-in chain name.';
  chains.set(name, Object.freeze({ rules: chain.rules, policy }));
  return undefined;
}

/** @param position 0-based; a rule put at the length of the chain is appended */
export function insertRule(
  netfilter: Netfilter,
  table: TableName,
  name: string,
  position: number,
  rule: Rule,
): Refusal {
  const chain = tableOf(netfilter, table).chains.get(name);
  if (chain === undefined) return NO_CHAIN;
  if (position > chain.rules.length) return 'Index of insertion too big.';
  setRules(netfilter, table, name, chain.rules.toSpliced(position, 0, rule));
  netfilter.counters.get(`${table} ${name}`)?.splice(position, 0, 0);
  return undefined;
}

export function appendRule(netfilter: Netfilter, table: TableName, name: string, rule: Rule): Refusal {
  return insertRule(netfilter, table, name, tableOf(netfilter, table).chains.get(name)?.rules.length ?? 0, rule);
}

export function replaceRule(
  netfilter: Netfilter,
  table: TableName,
  name: string,
  position: number,
  rule: Rule,
): Refusal {
  const chain = tableOf(netfilter, table).chains.get(name);
  if (chain === undefined) return NO_CHAIN;
  if (position >= chain.rules.length) return 'Index of replacement too big.';
  setRules(netfilter, table, name, chain.rules.with(position, rule));
  return undefined;
}

export function deleteRuleAt(netfilter: Netfilter, table: TableName, name: string, position: number): Refusal {
  const chain = tableOf(netfilter, table).chains.get(name);
  if (chain === undefined) return NO_CHAIN;
  if (position >= chain.rules.length) return 'Index of deletion too big.';
  setRules(netfilter, table, name, chain.rules.toSpliced(position, 1));
  netfilter.counters.get(`${table} ${name}`)?.splice(position, 1);
  return undefined;
}

/** Where a rule that says the same stands in the chain; -1 = nowhere. */
export function findRule(netfilter: Netfilter, table: TableName, name: string, rule: Rule): number {
  const rules = tableOf(netfilter, table).chains.get(name)?.rules ?? [];
  return rules.findIndex((other) => sameRule(other, rule));
}

/** How many rules jump to the chain. */
export function referencesTo(netfilter: Netfilter, table: TableName, name: string): number {
  let count = 0;
  for (const chain of tableOf(netfilter, table).chains.values())
    for (const rule of chain.rules) if (chainOf(rule) === name) count++;
  return count;
}

/** The chain a rule jumps to does not exist in its table. */
export function missingTarget(netfilter: Netfilter, table: TableName, rule: Rule): string | undefined {
  const target = chainOf(rule);
  return target === undefined || tableOf(netfilter, table).chains.has(target) ? undefined : target;
}

export function zeroCounters(netfilter: Netfilter, table: TableName, name?: string): void {
  for (const key of [...netfilter.counters.keys()])
    if (name === undefined ? key.startsWith(`${table} `) : key === `${table} ${name}`) netfilter.counters.delete(key);
}

/** Packets that met the rule (counted from 0), or the policy when `index` is the number of rules. */
export function packetsOf(netfilter: Netfilter, table: TableName, name: string, index: number): number {
  return netfilter.counters.get(`${table} ${name}`)?.[index] ?? 0;
}

/* ------------------------------------------------------------------ whole chains at once, as iptables-restore does */

/** Chains with their rules as text without `-A CHAIN`. The arrays are known by identity: give the same array for the same chain. */
export interface ChainTexts {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly deleted?: readonly string[];
}

const chainsByText = new WeakMap<readonly string[], Chain>();

/**
 * Replaces these chains of a table as `iptables-restore --noflush` does: all or nothing.
 * @returns the error, or undefined
 */
export function restoreChains(netfilter: Netfilter, name: TableName, texts: ChainTexts): Refusal {
  const table = tableOf(netfilter, name);
  const changed: [string, Chain][] = [];
  for (const [key, lines] of texts.chains) {
    let chain = chainsByText.get(lines);
    if (chain === undefined) {
      const rules: Rule[] = [];
      for (const line of lines) {
        const parsed = parseRuleText(line);
        if (!parsed.ok) return parsed.error;
        rules.push(parsed.rule);
      }
      chain = Object.freeze({ rules: Object.freeze(rules), policy: undefined });
      chainsByText.set(lines, chain);
    }
    if (table.chains.get(key) !== chain) changed.push([key, chain]);
  }
  const exists = (chain: string) => table.chains.has(chain) || texts.chains.has(chain);
  for (const [, chain] of changed)
    for (const rule of chain.rules) {
      const target = chainOf(rule);
      if (target !== undefined && !exists(target)) return `Chain '${target}' does not exist`;
    }
  for (const [key, chain] of changed) {
    table.chains.set(key, chain);
    netfilter.counters.delete(`${name} ${key}`);
  }
  for (const key of texts.deleted ?? []) {
    table.chains.delete(key);
    netfilter.counters.delete(`${name} ${key}`);
  }
  return undefined;
}

function setRules(netfilter: Netfilter, table: TableName, name: string, rules: readonly Rule[]): void {
  const { chains } = tableOf(netfilter, table);
  const policy = chains.get(name)?.policy;
  chains.set(name, Object.freeze({ rules: Object.freeze(rules), policy }));
  if (rules.length === 0) netfilter.counters.delete(`${table} ${name}`);
}

function sameRule(a: Rule, b: Rule): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

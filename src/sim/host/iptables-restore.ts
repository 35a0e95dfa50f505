/** iptables-restore: whole tables at once, from text or as data from a program on the same host. */
import type { Jump, NetfilterChange, NetfilterTable } from '../api/netfilter.ts';
import {
  deleteRuleAt,
  findRule,
  flush,
  insertRule,
  isTableName,
  type Netfilter,
  newChain,
  type Refusal,
  restoreChains,
  setPolicy,
  type TableName,
  tableOf,
} from './iptables.ts';
import { type CommandResult, IPTABLES_VERSION, iptables } from './iptables-command.ts';
import { parseRuleText, splitWords } from './iptables-parse.ts';
import { cleanStaleUdp } from './net-conntrack.ts';
import type { HostNetwork } from './net-host.ts';

const TABLES: readonly NetfilterTable[] = ['mangle', 'filter', 'nat'];

/** Applies a change that a program asks for. @returns the error as iptables-restore prints it, or undefined */
export function applyChange(network: HostNetwork, change: NetfilterChange): Refusal {
  const { netfilter } = network;
  for (const [name, value] of Object.entries(change.sysctls ?? {})) setSysctl(network, name, value);
  for (const jump of change.unlink ?? []) unlink(netfilter, jump);
  for (const { table, to } of change.jumps ?? []) newChain(netfilter, table, to);
  for (const name of TABLES) {
    const table = change.tables[name];
    if (table === undefined) continue;
    const deleted = [...(table.deleted ?? [])];
    if (table.deletedUnlessGiven !== undefined) {
      const pattern = new RegExp(table.deletedUnlessGiven);
      for (const chain of tableOf(netfilter, name).chains.keys())
        if (pattern.test(chain) && !table.chains.has(chain)) deleted.push(chain);
    }
    const refusal = restoreChains(netfilter, name, { chains: table.chains, deleted });
    if (refusal !== undefined) return refusal;
  }
  for (const jump of change.jumps ?? []) {
    const refusal = link(netfilter, jump);
    if (refusal !== undefined) return refusal;
  }
  if (change.udpServices !== undefined) cleanStaleUdp(network.conntrack, change.udpServices);
  return undefined;
}

const CONNTRACK_MAX = 'net.netfilter.nf_conntrack_max';
const TCP_ESTABLISHED = 'net.netfilter.nf_conntrack_tcp_timeout_established';

export function setSysctl(network: HostNetwork, name: string, value: number): void {
  network.sysctls.set(name, value);
  if (name === CONNTRACK_MAX) network.conntrack.max = value;
  if (name === TCP_ESTABLISHED) network.conntrack.tcpEstablishedSeconds = value;
}

function link(netfilter: Netfilter, { table, from, rule }: Jump): Refusal {
  const parsed = parseRuleText(rule);
  if (!parsed.ok) return parsed.error;
  return findRule(netfilter, table, from, parsed.rule) >= 0
    ? undefined
    : insertRule(netfilter, table, from, 0, parsed.rule);
}

function unlink(netfilter: Netfilter, { table, from, rule }: Jump): void {
  const parsed = parseRuleText(rule);
  const at = parsed.ok ? findRule(netfilter, table, from, parsed.rule) : -1;
  if (at >= 0) deleteRuleAt(netfilter, table, from, at);
}

/**
 * The program as a person runs it.
 * @param args   `-n`/`--noflush` keeps chains that the input does not name
 * @param input  what came through standard input
 */
export function iptablesRestore(netfilter: Netfilter, args: readonly string[], input: string): CommandResult {
  const noFlush = args.includes('-n') || args.includes('--noflush');
  const test = args.includes('-t') || args.includes('--test');
  let table: TableName | undefined;
  let number = 0;
  for (const line of input.split('\n')) {
    number++;
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (text.startsWith('*')) {
      const name = text.slice(1);
      if (!isTableName(name)) return wrong(`iptables-restore: line ${number} table name '${name}' invalid`, number);
      table = name;
      if (!noFlush && !test) emptyTable(netfilter, table);
      continue;
    }
    if (table === undefined) return wrong(`iptables-restore: line ${number} failed: no table`, number);
    if (text === 'COMMIT') {
      table = undefined;
      continue;
    }
    if (test) continue;
    const failure = restoreLine(netfilter, table, text, number);
    if (failure !== undefined) return failure;
  }
  if (table !== undefined)
    return { stdout: '', stderr: `iptables-restore: COMMIT expected at line ${number}\n`, exitCode: 1 };
  return { stdout: '', stderr: '', exitCode: 0 };
}

function restoreLine(netfilter: Netfilter, table: TableName, text: string, number: number): CommandResult | undefined {
  if (text.startsWith(':')) {
    const [name = '', policy = '-'] = text.slice(1).split(' ');
    if (policy === 'ACCEPT' || policy === 'DROP') setPolicy(netfilter, table, name, policy);
    else if (newChain(netfilter, table, name) !== undefined) flush(netfilter, table, name);
    return undefined;
  }
  const words = splitWords(text.replace(/^\[\d+:\d+\] /, ''));
  if (words[0]?.startsWith('-') !== true) return wrong(`Bad argument \`${words[0] ?? ''}'`, number, '');
  const result = iptables(netfilter, ['-t', table, ...words]);
  if (result.exitCode === 0) return undefined;
  const kernel = /^iptables: (.*)\n$/.exec(result.stderr)?.[1];
  if (kernel !== undefined)
    return { stdout: '', stderr: `iptables-restore: line ${number} failed: ${kernel}\n`, exitCode: 1 };
  const said = /^(?:iptables v\S+ \(nf_tables\): )?(.*)\n/.exec(result.stderr)?.[1] ?? '';
  return wrong(said, number);
}

function emptyTable(netfilter: Netfilter, name: TableName): void {
  const { chains } = tableOf(netfilter, name);
  flush(netfilter, name);
  for (const [chain, { policy }] of [...chains]) if (policy === undefined) chains.delete(chain);
}

function wrong(error: string, line: number, version = `iptables-restore ${IPTABLES_VERSION}: `): CommandResult {
  const hint = "Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n";
  return { stdout: '', stderr: `${version}${error}\nError occurred at line: ${line}\n${hint}`, exitCode: 2 };
}

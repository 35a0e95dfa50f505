/** K15: the rules on a node are what its kube-proxy makes of what it has seen, and nothing of services that it no longer knows. */
import type { RuleLines } from './api/netfilter.ts';
import { newNetfilter, restoreChains, type TableName } from './host/iptables.ts';
import { printRule } from './host/iptables-print.ts';
import { networkOf } from './host/net-hook.ts';
import type { KernelState } from './kernel/state.ts';
import { isServiceChain } from './proxy/chain-names.ts';
import { type KubeProxy, netfilterOf } from './proxy/memory.ts';

/** Nodes whose proxy is about to write are passed over: the law holds between syncs. */
export function checkNetfilter(state: KernelState): { readonly law: string; readonly detail: string }[] {
  const violations: { law: string; detail: string }[] = [];
  for (const process of state.processes.values()) {
    if (process.program !== 'kube-proxy' || process.state !== 'running' || process.paused) continue;
    const tables = netfilterOf(process.memory as KubeProxy);
    if (tables === undefined) continue;
    const wrong =
      firstDifference(state, process.host, 'filter', tables.filter) ??
      firstDifference(state, process.host, 'nat', tables.nat);
    if (wrong !== undefined) violations.push({ law: 'K15', detail: `${process.host}: ${wrong}` });
  }
  return violations;
}

function firstDifference(
  state: KernelState,
  host: string,
  table: TableName,
  wanted: ReadonlyMap<string, RuleLines>,
): string | undefined {
  const expected = newNetfilter();
  const error = restoreChains(expected, table, { chains: wanted });
  if (error !== undefined) return `iptables-restore would refuse the rules: ${error}`;
  const there = networkOf(state, host).netfilter.tables.get(table)?.chains;
  for (const [name, chain] of expected.tables.get(table)?.chains ?? []) {
    if (!wanted.has(name)) continue;
    const own = there?.get(name)?.rules ?? [];
    if (own === chain.rules) continue;
    const texts = [own.map((rule) => printRule(rule)), chain.rules.map((rule) => printRule(rule))];
    if (texts[0]!.join('\n') !== texts[1]!.join('\n'))
      return `chain ${name} of ${table} has ${texts[0]!.length} rules where ${texts[1]!.length} belong, or others`;
  }
  for (const name of there?.keys() ?? [])
    if (isServiceChain(name) && !wanted.has(name)) return `chain ${name} of ${table} belongs to nothing any more`;
  return undefined;
}

/** What kube-proxy feeds to iptables-restore, as text. */
import type { Jump, RuleLines } from '../api/netfilter.ts';
import type { ProxyTables } from './rules.ts';

const NEW = '-m conntrack --ctstate NEW ';

/** In the order in which a full sync makes them. @source pkg/proxy/iptables/proxier.go iptablesJumpChains */
export const JUMPS: readonly Jump[] = [
  jump('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jump('filter', 'FORWARD', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
];

/** The kubelet makes these too; kube-proxy leaves them behind when it cleans up. */
export const KUBELET_JUMPS: readonly Jump[] = [
  { table: 'filter', from: 'INPUT', to: 'KUBE-FIREWALL', rule: '-j KUBE-FIREWALL' },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-FIREWALL', rule: '-j KUBE-FIREWALL' },
];

/** The input of iptables-restore that makes these tables. */
export function restoreText(tables: ProxyTables): string {
  return `${tableText('filter', tables.filter)}${tableText('nat', tables.nat)}`;
}

function tableText(name: string, chains: ReadonlyMap<string, RuleLines>): string {
  let heads = '';
  let rules = '';
  for (const [chain, lines] of chains) {
    heads += `:${chain} - [0:0]\n`;
    for (const line of lines) rules += `-A ${chain} ${line}\n`;
  }
  return `*${name}\n${heads}${rules}COMMIT\n`;
}

function jump(table: Jump['table'], from: string, to: string, comment: string, match = ''): Jump {
  return { table, from, to, rule: `${match}-m comment --comment "${comment}" -j ${to}` };
}

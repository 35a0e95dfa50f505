/** A rule of iptables as data. The order of `matches` is the order in which they were written; the rest has its fixed place. */
import type { Cidr } from '../api/address.ts';

export interface Rule {
  readonly source: NetMatch | undefined;
  readonly destination: NetMatch | undefined;
  readonly inInterface: NameMatch | undefined;
  readonly outInterface: NameMatch | undefined;
  readonly protocol: NameMatch | undefined;
  readonly matches: readonly Match[];
  /** Absent: the rule only counts (and whatever its matches do besides). */
  readonly target: Target | undefined;
}

export interface NetMatch {
  readonly cidr: Cidr;
  readonly not: boolean;
}

/** A protocol in lower case, or the name of an interface, where a final `+` stands for any ending. */
export interface NameMatch {
  readonly name: string;
  readonly not: boolean;
}

export interface PortMatch {
  readonly low: number;
  readonly high: number;
  readonly not: boolean;
}

export type ConntrackState = 'INVALID' | 'NEW' | 'RELATED' | 'ESTABLISHED' | 'UNTRACKED' | 'SNAT' | 'DNAT';

export type Match =
  | {
      readonly match: 'tcp' | 'udp' | 'sctp';
      readonly sourcePort: PortMatch | undefined;
      readonly destinationPort: PortMatch | undefined;
      readonly flags:
        | { readonly mask: readonly string[]; readonly set: readonly string[]; readonly not: boolean }
        | undefined;
    }
  | { readonly match: 'icmp'; readonly type: number; readonly not: boolean }
  | { readonly match: 'comment'; readonly comment: string }
  | { readonly match: 'conntrack' | 'state'; readonly states: readonly ConntrackState[]; readonly not: boolean }
  | { readonly match: 'mark'; readonly value: number; readonly mask: number; readonly not: boolean }
  | { readonly match: 'addrtype'; readonly source: TypeMatch | undefined; readonly destination: TypeMatch | undefined }
  | { readonly match: 'statistic'; readonly probability: number; readonly not: boolean }
  | RecentMatch
  | { readonly match: 'nfacct'; readonly name: string }
  | {
      readonly match: 'multiport';
      readonly which: 'sports' | 'dports' | 'ports';
      readonly ports: readonly { readonly low: number; readonly high: number }[];
      readonly not: boolean;
    };

export interface TypeMatch {
  readonly types: readonly string[];
  readonly not: boolean;
}

/** A list of source addresses by name, with the time of each one's last packet. */
export interface RecentMatch {
  readonly match: 'recent';
  readonly name: string;
  readonly action: 'set' | 'rcheck' | 'update' | 'remove';
  readonly not: boolean;
  /** 0 = however long ago */
  readonly seconds: number;
  /** 0 = at least once */
  readonly hits: number;
  /** Forget addresses that are older than `seconds`. */
  readonly reap: boolean;
}

export type Target =
  | { readonly target: 'ACCEPT' | 'DROP' | 'RETURN' }
  | { readonly target: 'jump'; readonly chain: string; readonly goto: boolean }
  | { readonly target: 'REJECT'; readonly with: string }
  | {
      readonly target: 'DNAT' | 'SNAT';
      readonly ip: string;
      readonly port: number | undefined;
      readonly lastPort: number | undefined;
    }
  | { readonly target: 'REDIRECT'; readonly port: number }
  | { readonly target: 'MASQUERADE'; readonly randomFully: boolean }
  /** mark = (mark & ~mask) ^ value; `written` is the option that the learner or kube-proxy used. */
  | { readonly target: 'MARK'; readonly value: number; readonly mask: number }
  | { readonly target: 'LOG'; readonly prefix: string; readonly level: number };

/** The chain that a rule leads to, if any. */
export function chainOf(rule: Rule): string | undefined {
  return rule.target?.target === 'jump' ? rule.target.chain : undefined;
}

/** The comment of a rule, or ''. */
export function commentOf(rule: Rule): string {
  for (const match of rule.matches) if (match.match === 'comment') return match.comment;
  return '';
}

/** Names of well-known ports, for `-L` without `-n` and for ports written as names. */
export const PORT_NAMES: ReadonlyMap<number, string> = new Map([
  [20, 'ftp-data'],
  [21, 'ftp'],
  [22, 'ssh'],
  [23, 'telnet'],
  [25, 'smtp'],
  [53, 'domain'],
  [67, 'bootps'],
  [68, 'bootpc'],
  [69, 'tftp'],
  [80, 'http'],
  [110, 'pop3'],
  [123, 'ntp'],
  [143, 'imap2'],
  [179, 'bgp'],
  [389, 'ldap'],
  [443, 'https'],
  [2049, 'nfs'],
  [2379, 'etcd-client'],
  [2380, 'etcd-server'],
  [3306, 'mysql'],
  [5432, 'postgresql'],
  [6379, 'redis'],
  [8080, 'http-alt'],
  [10050, 'zabbix-agent'],
]);

/** Numbers of protocols. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['all', 0],
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
  ['ipv6-icmp', 58],
  ['sctp', 132],
]);

/** Types of ICMP messages that can be named. */
export const ICMP_TYPES: ReadonlyMap<string, number> = new Map([
  ['echo-reply', 0],
  ['destination-unreachable', 3],
  ['redirect', 5],
  ['echo-request', 8],
  ['time-exceeded', 11],
  ['any', 255],
]);

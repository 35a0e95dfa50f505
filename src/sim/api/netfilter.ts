/** What programs hand to iptables on the host they run on; rules are texts as iptables-restore reads them. */

/** A jump from one of the kernel's own chains into somebody's; put in front of the rules that are there, unless it is there already. */
export interface Jump {
  readonly table: NetfilterTable;
  readonly from: string;
  readonly to: string;
  /** The whole rule, without `-A CHAIN`. */
  readonly rule: string;
}

export type NetfilterTable = 'filter' | 'nat' | 'mangle';

/** Rules without `-A CHAIN`. Known by identity: who gives the same array means the same rules. */
export type RuleLines = readonly string[];

/** One run of iptables-restore --noflush, all or nothing, with what its caller would run `iptables` and `sysctl` for around it. */
export interface NetfilterChange {
  readonly tables: Readonly<Partial<Record<NetfilterTable, TableChange>>>;
  /** Chains are made and jumps put in front, where they are missing. */
  readonly jumps?: readonly Jump[] | undefined;
  /** Jumps to take out first. */
  readonly unlink?: readonly Jump[] | undefined;
  readonly sysctls?: Readonly<Record<string, number>> | undefined;
  /** UDP connections to these addresses that do not go to one of these endpoints are forgotten. */
  readonly udpServices?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

export interface TableChange {
  readonly chains: ReadonlyMap<string, RuleLines>;
  readonly deleted?: readonly string[] | undefined;
  /** Chains whose name matches and which are not in `chains` are deleted; a regular expression. */
  readonly deletedUnlessGiven?: string | undefined;
}

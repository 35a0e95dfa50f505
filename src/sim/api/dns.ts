/** Questions to a name server (port 53) and its answers, as data. */
export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'SRV' | 'TXT' | 'NS' | 'HINFO';

export interface DnsQuestion {
  /** Absolute, without the final dot: `kubernetes.default.svc.cluster.local`. */
  readonly name: string;
  readonly type: DnsType;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: DnsType;
  readonly ttlSeconds: number;
  /** An address, a name, or `priority weight port name`. */
  readonly data: string;
}

export interface DnsAnswer {
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
}

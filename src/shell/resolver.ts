/** Names on a machine: /etc/hosts first, then the name servers of /etc/resolv.conf, asked over the network. */
import type { DnsAnswer, DnsQuestion, DnsType } from '../sim/api/dns.ts';
import type { CommandIo } from './command.ts';

export interface ResolverConfig {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
}

export type Lookup =
  | { readonly ok: true; readonly name: string; readonly answer: DnsAnswer; readonly server: string }
  | { readonly ok: false; readonly error: 'timeout' | 'refused' | 'none'; readonly server: string };

const TIMEOUT_MS = 5_000;

function fileOf(io: CommandIo, path: string): string {
  return io.gateway.world.kernel.state.hosts.get(io.host)?.files.get(path)?.content ?? '';
}

export function resolverOf(io: CommandIo): ResolverConfig {
  const text = fileOf(io, '/etc/resolv.conf');
  return {
    nameservers: [...text.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1] ?? ''),
    search: (/^search\s+(.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((word) => word !== '' && word !== '.'),
    ndots: Number(/ndots:(\d+)/.exec(text)?.[1] ?? 1),
  };
}

export function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** An address as it stands, from /etc/hosts, or from the name servers; undefined when nobody knows. */
export async function addressFor(io: CommandIo, name: string): Promise<string | undefined> {
  if (isAddress(name)) return name;
  if (name === 'localhost') return '127.0.0.1';
  for (const line of fileOf(io, '/etc/hosts').split('\n')) {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isAddress(ip) && names.includes(name)) return ip;
  }
  const { nameservers } = resolverOf(io);
  const [server] = nameservers;
  if (server === undefined) return undefined;
  for (const candidate of searchNames(io, name)) {
    const found = await ask(io, server, { name: candidate, type: 'A' });
    if (!found.ok) return undefined;
    const record = found.answer.answers.find(({ type }) => type === 'A');
    if (record !== undefined) return record.data;
  }
  return undefined;
}

/** Names in the order in which a resolver tries them. */
export function searchNames(io: CommandIo, name: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const { search, ndots } = resolverOf(io);
  const longer = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...longer] : [...longer, name];
}

/** One question to one server: three tries, as a resolver makes. */
export async function ask(io: CommandIo, server: string, question: DnsQuestion, port = 53, tries = 3): Promise<Lookup> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const answer = await io.gateway.call(`${server}:${port}`, question, {
      host: io.host,
      timeoutMs: TIMEOUT_MS,
      signal: io.signal,
      protocol: 'udp',
    });
    if (answer.ok) return { ok: true, name: question.name, answer: answer.body as DnsAnswer, server };
    if (/refused/.test(answer.error)) return { ok: false, error: 'refused', server };
    if (io.signal.aborted) break;
  }
  return { ok: false, error: 'timeout', server };
}

export function reverseName(ip: string): string {
  return `${ip.split('.').reverse().join('.')}.in-addr.arpa`;
}

export const DNS_TYPES: readonly DnsType[] = ['A', 'AAAA', 'CNAME', 'PTR', 'SRV', 'TXT', 'NS'];

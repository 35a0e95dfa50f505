/** `nslookup`, `dig`, `host`, `getent hosts`: questions to name servers. */
import type { DnsRecord, DnsType } from '../../sim/api/dns.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';
import { addressFor, ask, DNS_TYPES, isAddress, resolverOf, reverseName, searchNames } from '../resolver.ts';

const nslookup: ShellCommand = {
  name: 'nslookup',
  async run(args, io) {
    let type: DnsType = 'A';
    const words: string[] = [];
    for (const word of args) {
      const given = /^-(?:type|query|q|ty)=(\w+)$/i.exec(word)?.[1]?.toUpperCase();
      if (given !== undefined) type = typeOf(given) ?? 'A';
      else if (!word.startsWith('-')) words.push(word);
    }
    const [name, serverName] = words;
    if (name === undefined) return fail(io, 'not simulated: nslookup without a name', 64);
    const server = serverName === undefined ? resolverOf(io).nameservers[0] : await addressFor(io, serverName);
    if (server === undefined) return fail(io, `nslookup: couldn't get address for '${serverName ?? ''}': not found`);
    const names = isAddress(name) ? [reverseName(name)] : searchNames(io, name);
    const wanted = isAddress(name) ? 'PTR' : type;
    let last = { code: 'NXDOMAIN', name };
    for (const candidate of names) {
      const found = await ask(io, server, { name: candidate, type: wanted });
      if (!found.ok) {
        const problem = found.error === 'refused' ? 'connection refused' : 'timed out';
        io.stdout(
          `${`;; communications error to ${server}#53: ${problem}\n`.repeat(3)};; no servers could be reached\n\n`,
        );
        return 1;
      }
      last = { code: found.answer.code, name: candidate };
      if (found.answer.answers.length === 0) continue;
      io.stdout(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
      if (!found.answer.authoritative && wanted !== 'PTR') io.stdout('Non-authoritative answer:\n');
      io.stdout(`${found.answer.answers.map(lookupText).join('')}\n`);
      return 0;
    }
    const why = last.code === 'NOERROR' ? 'No answer' : last.code;
    io.stdout(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
    io.stdout(
      why === 'No answer'
        ? `*** Can't find ${name}: No answer\n\n`
        : `** server can't find ${isAddress(name) ? last.name : name}: ${why}\n\n`,
    );
    return 1;
  },
};

function lookupText({ name, type, data }: DnsRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${data}\n`;
    case 'PTR':
      return `${name}\tname = ${data}.\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${data}.\n`;
    case 'SRV':
      return `${name}\tservice = ${data}.\n`;
    default:
      return `${name}\t${type.toLowerCase()} = ${data}\n`;
  }
}

const dig: ShellCommand = {
  name: 'dig',
  async run(args, io) {
    let server = resolverOf(io).nameservers[0] ?? '127.0.0.1';
    let type: DnsType = 'A';
    let name = '.';
    let port = 53;
    let tries = 3;
    let isShort = false;
    let useSearch = false;
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      if (word.startsWith('@')) {
        const ip = await addressFor(io, word.slice(1));
        if (ip === undefined) return fail(io, `dig: couldn't get address for '${word.slice(1)}': not found`, 10);
        server = ip;
      } else if (word === '-t') type = typeOf(args[++i] ?? '') ?? type;
      else if (word === '-p') port = Number(args[++i] ?? 53);
      else if (word === '-x') {
        name = reverseName(args[++i] ?? '');
        type = 'PTR';
      } else if (word === '+short') isShort = true;
      else if (word === '+search') useSearch = true;
      else if (word.startsWith('+tries=')) tries = Number(word.slice(7)) || 1;
      else if (word.startsWith('+') || word.startsWith('-')) continue;
      else if (typeOf(word) !== undefined) type = typeOf(word) ?? type;
      else if (word !== 'IN') name = word;
    }
    if (!isShort) io.stdout(`\n; <<>> DiG 9.20.11-4-Debian <<>> ${args.join(' ')}\n`);
    for (const candidate of useSearch ? searchNames(io, name) : [name.replace(/\.$/, '')]) {
      const began = io.gateway.world.now;
      const found = await ask(io, server, { name: candidate, type }, port, tries);
      if (!found.ok) {
        const problem = found.error === 'refused' ? 'connection refused' : 'timed out';
        io.stdout(
          `${`;; communications error to ${server}#${port}: ${problem}\n`.repeat(3)}\n;; no servers could be reached\n`,
        );
        return 9;
      }
      const { code, answers, authoritative } = found.answer;
      if (useSearch && code === 'NXDOMAIN') continue;
      if (isShort) {
        io.stdout(
          answers.map(({ type: kind, data }) => `${data}${['A', 'AAAA', 'TXT'].includes(kind) ? '' : '.'}\n`).join(''),
        );
        return 0;
      }
      const flags = ['qr', ...(authoritative ? ['aa'] : []), 'rd', 'ra'].join(' ');
      io.stdout(
        `;; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${code}, id: ${1_000 + (began % 60_000)}\n;; flags: ${flags}; QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n;${candidate}.\t\tIN\t${type}\n`,
      );
      if (answers.length > 0)
        io.stdout(
          `\n;; ANSWER SECTION:\n${answers.map((record) => `${record.name}.\t${record.ttlSeconds}\tIN\t${record.type}\t${record.data}${['A', 'AAAA', 'TXT'].includes(record.type) ? '' : '.'}\n`).join('')}`,
        );
      io.stdout(
        `\n;; Query time: ${Math.round((io.gateway.world.now - began) / 1_000)} msec\n;; SERVER: ${server}#${port}(${server}) (UDP)\n;; WHEN: ${formatDate(io.gateway.now(io.host), '%a %b %d %H:%M:%S UTC %Y')}\n;; MSG SIZE  rcvd: ${64 + answers.length * 32}\n\n`,
      );
      return 0;
    }
    return 0;
  },
};

const host: ShellCommand = {
  name: 'host',
  async run(args, io) {
    const [name = '', given] = args.filter((word) => !word.startsWith('-'));
    const server =
      given === undefined ? (resolverOf(io).nameservers[0] ?? '') : ((await addressFor(io, given)) ?? given);
    for (const candidate of isAddress(name) ? [reverseName(name)] : searchNames(io, name)) {
      const found = await ask(io, server, { name: candidate, type: isAddress(name) ? 'PTR' : 'A' });
      if (!found.ok) return fail(io, ';; communications error: no servers could be reached');
      if (found.answer.answers.length === 0) continue;
      io.stdout(
        found.answer.answers
          .map(({ name: owner, type, data }) =>
            type === 'PTR' ? `${owner} domain name pointer ${data}.\n` : `${owner} has address ${data}\n`,
          )
          .join(''),
      );
      return 0;
    }
    io.stdout(`Host ${name} not found: 3(NXDOMAIN)\n`);
    return 1;
  },
};

const getent: ShellCommand = {
  name: 'getent',
  async run(args, io) {
    const [database, name = ''] = args;
    if (database !== 'hosts' && database !== 'ahosts') return fail(io, `not simulated: getent ${database ?? ''}`, 64);
    const ip = await addressFor(io, name);
    if (ip === undefined) return 2;
    io.stdout(`${ip.padEnd(16)}${name}\n`);
    return 0;
  },
};

function typeOf(text: string): DnsType | undefined {
  return DNS_TYPES.find((type) => type === text.toUpperCase());
}

export const nameCommands: readonly ShellCommand[] = [nslookup, dig, host, getent];

export type { CommandIo };

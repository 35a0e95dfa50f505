/** Reads a rule as it is written on the command line of iptables or in the input of iptables-restore. */
import {
  type Match,
  type NameMatch,
  type NetMatch,
  type PortMatch,
  PROTOCOLS,
  type RecentMatch,
  type Rule,
  type TypeMatch,
} from './iptables-rule.ts';
import {
  ADDRESS_TYPES,
  bitMark,
  checkComplete,
  type Draft,
  deepFreeze,
  flags,
  freshMatch,
  freshTarget,
  icmpType,
  masked,
  natRange,
  number,
  port,
  RuleError,
  readNet,
  states,
} from './iptables-values.ts';

export type Parsed = { readonly ok: true; readonly rule: Rule } | { readonly ok: false; readonly error: string };

const lines = new Map<string, Parsed>();
const LINES_KEPT = 200_000;

/** Reads `-m comment … -j …` (without `-A CHAIN`). The same text always gives the same (frozen) rule. */
export function parseRuleText(text: string): Parsed {
  let parsed = lines.get(text);
  if (parsed === undefined) {
    if (lines.size >= LINES_KEPT) lines.clear();
    parsed = parseRule(splitWords(text));
    lines.set(text, parsed);
  }
  return parsed;
}

/** Reads the words of a rule, quotes already removed. */
export function parseRule(words: readonly string[]): Parsed {
  try {
    return { ok: true, rule: new Reader(words).read() };
  } catch (error) {
    if (error instanceof RuleError) return { ok: false, error: error.message };
    throw error;
  }
}

/** Splits a line at blanks; double and single quotes keep blanks, a backslash keeps a quote. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let started = false;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && i + 1 < line.length) word += line[++i];
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      started = true;
    } else if (character === ' ' || character === '\t' || character === '\n') {
      if (started) words.push(word);
      word = '';
      started = false;
    } else {
      word += character;
      started = true;
    }
  }
  if (started) words.push(word);
  return words;
}

class Reader {
  private at = 0;
  private not = false;
  private readonly rule: Draft<Omit<Rule, 'matches'>> = {
    source: undefined,
    destination: undefined,
    inInterface: undefined,
    outInterface: undefined,
    protocol: undefined,
    target: undefined,
  };
  private readonly matches: Draft<Match>[] = [];

  constructor(private readonly words: readonly string[]) {}

  read(): Rule {
    while (this.at < this.words.length) {
      const option = this.words[this.at++]!;
      if (option === '!') {
        this.not = true;
        continue;
      }
      if (!option.startsWith('-')) throw new RuleError(`Bad argument \`${option}'`);
      this.option(option);
      this.not = false;
    }
    for (const match of this.matches) checkComplete(match);
    if (this.rule.target?.target === 'DNAT' && this.rule.target.ip === '' && this.rule.target.port === undefined)
      throw new RuleError('DNAT: option "--to-destination" must be specified\n');
    if (this.rule.target?.target === 'SNAT' && this.rule.target.ip === '')
      throw new RuleError('SNAT: option "--to-source" must be specified\n');
    return deepFreeze({ ...this.rule, matches: this.matches.map((match) => ({ ...match }) as Match) });
  }

  private option(option: string): void {
    const { rule } = this;
    switch (option) {
      case '-s':
      case '--source':
      case '--src':
        rule.source = this.net();
        return;
      case '-d':
      case '--destination':
      case '--dst':
        rule.destination = this.net();
        return;
      case '-i':
      case '--in-interface':
        rule.inInterface = this.name();
        return;
      case '-o':
      case '--out-interface':
        rule.outInterface = this.name();
        return;
      case '-p':
      case '--protocol':
      case '--proto':
        rule.protocol = this.protocol();
        return;
      case '-m':
      case '--match':
        this.load(this.value(option));
        return;
      case '-j':
      case '--jump':
        this.jump(this.value(option), false);
        return;
      case '-g':
      case '--goto':
        this.jump(this.value(option), true);
        return;
      case '-c':
      case '--set-counters':
        this.value(option);
        this.value(option);
        return;
      default:
        if (this.targetOption(option) || this.matchOption(option)) return;
        if (this.loadForProtocol() && this.matchOption(option)) return;
        throw new RuleError(`unknown option "${option}"`);
    }
  }

  private value(option: string): string {
    const word = this.words[this.at++];
    if (word === undefined) throw new RuleError(`option "${option}" requires an argument`);
    return word;
  }

  /** The value, where `! ` may also stand behind the option, as it was written long ago. */
  private notOr(option: string): string {
    const word = this.value(option);
    if (word !== '!') return word;
    this.not = true;
    return this.value(option);
  }

  private net(): NetMatch | undefined {
    const text = this.notOr(this.words[this.at - 1]!);
    const net = readNet(text);
    if (net === undefined) throw new RuleError(`host/network \`${text}' not found`);
    return { cidr: net, not: this.not };
  }

  private name(): NameMatch {
    return { name: this.notOr(this.words[this.at - 1]!), not: this.not };
  }

  private protocol(): NameMatch | undefined {
    const text = this.notOr(this.words[this.at - 1]!).toLowerCase();
    let name: string | undefined = PROTOCOLS.has(text) ? text : undefined;
    for (const [known, number] of PROTOCOLS) if (String(number) === text) name = known;
    if (text === 'icmpv6') name = 'ipv6-icmp';
    if (name === undefined) throw new RuleError(`unknown protocol "${text}" specified`);
    return name === 'all' ? undefined : { name, not: this.not };
  }

  private jump(name: string, goto: boolean): void {
    this.rule.target = goto ? { target: 'jump', chain: name, goto: true } : freshTarget(name);
  }

  private load(name: string): void {
    const match = freshMatch(name);
    if (match === undefined) throw new RuleError(`Couldn't load match \`${name}':No such file or directory\n`);
    this.matches.push(match);
  }

  /** `-p tcp --dport 80` means `-p tcp -m tcp --dport 80`. */
  private loadForProtocol(): boolean {
    const name = this.rule.protocol?.name;
    if (name !== 'tcp' && name !== 'udp' && name !== 'sctp' && name !== 'icmp') return false;
    if (this.matches.some((match) => match.match === name)) return false;
    this.load(name);
    return true;
  }

  private matchOption(option: string): boolean {
    for (let i = this.matches.length - 1; i >= 0; i--) if (this.setMatch(this.matches[i]!, option)) return true;
    return false;
  }

  private setMatch(match: Draft<Match>, option: string): boolean {
    switch (match.match) {
      case 'tcp':
      case 'udp':
      case 'sctp':
        if (option === '--dport' || option === '--destination-port') match.destinationPort = this.ports();
        else if (option === '--sport' || option === '--source-port') match.sourcePort = this.ports();
        else if (match.match === 'tcp' && option === '--syn')
          match.flags = { mask: ['FIN', 'SYN', 'RST', 'ACK'], set: ['SYN'], not: this.not };
        else if (match.match === 'tcp' && option === '--tcp-flags')
          match.flags = { mask: flags(this.value(option)), set: flags(this.value(option)), not: this.not };
        else return false;
        return true;
      case 'icmp':
        if (option !== '--icmp-type') return false;
        match.type = icmpType(this.value(option));
        match.not = this.not;
        return true;
      case 'comment':
        if (option !== '--comment') return false;
        match.comment = this.value(option);
        if (match.comment.length > 255) throw new RuleError('COMMENT must be shorter than 256 characters');
        return true;
      case 'conntrack':
      case 'state':
        if (option !== (match.match === 'state' ? '--state' : '--ctstate')) return false;
        match.states = states(this.value(option));
        match.not = this.not;
        return true;
      case 'mark': {
        if (option !== '--mark') return false;
        const [value, mask] = masked(this.value(option));
        Object.assign(match, { value, mask, not: this.not });
        return true;
      }
      case 'addrtype':
        if (option === '--src-type') match.source = this.types(option);
        else if (option === '--dst-type') match.destination = this.types(option);
        else return false;
        return true;
      case 'statistic':
        return this.statistic(match, option);
      case 'recent':
        return this.recent(match, option);
      case 'nfacct':
        if (option !== '--nfacct-name') return false;
        match.name = this.value(option);
        return true;
      case 'multiport':
        return this.multiport(match, option);
    }
  }

  private statistic(match: Draft<Extract<Match, { match: 'statistic' }>>, option: string): boolean {
    if (option === '--mode') {
      const mode = this.value(option);
      if (mode !== 'random') throw new RuleError(`Bad mode "${mode}"`);
      return true;
    }
    if (option !== '--probability') return false;
    const text = this.value(option);
    const probability = Number(text);
    if (!(probability >= 0 && probability <= 1))
      throw new RuleError('statistic: bad value for option "--probability", or out of range (0-1).\n');
    // The kernel keeps 31 bits of it.
    match.probability = Math.round(probability * 0x80000000) / 0x80000000;
    match.not = this.not;
    return true;
  }

  private recent(match: Draft<RecentMatch>, option: string): boolean {
    switch (option) {
      case '--set':
      case '--rcheck':
      case '--update':
      case '--remove':
        match.action =
          option === '--set' ? 'set' : option === '--rcheck' ? 'rcheck' : option === '--update' ? 'update' : 'remove';
        match.not = this.not;
        return true;
      case '--name':
        match.name = this.value(option);
        return true;
      case '--seconds':
        match.seconds = Number(this.value(option));
        return true;
      case '--hitcount':
        match.hits = Number(this.value(option));
        return true;
      case '--reap':
        match.reap = true;
        return true;
      case '--rsource':
        return true;
      case '--mask':
        this.value(option);
        return true;
      default:
        return false;
    }
  }

  private multiport(match: Draft<Extract<Match, { match: 'multiport' }>>, option: string): boolean {
    const which = option.replace(/^--/, '');
    if (which !== 'sports' && which !== 'dports' && which !== 'ports') return false;
    const protocol = this.rule.protocol?.name;
    if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
      throw new RuleError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
    match.which = which;
    match.not = this.not;
    match.ports = this.value(option)
      .split(',')
      .map((part) => {
        const [low = '', high = low] = part.split(':');
        return { low: port(low), high: port(high) };
      });
    return true;
  }

  private ports(): PortMatch {
    const [low = '', high = low] = this.notOr(this.words[this.at - 1]!).split(':');
    return { low: low === '' ? 0 : port(low), high: high === '' ? 65535 : port(high), not: this.not };
  }

  private types(option: string): TypeMatch {
    const types = this.value(option).toUpperCase().split(',');
    for (const type of types) if (!ADDRESS_TYPES.includes(type)) throw new RuleError(`addrtype: bad type "${type}"`);
    return { types: ADDRESS_TYPES.filter((type) => types.includes(type)), not: this.not };
  }

  private targetOption(option: string): boolean {
    const { target } = this.rule;
    switch (target?.target) {
      case 'REJECT':
        if (option !== '--reject-with') return false;
        this.rule.target = { target: 'REJECT', with: this.value(option) };
        return true;
      case 'DNAT':
      case 'SNAT': {
        if (option === '--random' || option === '--random-fully' || option === '--persistent') return true;
        if (option !== (target.target === 'DNAT' ? '--to-destination' : '--to-source')) return false;
        this.rule.target = { target: target.target, ...natRange(this.value(option)) };
        return true;
      }
      case 'REDIRECT':
        if (option !== '--to-ports') return false;
        this.rule.target = { target: 'REDIRECT', port: port(this.value(option)) };
        return true;
      case 'MASQUERADE':
        if (option !== '--random-fully' && option !== '--random') return false;
        this.rule.target = { target: 'MASQUERADE', randomFully: true };
        return true;
      case 'MARK': {
        const [value, mask] = /^--(set-mark|set-xmark)$/.test(option) ? masked(this.value(option)) : [0, 0];
        if (option === '--set-xmark') this.rule.target = { target: 'MARK', value, mask };
        else if (option === '--set-mark') this.rule.target = { target: 'MARK', value, mask: (mask | value) >>> 0 };
        else if (/^--(or|xor|and)-mark$/.test(option)) this.rule.target = bitMark(option, number(this.value(option)));
        else return false;
        return true;
      }
      case 'LOG':
        if (option === '--log-prefix') this.rule.target = { ...target, prefix: this.value(option) };
        else if (option === '--log-level') this.rule.target = { ...target, level: Number(this.value(option)) };
        else return false;
        return true;
      default:
        return false;
    }
  }
}

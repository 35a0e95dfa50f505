/** The programs `iptables`, `iptables-save` and `iptables-restore`: arguments in, text and exit status out. */
import {
  appendRule,
  deleteChain,
  deleteRuleAt,
  findRule,
  flush,
  HOOK_CHAINS,
  insertRule,
  isTableName,
  missingTarget,
  type Netfilter,
  newChain,
  packetsOf,
  type Refusal,
  referencesTo,
  renameChain,
  replaceRule,
  setPolicy,
  type TableName,
  tableOf,
  zeroCounters,
} from './iptables.ts';
import { parseRule } from './iptables-parse.ts';
import { type ListOptions, listHeading, listRule, printRule } from './iptables-print.ts';
import type { Rule } from './iptables-rule.ts';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export const IPTABLES_VERSION = 'v1.8.9 (nf_tables)';

const PACKET_BYTES = 60;
const HINT = "Try `iptables -h' or 'iptables --help' for more information.\n";

/** @param args without the program's name */
export function iptables(netfilter: Netfilter, args: readonly string[]): CommandResult {
  const read = readArguments(args);
  if ('exitCode' in read) return read;
  return run(netfilter, read);
}

interface Request {
  readonly table: TableName;
  readonly command: string;
  /** What stood behind the command, up to the next option. */
  readonly operands: readonly string[];
  readonly rule: readonly string[];
  readonly list: ListOptions;
}

const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['-A', 'A'],
  ['--append', 'A'],
  ['-C', 'C'],
  ['--check', 'C'],
  ['-D', 'D'],
  ['--delete', 'D'],
  ['-I', 'I'],
  ['--insert', 'I'],
  ['-R', 'R'],
  ['--replace', 'R'],
  ['-L', 'L'],
  ['--list', 'L'],
  ['-S', 'S'],
  ['--list-rules', 'S'],
  ['-F', 'F'],
  ['--flush', 'F'],
  ['-Z', 'Z'],
  ['--zero', 'Z'],
  ['-N', 'N'],
  ['--new', 'N'],
  ['--new-chain', 'N'],
  ['-X', 'X'],
  ['--delete-chain', 'X'],
  ['-P', 'P'],
  ['--policy', 'P'],
  ['-E', 'E'],
  ['--rename-chain', 'E'],
]);

const NEEDS_CHAIN = 'ACDIRNPE';
const ONE_OPERAND = 'ACFNX';

function isOperand(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith('-') && word !== '!';
}

function readArguments(args: readonly string[]): Request | CommandResult {
  let table: TableName = 'filter';
  let command = '';
  const operands: string[] = [];
  const rule: string[] = [];
  const list = { numeric: false, verbose: false, lineNumbers: false };
  const words = args.flatMap(splitCluster);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const known = COMMANDS.get(word);
    if (known !== undefined && rule.length === 0) {
      if (command !== '') return usage(`Cannot use -${known} with -${command}`);
      command = known;
      const most = ONE_OPERAND.includes(command) ? 1 : 2;
      while (operands.length < most && isOperand(words[i + 1])) operands.push(words[++i]!);
      if (isOperand(words[i + 1])) return usage(`Bad argument \`${words[i + 1]}'`);
      if (operands.length === 0 && NEEDS_CHAIN.includes(command)) return usage(`option "${word}" requires an argument`);
    } else if (word === '-t' || word === '--table') {
      const name = words[++i];
      if (name === undefined) return usage(`option "${word}" requires an argument`);
      if (!isTableName(name))
        return failure(
          3,
          `iptables ${IPTABLES_VERSION}: table '${name}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n`,
        );
      table = name;
    } else if (word === '-n' || word === '--numeric') list.numeric = true;
    else if (word === '-v' || word === '--verbose') list.verbose = true;
    else if (word === '-x' || word === '--exact' || word === '-4' || word === '--ipv4') continue;
    else if (word === '--line-numbers') list.lineNumbers = true;
    else if (word === '-w' || word === '--wait') {
      if (/^\d+$/.test(words[i + 1] ?? '')) i++;
    } else if (word === '-V' || word === '--version')
      return { stdout: `iptables ${IPTABLES_VERSION}\n`, stderr: '', exitCode: 0 };
    else if (word === '-h' || word === '--help') return { stdout: HELP, stderr: '', exitCode: 0 };
    else rule.push(word);
  }
  if (command === '') return usage(rule[0] === undefined ? 'no command specified' : `unknown option "${rule[0]}"`);
  return { table, command, operands, rule, list };
}

/** `-nvL` means `-n -v -L`. */
function splitCluster(word: string): string[] {
  return /^-[nvxLSFZ]{2,}$/.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word];
}

function run(netfilter: Netfilter, request: Request): CommandResult {
  const { table, command, operands } = request;
  const [chain = ''] = operands;
  switch (command) {
    case 'L':
    case 'S': {
      const { chains } = tableOf(netfilter, table);
      if (chain !== '' && !chains.has(chain))
        return failure(
          1,
          `iptables ${IPTABLES_VERSION}: chain \`${chain}' in table \`${table}' is incompatible, use 'nft' tool.\n`,
        );
      return success(command === 'L' ? list(netfilter, request) : printRules(netfilter, request));
    }
    case 'N':
      if (chain.length > 28) return usage(`chain name \`${chain}' too long (must be under 29 chars)`);
      return done(newChain(netfilter, table, chain));
    case 'X': {
      const { chains } = tableOf(netfilter, table);
      if (operands.length > 0) return done(deleteChain(netfilter, table, chain));
      for (const [name, { policy }] of [...chains]) {
        const refusal = policy === undefined ? deleteChain(netfilter, table, name) : undefined;
        if (refusal !== undefined) return done(refusal);
      }
      return success('');
    }
    case 'F':
      return done(flush(netfilter, table, operands[0]));
    case 'Z':
      zeroCounters(netfilter, table, operands[0]);
      return success('');
    case 'P': {
      const policy = operands[1];
      if (policy === undefined) return usage('-P requires a chain and a policy');
      if (policy !== 'ACCEPT' && policy !== 'DROP') return done("Bad policy name. Run `dmesg' for more information.");
      return done(setPolicy(netfilter, table, chain, policy));
    }
    case 'E':
      if (operands[1] === undefined) return usage('-E requires old-chain-name and new-chain-name');
      return done(renameChain(netfilter, table, chain, operands[1]));
    default:
      return edit(netfilter, request);
  }
}

function edit(netfilter: Netfilter, { table, command, operands, rule: words }: Request): CommandResult {
  const [chain = ''] = operands;
  if (command === 'D' && operands[1] !== undefined && words.length === 0) {
    const number = Number(operands[1]);
    if (!Number.isInteger(number) || number < 1) return usage(`Invalid rule number \`${operands[1]}'`);
    return done(deleteRuleAt(netfilter, table, chain, number - 1));
  }
  const parsed = parseRule(words);
  if (!parsed.ok) return usage(parsed.error);
  const wrong = wrongPlace(netfilter, table, chain, parsed.rule);
  if (wrong !== undefined) return usage(wrong);
  const { rule } = parsed;
  switch (command) {
    case 'A':
      return done(appendRule(netfilter, table, chain, rule));
    case 'I':
      return done(insertRule(netfilter, table, chain, (Number(operands[1] ?? 1) || 1) - 1, rule));
    case 'R':
      if (operands[1] === undefined) return usage('-R requires a rule number');
      return done(replaceRule(netfilter, table, chain, Number(operands[1]) - 1, rule));
    default: {
      const at = findRule(netfilter, table, chain, rule);
      if (at < 0) return done('Bad rule (does a matching rule exist in that chain?).');
      return command === 'C' ? success('') : done(deleteRuleAt(netfilter, table, chain, at));
    }
  }
}

/** Targets of the nat table, and the hooks from which they work. */
const NAT_HOOKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['DNAT', ['PREROUTING', 'OUTPUT']],
  ['REDIRECT', ['PREROUTING', 'OUTPUT']],
  ['SNAT', ['INPUT', 'POSTROUTING']],
  ['MASQUERADE', ['POSTROUTING']],
]);

/** What iptables itself or the kernel finds wrong with a rule in this chain. */
function wrongPlace(netfilter: Netfilter, table: TableName, chain: string, rule: Rule): string | undefined {
  const target = missingTarget(netfilter, table, rule);
  if (target !== undefined) return `Chain '${target}' does not exist`;
  if (rule.outInterface !== undefined && (chain === 'INPUT' || chain === 'PREROUTING'))
    return `Can't use -o with ${chain}\n`;
  if (rule.inInterface !== undefined && (chain === 'OUTPUT' || chain === 'POSTROUTING'))
    return `Can't use -i with ${chain}\n`;
  const name = rule.target?.target ?? '';
  const hooks = NAT_HOOKS.get(name);
  const misplaced =
    hooks !== undefined && (table !== 'nat' || (HOOK_CHAINS.nat.includes(chain) && !hooks.includes(chain)));
  if (misplaced || (name === 'REJECT' && table !== 'filter'))
    return ` RULE_APPEND failed (Invalid argument): rule in chain ${chain}`;
  return undefined;
}

/* ------------------------------------------------------------------ showing */

function list(netfilter: Netfilter, { table, operands, list: options }: Request): string {
  const parts: string[] = [];
  for (const [name, chain] of chainsInOrder(netfilter, table)) {
    if (operands[0] !== undefined && operands[0] !== name) continue;
    const packets = packetsOf(netfilter, table, name, chain.rules.length);
    const counted = options.verbose ? ` ${packets} packets, ${packets * PACKET_BYTES} bytes` : '';
    const head =
      chain.policy === undefined
        ? `Chain ${name} (${referencesTo(netfilter, table, name)} references)\n`
        : `Chain ${name} (policy ${chain.policy}${counted})\n`;
    const rules = chain.rules.map(
      (rule, i) => `${listRule(rule, i + 1, packetsOf(netfilter, table, name, i), options)}\n`,
    );
    parts.push(`${head}${listHeading(options)}\n${rules.join('')}`);
  }
  return parts.join('\n');
}

function printRules(netfilter: Netfilter, { table, operands, list: { verbose } }: Request): string {
  const [only, number] = operands;
  const counters = (name: string, i: number) =>
    verbose ? counterText('-c ', packetsOf(netfilter, table, name, i), ' ') : '';
  let heads = '';
  let rules = '';
  for (const [name, chain] of chainsInOrder(netfilter, table)) {
    if (only !== undefined && only !== name) continue;
    const policyCounters = counters(name, chain.rules.length);
    if (number === undefined)
      heads +=
        chain.policy === undefined
          ? `-N ${name}\n`
          : `-P ${name} ${chain.policy}${policyCounters === '' ? '' : ` ${policyCounters}`}\n`;
    chain.rules.forEach((rule, i) => {
      if (number !== undefined && Number(number) !== i + 1) return;
      rules += `-A ${name} ${printRule(rule, counters(name, i))}`.trimEnd().concat('\n');
    });
  }
  return heads + rules;
}

function counterText(before: string, packets: number, between: string): string {
  return `${before}${packets}${between}${packets * PACKET_BYTES}`;
}

function chainsInOrder(netfilter: Netfilter, table: TableName) {
  const { chains } = tableOf(netfilter, table);
  const own = HOOK_CHAINS[table];
  const others = [...chains.keys()].filter((name) => !own.includes(name)).sort();
  return [...own, ...others].map((name) => [name, chains.get(name)!] as const);
}

/**
 * `iptables-save [-t table] [-c]`.
 * @param date as `date` prints it, for the comment lines
 */
export function iptablesSave(netfilter: Netfilter, args: readonly string[], date: string): CommandResult {
  const at = args.findIndex((arg) => arg === '-t' || arg === '--table');
  const only = at < 0 ? undefined : args[at + 1];
  const withCounters = args.includes('-c') || args.includes('--counters');
  if (only !== undefined) {
    if (!isTableName(only)) return failure(1, `Table \`${only}' does not exist\n`);
    tableOf(netfilter, only);
  }
  let text = '';
  for (const name of TABLE_ORDER) {
    if (!netfilter.tables.has(name) || (only !== undefined && only !== name)) continue;
    text += `# Generated by iptables-save ${IPTABLES_VERSION} on ${date}\n*${name}\n`;
    let rules = '';
    for (const [chain, { rules: own, policy }] of chainsInOrder(netfilter, name)) {
      const policyPackets = withCounters ? packetsOf(netfilter, name, chain, own.length) : 0;
      text += `:${chain} ${policy ?? '-'} [${counterText('', policyPackets, ':')}]\n`;
      own.forEach((rule, i) => {
        const counters = withCounters ? `[${counterText('', packetsOf(netfilter, name, chain, i), ':')}] ` : '';
        rules += `${counters}-A ${chain} ${printRule(rule)}`.trimEnd().concat('\n');
      });
    }
    text += `${rules}COMMIT\n# Completed on ${date}\n`;
  }
  return success(text);
}

const TABLE_ORDER: readonly TableName[] = ['mangle', 'raw', 'security', 'filter', 'nat'];

function success(stdout: string): CommandResult {
  return { stdout, stderr: '', exitCode: 0 };
}

function failure(exitCode: number, stderr: string): CommandResult {
  return { stdout: '', stderr, exitCode };
}

/** The kernel's answer. */
function done(refusal: Refusal): CommandResult {
  if (refusal === undefined) return success('');
  if (refusal.startsWith('v: ')) return failure(4, `iptables ${IPTABLES_VERSION}: ${refusal.slice(2)}\n`);
  return failure(1, `iptables: ${refusal}\n`);
}

/** iptables did not understand what was asked. */
function usage(error: string): CommandResult {
  if (error.startsWith(' ')) return failure(4, `iptables ${IPTABLES_VERSION}: ${error}\n`);
  if (error.startsWith('Bad argument')) return failure(2, `${error}\n${HINT}`);
  return failure(2, `iptables ${IPTABLES_VERSION}: ${error}\n${HINT}`);
}

const HELP = `iptables ${IPTABLES_VERSION}

Usage: iptables -[ACD] chain rule-specification [options]
       iptables -I chain [rulenum] rule-specification [options]
       iptables -R chain rulenum rule-specification [options]
       iptables -D chain rulenum [options]
       iptables -[LS] [chain [rulenum]] [options]
       iptables -[FZ] [chain] [options]
       iptables -[NX] chain
       iptables -E old-chain-name new-chain-name
       iptables -P chain target [options]
       iptables -h (print this help information)
`;

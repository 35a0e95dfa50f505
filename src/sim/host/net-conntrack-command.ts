/** The program `conntrack`: the table of tracked connections, as people look at it. */

import type { CommandResult } from './iptables-command.ts';
import { type Connection, type Conntrack, connections, forget } from './net-conntrack.ts';

const VERSION = 'v1.4.7 (conntrack-tools)';
const NUMBERS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132, icmp: 1 };

/** `-L`, `-S`, `-C`, `-D`, `-F`, with `-p`, `-s`/`--orig-src`, `-d`/`--orig-dst`, `--dport`/`--orig-port-dst`, `-r`/`--reply-src`. */
export function conntrackCommand(conntrack: Conntrack, args: readonly string[], nowUs: number): CommandResult {
  const filter = readFilter(args);
  if (filter === undefined) return failure('unknown option');
  const living = connections(conntrack).filter((connection) => connection.expiresUs > nowUs);
  const chosen = living.filter((connection) => isChosen(connection, filter));
  switch (filter.command) {
    case 'L':
      return {
        stdout: chosen.map((connection) => `${printConnection(connection, nowUs)}\n`).join(''),
        stderr: `conntrack ${VERSION}: ${chosen.length} flow entries have been shown.\n`,
        exitCode: 0,
      };
    case 'D':
      for (const connection of chosen) forget(conntrack, connection);
      if (chosen.length === 0)
        return { stdout: '', stderr: `conntrack ${VERSION}: 0 flow entries have been deleted.\n`, exitCode: 1 };
      return {
        stdout: chosen.map((connection) => `${printConnection(connection, nowUs)}\n`).join(''),
        stderr: `conntrack ${VERSION}: ${chosen.length} flow entries have been deleted.\n`,
        exitCode: 0,
      };
    case 'F':
      for (const connection of living) forget(conntrack, connection);
      return { stdout: '', stderr: `conntrack ${VERSION}: connection tracking table has been emptied.\n`, exitCode: 0 };
    case 'C':
      return { stdout: `${living.length}\n`, stderr: '', exitCode: 0 };
    case 'S':
      return {
        stdout: `cpu=0   \tfound=0 invalid=0 insert=0 insert_failed=${conntrack.insertFailed} drop=${conntrack.dropped} early_drop=0 error=0 search_restart=0 (null)=0 (null)=0 \n`,
        stderr: '',
        exitCode: 0,
      };
    default:
      return failure('you need to specify a command');
  }
}

interface Filter {
  command: string;
  protocol?: string;
  source?: string;
  destination?: string;
  port?: string;
  replySource?: string;
}

function readFilter(args: readonly string[]): Filter | undefined {
  const filter: Filter = { command: '' };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const command = /^-([LDFCS])$/.exec(word)?.[1] ?? /^--(dump|delete|flush|count|stats)$/.exec(word)?.[1];
    if (command !== undefined) {
      filter.command = { dump: 'L', delete: 'D', flush: 'F', count: 'C', stats: 'S' }[command] ?? command;
      if (args[i + 1] === 'conntrack') i++;
    } else if (word === '-p' || word === '--proto') filter.protocol = args[++i] ?? '';
    else if (word === '-s' || word === '--orig-src' || word === '--src') filter.source = args[++i] ?? '';
    else if (word === '-d' || word === '--orig-dst' || word === '--dst') filter.destination = args[++i] ?? '';
    else if (word === '--dport' || word === '--orig-port-dst') filter.port = args[++i] ?? '';
    else if (word === '-r' || word === '--reply-src') filter.replySource = args[++i] ?? '';
    else return undefined;
  }
  return filter;
}

function isChosen({ protocol, original, reply }: Connection, filter: Filter): boolean {
  return (
    (filter.protocol ?? protocol) === protocol &&
    (filter.source ?? original.source) === original.source &&
    (filter.destination ?? original.destination) === original.destination &&
    (filter.port ?? String(original.destinationPort)) === String(original.destinationPort) &&
    (filter.replySource ?? reply.source) === reply.source
  );
}

function printConnection(connection: Connection, nowUs: number): string {
  const { protocol, original, reply, tcpState, assured, expiresUs } = connection;
  const seconds = Math.ceil((expiresUs - nowUs) / 1_000_000);
  const tuple = (t: Connection['original']) =>
    `src=${t.source} dst=${t.destination} sport=${t.sourcePort} dport=${t.destinationPort}`;
  const state = tcpState === undefined ? '' : `${tcpState} `;
  const unreplied = assured ? '' : ' [UNREPLIED]';
  return `${protocol.padEnd(8)} ${NUMBERS[protocol] ?? 0} ${seconds} ${state}${tuple(original)}${unreplied} ${tuple(reply)}${assured ? ' [ASSURED]' : ''} mark=0 use=1`;
}

function failure(error: string): CommandResult {
  return {
    stdout: '',
    stderr: `conntrack ${VERSION}: ${error}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`,
    exitCode: 2,
  };
}

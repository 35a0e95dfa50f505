/**
 * `etcdctl` 3.6 and `etcdutl`: finds the command, reads its flags and ETCDCTL_* variables, runs it, ends as the real one does.
 * @source etcd:etcdctl/ctlv3/ctl.go, etcd:pkg/cobrautl/error.go
 */
import { type CommandIo, notSimulated, type ShellCommand } from '../command.ts';
import { type EtcdClient, openClient } from '../etcdctl/client.ts';
import { defrag, ENDPOINT_FLAGS, HASHKV_FLAGS, hashKv, health, moveLeader, status } from '../etcdctl/endpoints.ts';
import { EtcdctlError } from '../etcdctl/errors.ts';
import { COMPACTION_FLAGS, compaction, DEL_FLAGS, del, GET_FLAGS, get, PUT_FLAGS, put } from '../etcdctl/key-values.ts';
import { grant, KEEPALIVE_FLAGS, keepAlive, list, revoke, TIMETOLIVE_FLAGS, timeToLive } from '../etcdctl/leases.ts';
import {
  alarmDisarm,
  alarmList,
  MEMBER_ADD_FLAGS,
  MEMBER_LIST_FLAGS,
  MEMBER_UPDATE_FLAGS,
  memberAdd,
  memberList,
  memberPromote,
  memberRemove,
  memberUpdate,
  RESTORE_FLAGS,
  snapshotRestore,
  snapshotSave,
  snapshotStatus,
} from '../etcdctl/members.ts';
import { type FlagSpec, GLOBAL_FLAGS, type Options, parseOptions } from '../etcdctl/options.ts';
import { TXN_FLAGS, txn } from '../etcdctl/transaction.ts';
import { WATCH_FLAGS, watch } from '../etcdctl/watch.ts';

interface EtcdCommand {
  readonly usage: string;
  readonly about: string;
  readonly flags: readonly FlagSpec[];
  run?(client: EtcdClient, options: Options, io: CommandIo): Promise<number>;
}

const command = (usage: string, about: string, flags: readonly FlagSpec[], run?: EtcdCommand['run']): EtcdCommand => ({
  usage,
  about,
  flags,
  ...(run === undefined ? {} : { run }),
});

const commands: Readonly<Record<string, EtcdCommand>> = {
  'alarm disarm': command('alarm disarm', 'Disarms all alarms', [], alarmDisarm),
  'alarm list': command('alarm list', 'Lists all alarms', [], alarmList),
  compaction: command(
    'compaction [options] <revision>',
    'Compacts the event history in etcd',
    COMPACTION_FLAGS,
    compaction,
  ),
  defrag: command('defrag', 'Defragments the storage of the etcd members with given endpoints', ENDPOINT_FLAGS, defrag),
  del: command(
    'del [options] <key> [range_end]',
    'Removes the specified key or range of keys [key, range_end)',
    DEL_FLAGS,
    del,
  ),
  'endpoint hashkv': command(
    'endpoint hashkv',
    'Prints the KV history hash for each endpoint in --endpoints',
    HASHKV_FLAGS,
    hashKv,
  ),
  'endpoint health': command(
    'endpoint health',
    'Checks the healthiness of endpoints specified in `--endpoints` flag',
    ENDPOINT_FLAGS,
    health,
  ),
  'endpoint status': command(
    'endpoint status',
    'Prints out the status of endpoints specified in `--endpoints` flag',
    ENDPOINT_FLAGS,
    status,
  ),
  get: command('get [options] <key> [range_end]', 'Gets the key or a range of keys', GET_FLAGS, get),
  'lease grant': command('lease grant <ttl>', 'Creates leases', [], grant),
  'lease keep-alive': command(
    'lease keep-alive [options] <leaseID>',
    'Keeps leases alive (renew)',
    KEEPALIVE_FLAGS,
    keepAlive,
  ),
  'lease list': command('lease list', 'List all active leases', [], list),
  'lease revoke': command('lease revoke <leaseID>', 'Revokes leases', [], revoke),
  'lease timetolive': command(
    'lease timetolive <leaseID> [options]',
    'Get lease information',
    TIMETOLIVE_FLAGS,
    timeToLive,
  ),
  'member add': command(
    'member add <memberName> [options]',
    'Adds a member into the cluster',
    MEMBER_ADD_FLAGS,
    memberAdd,
  ),
  'member list': command('member list', 'Lists all members in the cluster', MEMBER_LIST_FLAGS, memberList),
  'member promote': command(
    'member promote <memberID>',
    'Promotes a non-voting member in the cluster',
    [],
    memberPromote,
  ),
  'member remove': command('member remove <memberID>', 'Removes a member from the cluster', [], memberRemove),
  'member update': command(
    'member update <memberID> [options]',
    'Updates a member in the cluster',
    MEMBER_UPDATE_FLAGS,
    memberUpdate,
  ),
  'move-leader': command(
    'move-leader <transferee-member-id>',
    'Transfers leadership to another etcd cluster member.',
    [],
    moveLeader,
  ),
  put: command(
    'put [options] <key> <value> (<value> can also be given from stdin)',
    'Puts the given key into the store',
    PUT_FLAGS,
    put,
  ),
  'snapshot save': command(
    'snapshot save <filename>',
    'Stores an etcd node backend snapshot to a given file',
    [],
    snapshotSave,
  ),
  txn: command('txn [options]', 'Txn processes all the requests in one transaction', TXN_FLAGS, txn),
  version: command('version', 'Prints the version of etcdctl', []),
  watch: command(
    'watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]',
    'Watches events stream on keys or prefixes',
    WATCH_FLAGS,
    watch,
  ),
};

const NOT_SIMULATED = ['auth', 'check', 'completion', 'downgrade', 'elect', 'lock', 'make-mirror', 'role', 'user'];
const GROUPS = ['alarm', 'endpoint', 'lease', 'member', 'snapshot'];
const VERSION = 'etcdctl version: 3.6.8\nAPI version: 3.6\n';

export const etcdctl: ShellCommand = {
  name: 'etcdctl',
  async run(args, io) {
    const { name, rest } = findCommand(args);
    const found = commands[name];
    try {
      if (found === undefined) return noCommand(name, rest, io);
      const options = parseOptions(found.flags, rest, io);
      if (options.is('help')) {
        io.stdout(helpOf(found));
        return 0;
      }
      if (name === 'version') {
        io.stdout(VERSION);
        return 0;
      }
      return (await found.run?.(await openClient(io, options), options, io)) ?? 0;
    } catch (error) {
      if (!(error instanceof EtcdctlError)) throw error;
      return failed(error, found, io);
    }
  },
  complete(words) {
    const word = words.at(-1) ?? '';
    const before = words.slice(1, -1).filter((each) => !each.startsWith('-'));
    const names = word.startsWith('--')
      ? GLOBAL_FLAGS.concat(commands[before.join(' ')]?.flags ?? []).map(({ name }) => `--${name}`)
      : nextWords(before);
    return names.filter((each) => each.startsWith(word));
  },
};

export const etcdutl: ShellCommand = {
  name: 'etcdutl',
  on: 'controlPlanes',
  async run(args, io) {
    const [first = '', second = '', ...rest] = args.filter((word) => word !== '');
    try {
      if (first === 'version') {
        io.stdout('etcdutl version: 3.6.8\nAPI version: 3.6\n');
        return 0;
      }
      if (first === 'snapshot' && second === 'status') return await snapshotStatus(parseOptions([], rest, io), io);
      if (first === 'snapshot' && second === 'restore') {
        return await snapshotRestore(parseOptions(RESTORE_FLAGS, rest, io), io);
      }
      return notSimulated(io, `etcdutl ${[first, second].join(' ').trim()}`);
    } catch (error) {
      if (!(error instanceof EtcdctlError)) throw error;
      return failed(error, undefined, io);
    }
  },
};

function failed(error: EtcdctlError, found: EtcdCommand | undefined, io: CommandIo): number {
  if (error.exitCode === 64) {
    io.stderr(`${error.message}\n`);
    return 64;
  }
  io.stderr(`Error: ${error.message}\n`);
  if (error.withUsage && found !== undefined) {
    io.stdout(helpOf(found));
    io.stderr(`\nError: ${error.message}\n`);
  }
  return error.exitCode;
}

/** Flags may stand before the command and between its words. */
function findCommand(args: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  const names: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '--' || commands[names.join(' ')] !== undefined) {
      rest.push(...args.slice(i));
      break;
    }
    if (word.startsWith('-')) {
      rest.push(word);
      const spec = GLOBAL_FLAGS.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
      if (spec !== undefined && spec.kind !== 'switch' && args[i + 1] !== undefined) rest.push(args[++i] ?? '');
    } else names.push(word);
  }
  return { name: names.join(' '), rest };
}

function noCommand(name: string, rest: readonly string[], io: CommandIo): number {
  const [first = '', second] = name.split(' ');
  if (NOT_SIMULATED.includes(first)) return notSimulated(io, `etcdctl ${name}`);
  if (first === '' || first === 'help' || (GROUPS.includes(first) && second === undefined)) {
    void rest;
    io.stdout(overview(first === 'help' ? '' : first));
    return 0;
  }
  const path = GROUPS.includes(first) ? `etcdctl ${first}` : 'etcdctl';
  const unknown = GROUPS.includes(first) ? (second ?? '') : first;
  const text = `unknown command "${unknown}" for "${path}"`;
  io.stderr(`Error: ${text}\nRun '${path} --help' for usage.\nError: ${text}\n`);
  return 1;
}

function overview(group: string): string {
  const names = Object.keys(commands).filter((name) => group === '' || name.startsWith(`${group} `));
  const lines = names.map((name) => `\t${name.padEnd(20)}\t${commands[name]?.about}`);
  return `NAME:\n\tetcdctl - A simple command line client for etcd3.\n\nUSAGE:\n\tetcdctl [flags]\n\nVERSION:\n\t3.6.8\n\nAPI VERSION:\n\t3.6\n\n\nCOMMANDS:\n${lines.join('\n')}\n\nOPTIONS:\n${flagLines(GLOBAL_FLAGS)}`;
}

function helpOf({ usage, about, flags }: EtcdCommand): string {
  const own: readonly FlagSpec[] = [
    ...flags,
    { name: 'help', short: 'h', kind: 'switch', fallback: 'false', about: `help for ${usage.split(' ')[0]}` },
  ];
  const globals = GLOBAL_FLAGS.filter(({ name }) => name !== 'help');
  return `NAME:\n\t${usage.split(' [')[0]?.split(' <')[0]} - ${about}\n\nUSAGE:\n\tetcdctl ${usage} [flags]\n\nOPTIONS:\n${flagLines(own)}\nGLOBAL OPTIONS:\n${flagLines(globals)}\n`;
}

function flagLines(flags: readonly FlagSpec[]): string {
  const shown = flags.map((flag) => {
    const value =
      flag.kind === 'switch'
        ? `[=${flag.fallback}]`
        : flag.kind === 'number'
          ? `=${flag.fallback}`
          : `="${flag.fallback}"`;
    return {
      left: `${flag.short === undefined ? '     ' : `  -${flag.short},`} --${flag.name}${value}`,
      about: flag.about,
    };
  });
  const width = Math.max(...shown.map(({ left }) => left.length));
  return `${[...shown]
    .sort((a, b) => (a.left.slice(6) < b.left.slice(6) ? -1 : 1))
    .map(({ left, about }) => `${left.padEnd(width)}\t${about}`)
    .join('\n')}\n`;
}

function nextWords(before: readonly string[]): string[] {
  const names = [...Object.keys(commands), ...NOT_SIMULATED];
  const prefix = before.length === 0 ? '' : `${before.join(' ')} `;
  return [
    ...new Set(
      names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length).split(' ')[0] ?? ''),
    ),
  ].filter((name) => name !== '');
}

/** `etcdctl member …`, `alarm …`, `snapshot save|status`. */
import type { AlarmMember, EtcdMember } from '../../sim/api/etcd-maintenance.ts';
import { readSnapshot } from '../../sim/etcd/restore.ts';
import type { CommandIo } from '../command.ts';
import { resolvePath } from '../file-content.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, EtcdctlError } from './errors.ts';
import { unsupported } from './key-values.ts';
import type { FlagSpec, Options } from './options.ts';
import { decimalId, dense, fieldsHeader, humanBytes, jsonHeader, jsonId, table, toJson } from './print.ts';

export const MEMBER_LIST_FLAGS: readonly FlagSpec[] = [
  { name: 'consistency', kind: 'text', fallback: 'l', about: 'Linearizable(l) or Serializable(s)' },
];
export const MEMBER_ADD_FLAGS: readonly FlagSpec[] = [
  { name: 'learner', kind: 'switch', fallback: 'false', about: 'indicates if the new member is raft learner' },
  { name: 'peer-urls', kind: 'text', fallback: '', about: 'comma separated peer URLs for the new member.' },
];
export const MEMBER_UPDATE_FLAGS: readonly FlagSpec[] = [
  { name: 'peer-urls', kind: 'text', fallback: '', about: 'comma separated peer URLs for the updated member.' },
];

export async function memberList(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const linearizable = options.text('consistency') !== 's';
  const { header, members } = await client.must('MemberList', { method: 'MemberList', linearizable });
  switch (options.output) {
    case 'simple':
      for (const row of members.map(memberRow)) io.stdout(`${row.join(', ')}\n`);
      return 0;
    case 'table':
      io.stdout(table(['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'], members.map(memberRow)));
      return 0;
    case 'json':
      io.stdout(`${toJson({ header: jsonHeader({ ...header, revision: 0 }), members: members.map(memberJson) })}\n`);
      return 0;
    case 'fields':
      io.stdout(fieldsHeader({ ...header, revision: 0 }));
      for (const { id, name, peerUrls, clientUrls, isLearner } of members) {
        const urls = [
          ...peerUrls.map((url) => `"PeerURL" : "${url}"\n`),
          ...clientUrls.map((url) => `"ClientURL" : "${url}"\n`),
        ];
        io.stdout(`"ID" : ${decimalId(id)}\n"Name" : "${name}"\n${urls.join('')}"IsLearner" : ${isLearner}\n\n`);
      }
      return 0;
    default:
      throw unsupported(options.output);
  }
}

function memberRow({ id, name, peerUrls, clientUrls, isLearner }: EtcdMember): string[] {
  return [id, name === '' ? 'unstarted' : 'started', name, peerUrls.join(','), clientUrls.join(','), String(isLearner)];
}

function memberJson({ id, name, peerUrls, clientUrls, isLearner }: EtcdMember): Record<string, unknown> {
  return dense({ ID: jsonId(id), name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner });
}

function memberId(args: readonly string[], what: string): string {
  const [written = ''] = args;
  if (args.length !== 1)
    throw new EtcdctlError(
      what === 'update' || what === 'remove' || what === 'promote' ? 'member ID is not provided' : 'bad arguments',
      BAD_ARGS,
    );
  if (!/^[0-9a-fA-F]{1,16}$/.test(written)) {
    throw new EtcdctlError(
      `bad member ID arg (strconv.ParseUint: parsing "${written}": invalid syntax), expecting ID in Hex`,
      BAD_ARGS,
    );
  }
  return written.toLowerCase().replace(/^0+(?=.)/, '');
}

export async function memberAdd(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [name, ...more] = options.args;
  if (name === undefined) throw new EtcdctlError('member name not provided', BAD_ARGS);
  if (more.length > 0) {
    const hints = options.args
      .filter((word) => /^http/i.test(word))
      .map((word) => `, did you mean --peer-urls=${word}`);
    throw new EtcdctlError(`too many arguments${hints.join('')}`, BAD_ARGS);
  }
  const urls = options.text('peer-urls');
  if (urls === '') throw new EtcdctlError('member peer urls not provided', BAD_ARGS);
  const { header, member, members } = await client.must('MemberAdd', {
    method: 'MemberAdd',
    peerUrls: urls.split(','),
    isLearner: options.is('learner'),
  });
  if (options.output === 'json') {
    io.stdout(
      `${toJson({ header: jsonHeader(header), member: memberJson(member), members: members.map(memberJson) })}\n`,
    );
    return 0;
  }
  const all = members.flatMap((each) =>
    each.peerUrls.map((url) => `${each.id === member.id ? name : each.name}=${url}`),
  );
  io.stdout(`Member ${member.id.padStart(16)} added to cluster ${header.clusterId.padStart(16)}\n\n`);
  io.stdout(
    `ETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${all.join(',')}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${urls}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
  );
  return 0;
}

export async function memberRemove(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = memberId(options.args, 'remove');
  const { header } = await client.must('MemberRemove', { method: 'MemberRemove', id });
  io.stdout(`Member ${id.padStart(16)} removed from cluster ${header.clusterId.padStart(16)}\n`);
  return 0;
}

export async function memberUpdate(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = memberId(options.args, 'update');
  const urls = options.text('peer-urls');
  if (urls === '') throw new EtcdctlError('member peer urls not provided', BAD_ARGS);
  const { header } = await client.must('MemberUpdate', { method: 'MemberUpdate', id, peerUrls: urls.split(',') });
  io.stdout(`Member ${id.padStart(16)} updated in cluster ${header.clusterId.padStart(16)}\n`);
  return 0;
}

export async function memberPromote(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const id = memberId(options.args, 'promote');
  const { header } = await client.must('MemberPromote', { method: 'MemberPromote', id });
  io.stdout(`Member ${id.padStart(16)} promoted in cluster ${header.clusterId.padStart(16)}\n`);
  return 0;
}

export async function alarmList(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const { alarms } = await client.must('Alarm', { method: 'Alarm', action: 'GET', alarm: 'NONE' });
  io.stdout(alarmText(alarms, options));
  return 0;
}

export async function alarmDisarm(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const raised = await client.must('Alarm', { method: 'Alarm', action: 'GET', alarm: 'NONE' });
  const disarmed: AlarmMember[] = [];
  for (const { memberId: id, alarm } of raised.alarms) {
    const { alarms } = await client.must('Alarm', { method: 'Alarm', action: 'DEACTIVATE', memberId: id, alarm });
    disarmed.push(...alarms);
  }
  io.stdout(alarmText(disarmed, options));
  return 0;
}

function alarmText(alarms: readonly AlarmMember[], options: Options): string {
  const codes = { NONE: 0, NOSPACE: 1, CORRUPT: 2 };
  if (options.output === 'json') {
    return `${toJson(dense({ alarms: alarms.map(({ memberId: id, alarm }) => ({ memberID: jsonId(id), alarm: codes[alarm] })) }))}\n`;
  }
  return alarms.map(({ memberId: id, alarm }) => `memberID:${decimalId(id)} alarm:${alarm} \n`).join('');
}

export async function snapshotSave(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [path] = options.args;
  if (path === undefined || options.args.length !== 1)
    throw new EtcdctlError('snapshot save expects one argument <filename>', BAD_ARGS);
  if (client.endpoints.length !== 1) {
    throw new EtcdctlError(
      `snapshot must be requested to one selected node, not multiple [${client.endpoints.join(' ')}]`,
      5,
    );
  }
  const began = io.gateway.world.now;
  const log = (caller: string, msg: string, fields: Record<string, unknown>, logger?: string) => {
    const ts = `${new Date(io.gateway.now(io.host)).toISOString().replace('Z', '')}000Z`;
    io.stderr(
      `${JSON.stringify({ level: 'info', ts, ...(logger === undefined ? {} : { logger }), caller, msg, ...fields })}\n`,
    );
  };
  log('snapshot/v3_snapshot.go:83', 'created temporary db file', { path: `${path}.part` });
  const stream = client.stream('Snapshot', { method: 'Snapshot' });
  const first = await stream.next();
  if (first.done === true) throw new EtcdctlError(first.value === '' ? 'context canceled' : first.value, 5);
  await stream.return('');
  const { blob, sizeBytes, version } = first.value;
  const [endpoint = ''] = client.endpoints;
  log('v3@v3.6.8/maintenance.go:236', 'opened snapshot stream; downloading', {}, 'client');
  log('snapshot/v3_snapshot.go:96', 'fetching snapshot', { endpoint });
  log('v3@v3.6.8/maintenance.go:302', 'completed snapshot read; closing', {}, 'client');
  const took = `${((io.gateway.world.now - began) / 1e6).toFixed(6)}s`;
  log('snapshot/v3_snapshot.go:111', 'fetched snapshot', {
    endpoint,
    size: humanBytes(sizeBytes),
    took,
    'etcd-version': version,
  });
  try {
    await io.fs.writeFile(resolvePath(io.cwd, path), JSON.stringify(blob));
  } catch (error) {
    const why =
      error instanceof Error && error.message.startsWith('ENOSPC')
        ? 'no space left on device'
        : 'no such file or directory';
    throw new EtcdctlError(`could not open ${path}.part (open ${path}.part: ${why})`, 5);
  }
  log('snapshot/v3_snapshot.go:121', 'saved', { path });
  io.stdout(`Snapshot saved at ${path}\nServer version ${version}\n`);
  return 0;
}

/** Since 3.6 a command of etcdutl. */
export async function snapshotStatus(options: Options, io: CommandIo): Promise<number> {
  const [path] = options.args;
  if (path === undefined) throw new EtcdctlError('snapshot status requires exactly one argument', BAD_ARGS);
  const resolved = resolvePath(io.cwd, path);
  if (!(await io.fs.exists(resolved))) throw new EtcdctlError(`stat ${path}: no such file or directory`);
  const blob = readSnapshot(await io.fs.readFile(resolved));
  if (blob === undefined) throw new EtcdctlError(`invalid database`);
  const row = [
    blob.hash.toString(16),
    String(blob.revision),
    String(blob.totalKeys),
    humanBytes(blob.sizeBytes),
    '3.6.0',
  ];
  switch (options.output) {
    case 'table':
      io.stdout(table(['hash', 'revision', 'total keys', 'total size', 'version'], [row]));
      return 0;
    case 'json':
      io.stdout(
        `${JSON.stringify({ hash: blob.hash, revision: blob.revision, totalKey: blob.totalKeys, totalSize: blob.sizeBytes, version: '3.6.0' })}\n`,
      );
      return 0;
    case 'fields':
      io.stdout(
        `"Hash" : ${blob.hash}\n"Revision" : ${blob.revision}\n"Keys" : ${blob.totalKeys}\n"Size" : ${blob.sizeBytes}\n"Version" : "3.6.0"\n`,
      );
      return 0;
    default:
      io.stdout(`${row.join(', ')}\n`);
      return 0;
  }
}

export const RESTORE_FLAGS: readonly FlagSpec[] = [
  { name: 'data-dir', kind: 'text', fallback: '', about: 'Path to the output data directory' },
  { name: 'name', kind: 'text', fallback: 'default', about: 'Human-readable name for this member' },
  { name: 'initial-cluster', kind: 'text', fallback: '', about: 'Initial cluster configuration for restore bootstrap' },
  { name: 'initial-cluster-token', kind: 'text', fallback: 'etcd-cluster', about: 'Initial cluster token' },
  { name: 'initial-advertise-peer-urls', kind: 'text', fallback: '', about: "List of this member's peer URLs" },
  { name: 'wal-dir', kind: 'text', fallback: '', about: 'Path to the WAL directory' },
  { name: 'skip-hash-check', kind: 'switch', fallback: 'false', about: 'Ignore snapshot integrity hash value' },
  {
    name: 'bump-revision',
    kind: 'number',
    fallback: '0',
    about: 'How much to increase the latest revision after restore',
  },
  {
    name: 'mark-compacted',
    kind: 'switch',
    fallback: 'false',
    about: 'Mark the latest revision after restore as compacted',
  },
];

/** `etcdutl snapshot restore`: a new data directory with the snapshot's keys. */
export async function snapshotRestore(options: Options, io: CommandIo): Promise<number> {
  const [path] = options.args;
  if (path === undefined) throw new EtcdctlError('snapshot restore requires exactly one argument', BAD_ARGS);
  const file = resolvePath(io.cwd, path);
  if (!(await io.fs.exists(file))) throw new EtcdctlError(`stat ${path}: no such file or directory`);
  const directory = options.text('data-dir') || `${options.text('name')}.etcd`;
  const target = resolvePath(io.cwd, directory);
  if (await io.fs.exists(target)) throw new EtcdctlError(`data-dir "${directory}" not empty or could not be read`);
  const log = (caller: string, msg: string, fields: Record<string, unknown>) => {
    const ts = `${new Date(io.gateway.now(io.host)).toISOString().replace('Z', '')}000Z`;
    io.stderr(`${JSON.stringify({ level: 'info', ts, caller, msg, ...fields })}\n`);
  };
  const where = {
    path,
    'wal-dir': `${directory}/member/wal`,
    'data-dir': directory,
    'snap-dir': `${directory}/member/snap`,
  };
  log('snapshot/v3_snapshot.go:304', 'restoring snapshot', where);
  const restore = { bumpRevision: options.number('bump-revision'), markCompacted: options.is('mark-compacted') };
  const result = io.gateway.inject({ type: 'restore-etcd', host: io.host, file, path: target, options: restore });
  if (!result.ok) throw new EtcdctlError(result.error);
  log('snapshot/v3_snapshot.go:333', 'restored snapshot', where);
  return 0;
}

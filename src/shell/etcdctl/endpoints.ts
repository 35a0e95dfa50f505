/** `etcdctl endpoint health|status|hashkv`, `defrag`, `move-leader`: each endpoint is asked by itself. */
import type { HashKvResponse, StatusResponse } from '../../sim/api/etcd-maintenance.ts';
import type { CommandIo } from '../command.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, EtcdctlError } from './errors.ts';
import { unsupported } from './key-values.ts';
import type { FlagSpec, Options } from './options.ts';
import { decimalId, dense, fieldsHeader, goDuration, humanBytes, jsonHeader, jsonId, table, toJson } from './print.ts';

export const ENDPOINT_FLAGS: readonly FlagSpec[] = [
  { name: 'cluster', kind: 'switch', fallback: 'false', about: 'use all endpoints from the cluster member list' },
];
export const HASHKV_FLAGS: readonly FlagSpec[] = [
  ...ENDPOINT_FLAGS,
  { name: 'rev', kind: 'number', fallback: '0', about: 'maximum revision to hash (default: latest revision)' },
];

async function endpointsOf(client: EtcdClient, options: Options): Promise<readonly string[]> {
  if (!options.is('cluster')) return client.endpoints;
  const { members } = await client.must(
    'MemberList',
    { method: 'MemberList', linearizable: true },
    (error) => `failed to fetch endpoints from etcd cluster member list: ${error}`,
  );
  return members.flatMap(({ clientUrls }) => clientUrls);
}

interface Health {
  readonly endpoint: string;
  readonly health: boolean;
  readonly took: string;
  readonly error: string;
}

export async function health(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const found: Health[] = [];
  for (const endpoint of await endpointsOf(client, options)) {
    const result = await client.callAt(endpoint, 'Range', { method: 'Range', key: 'health' });
    const took = goDuration(result.tookUs);
    let error = result.ok ? '' : result.error;
    if (result.ok) {
      const alarms = await client.callAt(endpoint, 'Alarm', { method: 'Alarm', action: 'GET', alarm: 'NONE' });
      if (!alarms.ok) error = 'Unable to fetch the alarm list';
      else if (alarms.body.alarms.length > 0)
        error = `Active Alarm(s): ${alarms.body.alarms.map(({ alarm }) => `${alarm} `).join('')}`;
    }
    found.push({ endpoint, health: error === '', took, error });
  }
  switch (options.output) {
    case 'simple':
      for (const { endpoint, took, error } of found) {
        if (error === '') io.stdout(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
        else io.stderr(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
      }
      break;
    case 'table':
      io.stdout(
        table(
          ['endpoint', 'health', 'took', 'error'],
          found.map((each) => [each.endpoint, String(each.health), each.took, each.error]),
        ),
      );
      break;
    case 'json':
      io.stdout(
        `${JSON.stringify(found.map(({ endpoint, health: isGood, took, error }) => ({ endpoint, health: isGood, took, ...(error === '' ? {} : { error }) })))}\n`,
      );
      break;
    case 'fields':
      io.stdout(
        found
          .map(
            (each) =>
              `"Endpoint" : ${JSON.stringify(each.endpoint)}\n"Health" : ${each.health}\n"Took" : ${JSON.stringify(each.took)}\n"Error" : ${JSON.stringify(each.error)}\n\n`,
          )
          .join(''),
      );
      break;
    default:
      throw unsupported(options.output);
  }
  if (found.some(({ error }) => error !== '')) throw new EtcdctlError('unhealthy cluster');
  return 0;
}

interface Status {
  readonly endpoint: string;
  readonly status: StatusResponse;
}

export async function status(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const found: Status[] = [];
  let failed = false;
  for (const endpoint of await endpointsOf(client, options)) {
    const result = await client.callAt(endpoint, 'Status', { method: 'Status' });
    if (result.ok) found.push({ endpoint, status: result.body });
    else {
      failed = true;
      io.stderr(`Failed to get the status of endpoint ${endpoint} (${result.error})\n`);
    }
  }
  switch (options.output) {
    case 'simple':
      for (const row of found.map(statusRow)) io.stdout(`${row.join(', ')}\n`);
      break;
    case 'table':
      io.stdout(table(STATUS_HEADER, found.map(statusRow)));
      break;
    case 'json':
      io.stdout(`${toJson(found.map(statusJson))}\n`);
      break;
    case 'fields':
      io.stdout(found.map(statusFields).join(''));
      break;
    default:
      throw unsupported(options.output);
  }
  return failed ? 1 : 0;
}

const STATUS_HEADER = [
  'endpoint',
  'ID',
  'version',
  'storage version',
  'db size',
  'in use',
  'percentage not in use',
  'quota',
  'is leader',
  'is learner',
  'raft term',
  'raft index',
  'raft applied index',
  'errors',
  'downgrade target version',
  'downgrade enabled',
];

function statusRow({ endpoint, status: each }: Status): string[] {
  const { header, dbSizeBytes, dbSizeInUseBytes } = each;
  return [
    endpoint,
    header.memberId,
    each.version,
    each.storageVersion,
    humanBytes(dbSizeBytes),
    humanBytes(dbSizeInUseBytes),
    `${100 - Math.floor((dbSizeInUseBytes * 100) / Math.max(1, dbSizeBytes))}%`,
    humanBytes(each.dbSizeQuotaBytes),
    String(each.leader === header.memberId),
    String(each.isLearner),
    String(each.raftTerm),
    String(each.raftIndex),
    String(each.raftAppliedIndex),
    each.errors.join(', '),
    '',
    'false',
  ];
}

function statusJson({ endpoint, status: each }: Status): Record<string, unknown> {
  const { header, version, dbSizeBytes, leader, raftIndex, raftTerm, raftAppliedIndex, errors, dbSizeInUseBytes } =
    each;
  return {
    Endpoint: endpoint,
    Status: {
      header: jsonHeader(header),
      ...dense({
        version,
        dbSize: dbSizeBytes,
        leader: jsonId(leader),
        raftIndex,
        raftTerm,
        raftAppliedIndex,
        errors,
        dbSizeInUse: dbSizeInUseBytes,
        isLearner: each.isLearner,
        storageVersion: each.storageVersion,
        dbSizeQuota: each.dbSizeQuotaBytes,
      }),
      downgradeInfo: {},
    },
  };
}

function statusFields({ endpoint, status: each }: Status): string {
  return `${fieldsHeader(each.header)}"Version" : ${JSON.stringify(each.version)}
"StorageVersion" : ${JSON.stringify(each.storageVersion)}
"DBSize" : ${each.dbSizeBytes}
"DBSizeInUse" : ${each.dbSizeInUseBytes}
"DBSizeQuota" : ${each.dbSizeQuotaBytes}
"Leader" : ${decimalId(each.leader)}
"IsLearner" : ${each.isLearner}
"RaftIndex" : ${each.raftIndex}
"RaftTerm" : ${each.raftTerm}
"RaftAppliedIndex" : ${each.raftAppliedIndex}
"Errors" : [${each.errors.join(' ')}]
"Endpoint" : ${JSON.stringify(endpoint)}
"DowngradeTargetVersion" : ""
"DowngradeEnabled" : false

`;
}

export async function hashKv(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const found: { readonly endpoint: string; readonly hash: HashKvResponse }[] = [];
  let failure = '';
  for (const endpoint of await endpointsOf(client, options)) {
    const result = await client.callAt(endpoint, 'HashKV', { method: 'HashKV', revision: options.number('rev') });
    if (result.ok) found.push({ endpoint, hash: result.body });
    else {
      failure = result.error;
      io.stderr(`Failed to get the hash of endpoint ${endpoint} (${result.error})\n`);
    }
  }
  const rows = found.map(({ endpoint, hash }) => [endpoint, String(hash.hash), String(hash.hashRevision)]);
  switch (options.output) {
    case 'simple':
      for (const row of rows) io.stdout(`${row.join(', ')}\n`);
      break;
    case 'table':
      io.stdout(table(['endpoint', 'hash', 'hash_revision'], rows));
      break;
    case 'json':
      io.stdout(
        `${toJson(found.map(({ endpoint, hash }) => ({ Endpoint: endpoint, HashKV: { header: jsonHeader(hash.header), ...dense({ hash: hash.hash, compact_revision: hash.compactRevision, hash_revision: hash.hashRevision }) } })))}\n`,
      );
      break;
    case 'fields':
      for (const { endpoint, hash } of found) {
        io.stdout(
          `${fieldsHeader(hash.header)}"Endpoint" : ${JSON.stringify(endpoint)}\n"Hash" : ${hash.hash}\n"HashRevision" : ${hash.hashRevision}\n\n`,
        );
      }
      break;
    default:
      throw unsupported(options.output);
  }
  if (failure !== '') throw new EtcdctlError(failure);
  return 0;
}

export async function defrag(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  let failures = 0;
  for (const endpoint of await endpointsOf(client, options)) {
    const result = await client.callAt(endpoint, 'Defragment', { method: 'Defragment' });
    if (result.ok) io.stdout(`Finished defragmenting etcd member[${endpoint}]. took ${goDuration(result.tookUs)}\n`);
    else {
      failures++;
      io.stderr(
        `Failed to defragment etcd member[${endpoint}]. took ${goDuration(result.tookUs)}. (${result.error})\n`,
      );
    }
  }
  return failures === 0 ? 0 : 1;
}

export async function moveLeader(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  const [target = ''] = options.args;
  if (options.args.length !== 1) throw new EtcdctlError('move-leader command needs 1 argument', BAD_ARGS);
  if (!/^[0-9a-fA-F]{1,16}$/.test(target))
    throw new EtcdctlError(`strconv.ParseUint: parsing "${target}": invalid syntax`, BAD_ARGS);
  for (const endpoint of client.endpoints) {
    const found = await client.callAt(endpoint, 'Status', { method: 'Status' });
    if (!found.ok) throw new EtcdctlError(found.error);
    const { leader, header } = found.body;
    if (leader !== header.memberId) continue;
    const targetId = target.toLowerCase().replace(/^0+(?=.)/, '');
    const moved = await client.callAt(endpoint, 'MoveLeader', { method: 'MoveLeader', targetId });
    if (!moved.ok) throw new EtcdctlError(moved.error);
    io.stdout(`Leadership transferred from ${leader} to ${targetId}\n`);
    return 0;
  }
  throw new EtcdctlError(`no leader endpoint given at [${client.endpoints.join(' ')}]`, BAD_ARGS);
}

/** Probes and metrics over plain HTTP, as the kubelet asks them. @source etcd:server/etcdserver/api/etcdhttp/health.go */
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import { ETCD_VERSION } from './flags.ts';
import { fileSizeInUseBytes } from './mvcc.ts';
import { NONE } from './raft-message.ts';
import type { Server } from './server-memory.ts';

export function handleHttp(server: Server, request: HttpRequest, nowUs: number): HttpResponse {
  const query = request.query ?? {};
  const [, root, check] = request.path.split('/');
  switch (root) {
    case 'livez':
      return report(server, nowUs, ['serializable_read'], query, check);
    case 'readyz':
      return report(
        server,
        nowUs,
        ['data_corruption', 'serializable_read', 'linearizable_read', 'non_learner'],
        query,
        check,
      );
    case 'health': {
      const reason = unhealthyReason(server, nowUs, query['serializable'] === 'true');
      const body = JSON.stringify({ health: reason === '' ? 'true' : 'false', reason });
      return { status: reason === '' ? 200 : 503, body };
    }
    case 'version':
      return {
        status: 200,
        body: JSON.stringify({ etcdserver: ETCD_VERSION, etcdcluster: server.disk.store.clusterVersion }),
      };
    case 'metrics':
      return { status: 200, body: metrics(server) };
    default:
      return { status: 404, body: '404 page not found\n' };
  }
}

function report(
  server: Server,
  nowUs: number,
  checks: readonly string[],
  query: Readonly<Record<string, string>>,
  only: string | undefined,
): HttpResponse {
  if (only !== undefined && !checks.includes(only)) return { status: 404, body: '404 page not found\n' };
  let lines = '';
  let failed = false;
  for (const check of only === undefined ? checks : [only]) {
    if (query['exclude'] === check) continue;
    const error = failure(server, nowUs, check);
    failed ||= error !== undefined;
    lines += error === undefined ? `[+]${check} ok\n` : `[-]${check} failed: ${error}\n`;
  }
  if (failed) return { status: 503, body: `${lines}\n` };
  return { status: 200, body: 'verbose' in query ? `${lines}ok\n` : 'ok\n' };
}

function failure(server: Server, nowUs: number, check: string): string | undefined {
  switch (check) {
    case 'data_corruption':
      return server.disk.store.alarms.some(({ alarm }) => alarm === 'CORRUPT') ? 'alarm activated: CORRUPT' : undefined;
    case 'linearizable_read':
      return canReadLinearizably(server, nowUs) ? undefined : 'etcdserver: request timed out';
    case 'non_learner':
      return server.raft.learners.includes(server.raft.id) ? 'not supported for learner' : undefined;
    default:
      return undefined;
  }
}

/** A read would be confirmed: a leader is known, and it was heard (or hears a quorum) within an election timeout. */
function canReadLinearizably({ raft, config, ready }: Server, nowUs: number): boolean {
  if (!ready || raft.lead === NONE) return false;
  return raft.role === 'leader' || nowUs - raft.lastHeardUs < config.electionTimeoutUs;
}

function unhealthyReason(server: Server, nowUs: number, serializable: boolean): string {
  const alarm = server.disk.store.alarms[0];
  if (alarm !== undefined) return `ALARM ${alarm.alarm}`;
  if (serializable) return '';
  if (server.raft.lead === NONE) return 'RAFT NO LEADER';
  return canReadLinearizably(server, nowUs) ? '' : 'RANGE ERROR:etcdserver: request timed out';
}

function metrics({ raft, disk }: Server): string {
  const { mvcc } = disk.store;
  const rows: readonly (readonly [string, 'counter' | 'gauge', string, number])[] = [
    ['etcd_debugging_mvcc_current_revision', 'gauge', 'The current revision of store.', mvcc.revision],
    [
      'etcd_mvcc_db_total_size_in_bytes',
      'gauge',
      'Total size of the underlying database physically allocated in bytes.',
      mvcc.fileBytes,
    ],
    [
      'etcd_mvcc_db_total_size_in_use_in_bytes',
      'gauge',
      'Total size of the underlying database logically in use in bytes.',
      fileSizeInUseBytes(mvcc),
    ],
    [
      'etcd_server_has_leader',
      'gauge',
      'Whether or not a leader exists. 1 is existence, 0 is not.',
      raft.lead === NONE ? 0 : 1,
    ],
    [
      'etcd_server_is_leader',
      'gauge',
      'Whether or not this member is a leader. 1 if is, 0 otherwise.',
      raft.role === 'leader' ? 1 : 0,
    ],
    [
      'etcd_server_is_learner',
      'gauge',
      'Whether or not this member is a learner. 1 if is, 0 otherwise.',
      raft.learners.includes(raft.id) ? 1 : 0,
    ],
    [
      'etcd_server_proposals_applied_total',
      'gauge',
      'The total number of consensus proposals applied.',
      raft.log.applied,
    ],
    [
      'etcd_server_proposals_committed_total',
      'gauge',
      'The total number of consensus proposals committed.',
      raft.log.committed,
    ],
  ];
  return rows
    .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}

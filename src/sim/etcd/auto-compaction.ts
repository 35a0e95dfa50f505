/** Compaction by etcd itself, when its flags ask for it; kubeadm leaves it to the API server. @source etcd:server/etcdserver/api/v3compactor */
import type { Io } from '../kernel/io.ts';
import { addInternal, advance } from './ready-loop.ts';
import { type Server, zap } from './server-memory.ts';

const REVISION_CHECK_US = 300_000_000;
const HOUR_US = 3_600_000_000;
/** How often within its period the periodic compactor notes the revision. */
const NOTES_PER_PERIOD = 10;

/** Arms the timer, if the flags want compaction. */
export function armCompaction(server: Server, io: Io): void {
  const { compaction } = server.config;
  if (compaction === undefined) return;
  const periodUs = Math.min(compaction.retention, HOUR_US);
  const delayUs =
    compaction.mode === 'revision' ? REVISION_CHECK_US : Math.max(1, Math.floor(periodUs / NOTES_PER_PERIOD));
  io.setTimer('compaction', delayUs, { type: 'COMPACTION' });
}

/** Every member notes revisions; only the leader compacts. */
export function autoCompact(server: Server, io: Io): void {
  const { compaction } = server.config;
  if (compaction === undefined) return;
  const { mvcc } = server.disk.store;
  let revision = 0;
  if (compaction.mode === 'revision') {
    revision = mvcc.revision - compaction.retention;
  } else {
    const { revisionNotes } = server;
    revisionNotes.push({ atUs: io.now, revision: mvcc.revision });
    while (revisionNotes[0] !== undefined && revisionNotes[0].atUs <= io.now - compaction.retention) {
      revision = revisionNotes.shift()!.revision;
    }
  }
  if (revision > mvcc.compactRevision && server.raft.role === 'leader') {
    zap(io, 'info', `v3compactor/${compaction.mode}.go:132`, `starting auto ${compaction.mode} compaction`, {
      revision,
    });
    addInternal(server, io, { method: 'Compact', revision });
    advance(server, io);
  }
  armCompaction(server, io);
}

/**
 * What must hold of a whole etcd cluster after every step: raft's laws over its members, and that their stores agree
 * (E3 … E5, L2). Cheap: it looks only at what is new since the last look, and touches nothing.
 */
import type { EtcdId } from '../api/etcd.ts';
import { checkRaft, createRaftLaws, type RaftLaws, type RaftMemberView } from './laws.ts';
import { logPosition, type StoredKeyValue } from './mvcc.ts';
import type { EtcdDisk, EtcdMemory } from './server-memory.ts';
import type { Store } from './store.ts';

/** One member: its data directory, and its process's memory while it runs. */
export interface EtcdMemberState {
  readonly disk: EtcdDisk;
  readonly memory: EtcdMemory | undefined;
  /** Changes with every start of the process. */
  readonly life: number;
}

interface SeenStore {
  applied: number;
  revision: number;
  compactRevision: number;
}

export interface EtcdLaws {
  readonly raft: RaftLaws;
  readonly stores: Map<EtcdId, SeenStore>;
  /** Hash and revision of the store by applied index, as the first member to get there had them. */
  readonly states: Map<number, { readonly hash: number; readonly revision: number }>;
  newestState: number;
}

export function createEtcdLaws(): EtcdLaws {
  return { raft: createRaftLaws(), stores: new Map(), states: new Map(), newestState: 0 };
}

/** @returns one sentence per violated law, beginning with its number; usually none */
export function checkEtcd(laws: EtcdLaws, members: readonly EtcdMemberState[]): string[] {
  const views: RaftMemberView[] = [];
  const broken: string[] = [];
  for (const { disk, memory, life } of members) {
    if (!disk.initialized) continue;
    views.push({ id: disk.memberId, raft: memory?.server?.raft, disk: disk.wal, incarnation: life });
    checkStore(laws, disk, broken);
  }
  broken.push(...checkRaft(laws.raft, views));
  return broken;
}

const STATES_SPAN = 10_000;

function checkStore(laws: EtcdLaws, { memberId: id, store }: EtcdDisk, broken: string[]): void {
  const { mvcc, appliedIndex } = store;
  let seen = laws.stores.get(id);
  if (seen === undefined) {
    // The first look: a data directory may have been restored from a snapshot.
    seen = { applied: appliedIndex, revision: mvcc.revision, compactRevision: mvcc.compactRevision };
    laws.stores.set(id, seen);
  }
  if (seen.applied === appliedIndex && seen.revision === mvcc.revision) return;
  const entries = appliedIndex - seen.applied;
  if (entries < 0) broken.push(`E2: the store of ${id} went back from entry ${seen.applied} to ${appliedIndex}`);
  if (mvcc.revision < seen.revision) broken.push(`E2: the store of ${id} went back to revision ${mvcc.revision}`);
  if (mvcc.revision - seen.revision > entries) {
    broken.push(`E3: ${entries} entries made ${mvcc.revision - seen.revision} revisions on ${id}`);
  }
  if (mvcc.compactRevision < seen.compactRevision) {
    broken.push(`E4: ${id} went back to compaction ${mvcc.compactRevision}`);
  }
  const known = laws.states.get(appliedIndex);
  if (known === undefined) {
    laws.states.set(appliedIndex, { hash: mvcc.hash, revision: mvcc.revision });
    if (appliedIndex > laws.newestState) laws.newestState = appliedIndex;
    laws.states.delete(laws.newestState - STATES_SPAN);
  } else if (known.hash !== mvcc.hash || known.revision !== mvcc.revision) {
    broken.push(`E5: ${id} has hash ${mvcc.hash} after entry ${appliedIndex}, another member ${known.hash}`);
  }
  for (let at = logPosition(mvcc, seen.revision + 1); at < mvcc.log.length; at++) {
    checkChange(store, mvcc.log[at]!, id, broken);
  }
  seen.applied = appliedIndex;
  seen.revision = mvcc.revision;
  seen.compactRevision = mvcc.compactRevision;
}

/** E4: versions count the changes since the creation. L2: a key hangs on its newest lease and on no other. */
function checkChange(store: Store, change: StoredKeyValue, id: EtcdId, broken: string[]): void {
  const { key, version, createRevision, modRevision } = change;
  const revisions = store.mvcc.keys.get(key)?.revisions ?? [];
  const at = revisions.indexOf(change);
  const before = at > 0 ? revisions[at - 1] : undefined;
  if (version > 0) {
    const isNew = before === undefined ? version === 1 : before.version === 0;
    const expected = isNew ? 1 : (before?.version ?? version - 1) + 1;
    const created = isNew ? modRevision : (before?.createRevision ?? createRevision);
    if (version !== expected || createRevision !== created) {
      broken.push(`E4: ${key} has version ${version} created at ${createRevision} in revision ${modRevision} on ${id}`);
    }
  }
  if (revisions.at(-1) !== change) return;
  for (const lease of [before?.lease ?? '0', change.lease]) {
    const hangs = lease !== '0' && store.leases.leases.get(lease)?.keys.has(key) === true;
    const should = lease !== '0' && version > 0 && lease === change.lease && store.leases.leases.has(lease);
    if (hangs !== should)
      broken.push(`L2: ${key} ${hangs ? 'still hangs' : 'does not hang'} on lease ${lease} on ${id}`);
  }
}

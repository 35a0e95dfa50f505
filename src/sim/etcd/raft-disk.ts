import type { EtcdId } from '../api/etcd.ts';
import { NONE, type RaftEntry } from './raft-message.ts';
import type { RaftWrite } from './raft-ready.ts';

/** What of raft survives the process: the write-ahead log with its hard state. @source etcd:server/storage/wal */
export interface RaftDisk {
  term: number;
  vote: EtcdId;
  commit: number;
  /** Entries offset+1 … */
  entries: RaftEntry[];
  offset: number;
  offsetTerm: number;
}

export function createRaftDisk(): RaftDisk {
  return { term: 0, vote: NONE, commit: 0, entries: [], offset: 0, offsetTerm: 0 };
}

/** Does the write: hard state, the snapshot's position, and the entries in place of whatever stood there. */
export function writeRaftDisk(disk: RaftDisk, write: RaftWrite): void {
  disk.term = write.term;
  disk.vote = write.vote;
  if (write.snapshot !== undefined && write.snapshot.index > disk.offset) {
    disk.entries = [];
    disk.offset = write.snapshot.index;
    disk.offsetTerm = write.snapshot.term;
  }
  const first = write.entries[0];
  if (first !== undefined) {
    disk.entries.length = Math.max(0, first.index - disk.offset - 1);
    for (const entry of write.entries) if (entry.index > disk.offset) disk.entries.push(entry);
  }
  disk.commit = Math.max(disk.commit, Math.min(write.commit, disk.offset + disk.entries.length));
}

/** Notes a newer commit index. Not synced on purpose: raft can recompute it. */
export function writeCommit(disk: RaftDisk, commit: number): void {
  const durable = disk.offset + disk.entries.length;
  const known = Math.min(commit, durable);
  if (known > disk.commit) disk.commit = known;
}

export function compactRaftDisk(disk: RaftDisk, index: number, term: number): void {
  if (index <= disk.offset) return;
  disk.entries = disk.entries.slice(index - disk.offset);
  disk.offset = index;
  disk.offsetTerm = term;
}

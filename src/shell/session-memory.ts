/** What one sitting at the laptop remembers beside the world itself. */
import type { Fault } from '../sim/world.ts';
import type { Gateway } from './gateway.ts';
import type { FileMarks } from './host-files.ts';
import type { MachineShell } from './machine-shell.ts';

export interface InjectedFault {
  readonly fault: Fault;
  readonly atUs: number;
}

export interface SessionMemory {
  readonly history: string[];
  /** Lasting faults put in by hand and not healed yet. */
  readonly faults: InjectedFault[];
  readonly marks: Map<string, FileMarks>;
  /** What $EDITOR does: gives back the new text, or undefined when nothing was saved. */
  readonly edit: ((text: string, path: string) => Promise<string | undefined>) | undefined;
  /**
   * The terminal moves to another place and stays until `exit`: `ssh NODE`, `kubectl exec -it POD -- sh`. Resolves with the exit status
   * there. Undefined where there is no terminal, as in scripts.
   */
  enter: ((place: Place) => Promise<number>) | undefined;
  /** A shell of its own on a machine. */
  open(host: string, user: string, gateway?: Gateway): MachineShell;
}

export type Place =
  | { readonly kind: 'host'; readonly host: string; readonly user: string }
  /** A shell in a container: runs one command line there. */
  | {
      readonly kind: 'pod';
      readonly name: string;
      run(line: string, out: (text: string) => void, err: (text: string) => void, signal: AbortSignal): Promise<number>;
    };

export function marksOf(memory: SessionMemory, host: string): FileMarks {
  let marks = memory.marks.get(host);
  if (marks === undefined) {
    marks = { directories: new Set(), modes: new Map() };
    memory.marks.set(host, marks);
  }
  return marks;
}

/**
 * systemd, the first process of a machine: reads unit files, starts what is enabled, restarts what ends, writes the journal.
 * Services only. Each unit is a small statechart of its own, in the words of `systemctl status`.
 */
import { setup } from 'xstate';
import type { Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import { type Context, chartOf, dispatch, givenByKernel, start, type Timers } from '../kernel/run-machine.ts';
import { commandLine, readService, type ServiceDefinition } from './unit-file.ts';

export interface Unit {
  readonly name: string;
  /** `inactive`, `active`, `deactivating`, `activating` (waiting to be restarted), `failed`. */
  state: string;
  definition: ServiceDefinition;
  /** The files are not as they were read: `systemctl daemon-reload` is needed. */
  stale: boolean;
  process: string;
  pid: number;
  /** Restart after the present process has ended: `systemctl restart`. */
  again: boolean;
  restarts: number;
  result: 'success' | 'exit-code' | 'signal' | 'resources';
  exitCode: number;
  signal: string;
  sinceMs: number;
  startedAtMs: number;
  /** Processes it has had: since when, which pid. For the journal. */
  readonly pids: { readonly atUs: number; readonly pid: number }[];
}

export interface SystemdMemory {
  readonly units: Map<string, Unit>;
  nextPid: number;
}

type SystemdEvent =
  | { type: 'START' | 'STOP' | 'RESTART' | 'RESET_FAILED'; unit: string }
  | { type: 'DAEMON_RELOAD' }
  | { type: 'UNIT_TIMER'; unit: string; name: string }
  | { type: 'EXITED'; process: string; tag: unknown; exitCode: number; signal?: string }
  | { type: 'FILE_CHANGED'; path: string };

type UnitEvent =
  | { type: 'START' | 'STOP' | 'RESTART' | 'RESET_FAILED' | 'STARTED' | 'SPAWN_FAILED' }
  | { type: 'EXITED'; exitCode: number; signal?: string };

interface UnitContext {
  readonly me: SystemdMemory;
  readonly io: Io;
  readonly unit: Unit;
}

type UnitArgs = { context: UnitContext; event: UnitEvent };

export const unitMachine = setup({
  types: {} as { context: UnitContext; events: UnitEvent },
  actions: {
    spawn: ({ context }: UnitArgs) => spawn(context),
    terminate: ({ context: { io, unit } }) => {
      io.log(`Stopping ${titled(unit)}...`);
      io.kill(unit.process, 'SIGTERM');
    },
    kill: ({ context: { io, unit } }) => {
      io.log(`${unit.name}: State 'stop-sigterm' timed out. Killing.`);
      io.kill(unit.process, 'SIGKILL');
    },
    recordExit: ({ context: { io, unit }, event }: UnitArgs) => recordExit(io, unit, event),
    stopped: ({ context: { io, unit } }) => {
      io.log(`${unit.name}: Deactivated successfully.`);
      io.log(`Stopped ${titled(unit)}.`);
      unit.result = 'success';
      unit.sinceMs = io.wallMs();
    },
    countRestart: ({ context: { io, unit } }) => {
      unit.restarts++;
      io.log(`${unit.name}: Scheduled restart job, restart counter is at ${unit.restarts}.`);
    },
    wantAgain: ({ context: { unit } }) => {
      unit.again = true;
    },
    forgetRestarts: ({ context: { unit } }) => {
      unit.restarts = 0;
      unit.again = false;
    },
    since: ({ context: { io, unit } }) => {
      unit.sinceMs = io.wallMs();
    },
  },
  guards: {
    restarts: ({ context: { unit }, event }) =>
      unit.definition.restart === 'always' ||
      (unit.definition.restart === 'on-failure' && event.type === 'EXITED' && event.exitCode !== 0),
    wantedAgain: ({ context: { unit } }) => unit.again,
    clean: ({ event }) => event.type === 'EXITED' && event.exitCode === 0,
  },
  delays: {
    restartDelay: ({ context: { unit } }) => unit.definition.restartMs,
  },
}).createMachine({
  id: 'unit',
  context: givenByKernel,
  initial: 'inactive',
  states: {
    inactive: {
      entry: 'since',
      on: {
        START: { target: 'starting', actions: 'forgetRestarts' },
        RESTART: { target: 'starting', actions: 'forgetRestarts' },
      },
    },
    starting: {
      entry: 'spawn',
      on: { STARTED: 'active', SPAWN_FAILED: [{ guard: 'restarts', target: 'activating' }, { target: 'failed' }] },
    },
    active: {
      entry: 'since',
      on: {
        STOP: 'deactivating',
        RESTART: { target: 'deactivating', actions: 'wantAgain' },
        EXITED: [
          { guard: 'restarts', target: 'activating', actions: 'recordExit' },
          { guard: 'clean', target: 'inactive', actions: 'recordExit' },
          { target: 'failed', actions: 'recordExit' },
        ],
      },
    },
    deactivating: {
      entry: 'terminate',
      on: {
        START: { actions: 'wantAgain' },
        RESTART: { actions: 'wantAgain' },
        EXITED: [
          { guard: 'wantedAgain', target: 'starting', actions: ['stopped', 'forgetRestarts'] },
          { target: 'inactive', actions: 'stopped' },
        ],
      },
      after: { 90000: { actions: 'kill' } },
    },
    /** `activating (auto-restart)` */
    activating: {
      entry: 'since',
      after: { restartDelay: { target: 'starting', actions: 'countRestart' } },
      on: {
        START: { target: 'starting', actions: 'forgetRestarts' },
        RESTART: { target: 'starting', actions: 'forgetRestarts' },
        STOP: 'inactive',
      },
    },
    failed: {
      entry: 'since',
      on: {
        START: { target: 'starting', actions: 'forgetRestarts' },
        RESTART: { target: 'starting', actions: 'forgetRestarts' },
        RESET_FAILED: 'inactive',
        STOP: 'inactive',
      },
    },
  },
});

export const systemdMachine = setup({
  types: {} as { context: Context<SystemdMemory, Io>; events: SystemdEvent },
  actions: {
    boot: ({ context: { me, io } }) => boot(me, io),
    unitEvent: ({ context: { me, io }, event }) => {
      if ('unit' in event) tell(me, io, event.unit, { type: event.type as 'START' });
    },
    reload: ({ context: { me, io } }) => reload(me, io),
    exited: ({ context: { me, io }, event }) => {
      if (event.type !== 'EXITED') return;
      const unit = me.units.get(String(event.tag));
      if (unit?.process !== event.process) return;
      const { exitCode, signal } = event;
      tell(me, io, unit.name, { type: 'EXITED', exitCode, ...(signal === undefined ? {} : { signal }) });
    },
    fileChanged: ({ context: { me }, event }) => {
      if (event.type !== 'FILE_CHANGED') return;
      for (const unit of me.units.values()) if (event.path.includes(`/system/${unit.name}`)) unit.stale = true;
    },
  },
}).createMachine({
  id: 'systemd',
  context: givenByKernel,
  initial: 'running',
  states: {
    running: {
      entry: 'boot',
      on: {
        START: { actions: 'unitEvent' },
        STOP: { actions: 'unitEvent' },
        RESTART: { actions: 'unitEvent' },
        RESET_FAILED: { actions: 'unitEvent' },
        DAEMON_RELOAD: { actions: 'reload' },
        UNIT_TIMER: {
          actions: ({ context: { me, io }, event }) => tell(me, io, event.unit, { type: event.name as 'START' }),
        },
        EXITED: { actions: 'exited' },
        FILE_CHANGED: { actions: 'fileChanged' },
      },
    },
  },
});

export const systemdProgram: Program = {
  name: 'systemd',
  machine: systemdMachine,
  init: (): SystemdMemory => ({ units: new Map(), nextPid: 411 }),
};

export const UNIT_DIRECTORIES = ['/etc/systemd/system', '/usr/lib/systemd/system'];
export const ENABLED = '/etc/systemd/system/multi-user.target.wants';

function boot(me: SystemdMemory, io: Io): void {
  for (const directory of UNIT_DIRECTORIES) io.watchFiles(directory);
  io.log('Reached target network-online.target - Network is Online.');
  for (const path of io.listFiles(ENABLED)) tell(me, io, path.slice(ENABLED.length + 1), { type: 'START' });
}

/** Runs a unit's statechart; loads the unit when it is first spoken of. */
function tell(me: SystemdMemory, io: Io, name: string, event: UnitEvent): void {
  const unit = me.units.get(name) ?? load(me, io, name);
  if (unit === undefined) return;
  const timers: Timers = {
    arm: (key, delayUs) => io.setTimer(`${name}/${key}`, delayUs, { type: 'UNIT_TIMER', unit: name, name: key }),
    disarm: (key) => io.clearTimer(`${name}/${key}`),
  };
  const context: UnitContext = { me, io, unit };
  const chart = chartOf(unitMachine);
  if (unit.state === '') start(chart, unit, context, timers);
  dispatch(chart, unit, context, event, timers);
  // Starting is over as soon as it has begun; what came of it decides where to go.
  if (unit.state === 'starting')
    dispatch(chart, unit, context, { type: unit.process === '' ? 'SPAWN_FAILED' : 'STARTED' }, timers);
}

function load(me: SystemdMemory, io: Io, name: string): Unit | undefined {
  const result = readService(name, io.readFile, io.listFiles);
  if (!result.ok) {
    if (result.error === 'badSetting') {
      io.log(`${name}: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.`);
    }
    return undefined;
  }
  const unit: Unit = {
    name,
    state: '',
    definition: result.definition,
    stale: false,
    process: '',
    pid: 0,
    again: false,
    restarts: 0,
    result: 'success',
    exitCode: 0,
    signal: '',
    sinceMs: io.wallMs(),
    startedAtMs: 0,
    pids: [],
  };
  me.units.set(name, unit);
  return unit;
}

function reload(me: SystemdMemory, io: Io): void {
  io.log("Reloading requested from client PID 1 ('systemctl')...");
  for (const unit of me.units.values()) {
    const result = readService(unit.name, io.readFile, io.listFiles);
    unit.stale = false;
    if (result.ok) unit.definition = result.definition;
  }
}

function spawn({ me, io, unit }: UnitContext): void {
  unit.process = '';
  const fail = (why: string, status: number) => {
    io.log(`${unit.name}: ${why}`);
    unit.result = 'exit-code';
    unit.exitCode = status;
    io.log(`${unit.name}: Failed with result '${status === 0 ? 'resources' : 'exit-code'}'.`);
  };
  const command = commandLine(unit.definition, io.readFile);
  if (!command.ok) {
    fail(`Failed to load environment files: No such file or directory`, 0);
    return;
  }
  const program = command.binary.slice(command.binary.lastIndexOf('/') + 1);
  const name = unit.name.replace(/\.service$/, '');
  const result = io.spawn({ name, program, args: command.args, env: command.env, log: unit.name, tag: unit.name });
  if (!result.ok) {
    fail(`Failed at step EXEC spawning ${command.binary}: No such file or directory`, 203);
    return;
  }
  me.nextPid += 13 + (me.nextPid % 7);
  unit.process = result.process;
  unit.pid = me.nextPid;
  unit.startedAtMs = io.wallMs();
  unit.pids.push({ atUs: io.now, pid: unit.pid });
  if (unit.pids.length > 200) unit.pids.splice(0, 100);
  io.log(`Started ${titled(unit)}.`);
}

function recordExit(io: Io, unit: Unit, event: UnitEvent): void {
  if (event.type !== 'EXITED') return;
  const { exitCode, signal } = event;
  unit.exitCode = exitCode;
  unit.signal = signal ?? '';
  unit.process = '';
  unit.result = exitCode === 0 ? 'success' : signal === undefined ? 'exit-code' : 'signal';
  const how =
    signal === undefined
      ? `code=exited, status=${exitCode}/${exitCode === 0 ? 'SUCCESS' : exitText(exitCode)}`
      : `code=killed, status=9/KILL`;
  io.log(`${unit.name}: Main process exited, ${how}`);
  if (exitCode === 0) io.log(`${unit.name}: Deactivated successfully.`);
  else io.log(`${unit.name}: Failed with result '${unit.result}'.`);
}

function exitText(code: number): string {
  return { 1: 'FAILURE', 2: 'INVALIDARGUMENT', 203: 'EXEC', 255: 'EXCEPTION' }[code] ?? 'n/a';
}

function titled(unit: Unit): string {
  return `${unit.name} - ${unit.definition.description}`;
}

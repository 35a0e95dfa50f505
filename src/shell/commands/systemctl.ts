/** `systemctl`: asks the machine's systemd and prints what it knows. */
import { loadedUnits, type UnitStatus, type UnitVerb, unitStatus } from '../../sim/host/units.ts';
import { type CommandIo, fail, notSimulated, type ShellCommand } from '../command.ts';
import { formatDate, syslogTime } from '../date-format.ts';
import { columns, machineOf, stateOf, systemdAge, systemdOf } from '../machine-state.ts';
import { journalLines } from './journalctl.ts';

const ACTIONS = ['start', 'stop', 'restart', 'reset-failed'];

export const systemctl: ShellCommand = {
  name: 'systemctl',
  async run(args, io) {
    if (systemdOf(io) === undefined) {
      return fail(
        io,
        "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to system scope bus via local transport: Host is down",
      );
    }
    const words: string[] = [];
    const flags = new Set<string>();
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      if (word === '-n' || word === '--lines' || word === '-t' || word === '--type' || word === '--state') i++;
      else if (word.startsWith('-')) flags.add(word);
      else words.push(word);
    }
    const [verb = 'list-units', ...names] = words;
    const units = names.map(fullName);
    switch (verb) {
      case 'status':
        return showStatus(units, io);
      case 'list-units':
        return listUnits(flags, io);
      case 'list-unit-files':
        return listUnitFiles(io);
      case 'is-active':
        return each(
          units,
          io,
          (unit) => unitStatus(io.gateway.world.kernel, io.host, unit)?.active.split(' ')[0] ?? 'inactive',
          'active',
          flags,
        );
      case 'is-enabled':
        return each(units, io, (unit) => enabledText(unit, io), 'enabled', flags);
      case 'is-failed':
        return each(
          units,
          io,
          (unit) => unitStatus(io.gateway.world.kernel, io.host, unit)?.active.split(' ')[0] ?? 'inactive',
          'failed',
          flags,
        );
      case 'cat':
        return showFiles(units, io);
      case 'show':
        return showProperties(units, io);
      case 'daemon-reload':
        io.gateway.inject({ type: 'unit', host: io.host, verb: 'daemon-reload', unit: '' });
        await io.gateway.sleep(200, io.signal);
        return 0;
      case 'enable':
      case 'disable':
        return enable(verb, units, flags, io);
      case 'reboot':
      case 'poweroff':
        return (await io.run(verb)).exitCode;
    }
    if (!ACTIONS.includes(verb)) {
      return [
        'mask',
        'unmask',
        'edit',
        'kill',
        'reload',
        'isolate',
        'get-default',
        'list-timers',
        'list-sockets',
      ].includes(verb)
        ? notSimulated(io, `systemctl ${verb}`)
        : fail(io, `Unknown command verb '${verb}'.`);
    }
    if (units.length === 0 && verb !== 'reset-failed') return fail(io, 'Too few arguments.');
    return act(verb as UnitVerb, units, io);
  },
  complete(words, io) {
    const word = words.at(-1) ?? '';
    const verbs = [
      ...ACTIONS,
      'status',
      'enable',
      'disable',
      'is-active',
      'is-enabled',
      'is-failed',
      'list-units',
      'list-unit-files',
      'daemon-reload',
      'cat',
      'show',
    ];
    const names = words.length > 2 ? loadedUnits(io.gateway.world.kernel, io.host) : verbs;
    return names.filter((name) => name.startsWith(word));
  },
};

function fullName(unit: string): string {
  return unit.includes('.') ? unit : `${unit}.service`;
}

/** Starting a unit is over when systemd has begun it; stopping, when its process has gone. */
async function act(verb: UnitVerb, units: readonly string[], io: CommandIo): Promise<number> {
  let exitCode = 0;
  for (const unit of units) {
    const stale = unitStatus(io.gateway.world.kernel, io.host, unit)?.stale === true;
    const result = io.gateway.inject({ type: 'unit', host: io.host, verb, unit });
    if (!result.ok) {
      io.stderr(`${result.error}\n`);
      exitCode = 5;
      continue;
    }
    if (stale)
      io.stderr(
        `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`,
      );
    const began = io.gateway.world.now;
    const limit = began + 95e6;
    for (let ms = 5; io.gateway.world.now < limit && !io.signal.aborted; ms = Math.min(ms * 2, 500)) {
      await io.gateway.sleep(ms, io.signal);
      if (!unitStatus(io.gateway.world.kernel, io.host, unit)?.active.startsWith('deactivating')) break;
    }
  }
  return exitCode;
}

function enable(
  verb: 'enable' | 'disable',
  units: readonly string[],
  flags: ReadonlySet<string>,
  io: CommandIo,
): number {
  let exitCode = 0;
  for (const unit of units) {
    const before = unitStatus(io.gateway.world.kernel, io.host, unit);
    const result = io.gateway.inject({ type: 'unit', host: io.host, verb, unit });
    const link = `/etc/systemd/system/multi-user.target.wants/${unit}`;
    if (!result.ok) {
      io.stderr(`${result.error}\n`);
      exitCode = 1;
    } else if (before?.enabled !== (verb === 'enable')) {
      io.stderr(
        verb === 'enable' ? `Created symlink '${link}' → '${before?.definition.path}'.\n` : `Removed '${link}'.\n`,
      );
    }
    if (result.ok && flags.has('--now'))
      io.gateway.inject({ type: 'unit', host: io.host, verb: verb === 'enable' ? 'start' : 'stop', unit });
  }
  return exitCode;
}

function enabledText(unit: string, io: CommandIo): string {
  const status = unitStatus(io.gateway.world.kernel, io.host, unit);
  return status === undefined ? 'not-found' : status.enabled ? 'enabled' : 'disabled';
}

function each(
  units: readonly string[],
  io: CommandIo,
  ask: (unit: string) => string,
  good: string,
  flags: ReadonlySet<string>,
): number {
  let anyGood = false;
  for (const unit of units) {
    const text = ask(unit);
    anyGood ||= text === good;
    if (!flags.has('-q') && !flags.has('--quiet')) io.stdout(`${text}\n`);
  }
  return anyGood ? 0 : good === 'active' ? 3 : 1;
}

function showStatus(units: readonly string[], io: CommandIo): number {
  const { kernel } = io.gateway.world;
  if (units.length === 0) {
    const failed = loadedUnits(kernel, io.host).filter(
      (name) => unitStatus(kernel, io.host, name)?.active === 'failed',
    ).length;
    io.stdout(
      `● ${io.host}\n    State: ${failed > 0 ? 'degraded' : 'running'}\n    Units: ${loadedUnits(kernel, io.host).length} loaded (incl. loaded aliases)\n     Jobs: 0 queued\n   Failed: ${failed} units\n`,
    );
    return 0;
  }
  let exitCode = 0;
  units.forEach((unit, index) => {
    const status = unitStatus(kernel, io.host, unit);
    if (index > 0) io.stdout('\n');
    if (status === undefined) {
      io.stderr(`Unit ${unit} could not be found.\n`);
      exitCode = 4;
      return;
    }
    io.stdout(statusText(status, io));
    if (!status.active.startsWith('active')) exitCode = 3;
  });
  return exitCode;
}

function statusText(status: UnitStatus, io: CommandIo): string {
  const { name, definition, active, enabled, sinceMs, result, pid, exitCode, signal } = status;
  const dot = active === 'failed' ? '×' : active.startsWith('inactive') ? '○' : '●';
  const lines = [`${dot} ${name} - ${definition.description}`];
  const field = (key: string, value: string) => lines.push(`${key.padStart(11)}: ${value}`);
  field('Loaded', `loaded (${definition.path}; ${enabled ? 'enabled' : 'disabled'}; preset: enabled)`);
  if (definition.dropIns.length > 0) {
    const directory = definition.dropIns[0]?.replace(/\/[^/]+$/, '') ?? '';
    field('Drop-In', directory);
    const names = definition.dropIns.map((path) => path.slice(path.lastIndexOf('/') + 1));
    lines.push(`             └─${names.join(', ')}`);
  }
  const state = active === 'failed' || active.startsWith('activating') ? `${active} (Result: ${result})` : active;
  const since =
    sinceMs === 0
      ? ''
      : ` since ${formatDate(sinceMs, '%a %Y-%m-%d %H:%M:%S UTC')}; ${systemdAge(io.gateway.now(io.host) - sinceMs)} ago`;
  field('Active', `${state}${since}`);
  const docs = documentation(definition.path, io);
  if (docs !== '') field('Docs', docs);
  const process = status.process === '' ? undefined : stateOf(io).processes.get(status.process);
  const how =
    signal === ''
      ? `code=exited, status=${exitCode}${exitCode === 0 ? '/SUCCESS' : exitCode === 1 ? '/FAILURE' : ''}`
      : `code=killed, signal=${signal.replace('SIG', '')}`;
  if (process === undefined && pid > 0) {
    field('Process', `${pid} ExecStart=${definition.execStart} (${how})`);
    field('Main PID', `${pid} (${how})`);
  }
  if (process !== undefined) {
    field('Main PID', `${pid} (${process.program})`);
    field('CGroup', `/system.slice/${name}`);
    const path = definition.execStart.split(/\s/)[0] ?? process.program;
    lines.push(`             └─${pid} ${[path, ...process.args].join(' ')}`);
  }
  if (status.stale) {
    lines.unshift(
      `Warning: The unit file, source configuration file or drop-ins of ${name} changed on disk. Run 'systemctl daemon-reload' to reload units.`,
    );
  }
  const log = journalLines(io, [name])
    .slice(-10)
    .map(({ wallMs, identifier, text }) => `${syslogTime(wallMs)} ${io.host} ${identifier}: ${text}`);
  return `${lines.join('\n')}\n${log.length === 0 ? '' : `\n${log.join('\n')}\n`}`;
}

function documentation(path: string, io: CommandIo): string {
  return [...(machineOf(io).files.get(path)?.content ?? '').matchAll(/^Documentation=(.*)$/gm)]
    .map((match) => match[1])
    .join(' ');
}

function listUnits(flags: ReadonlySet<string>, io: CommandIo): number {
  const { kernel } = io.gateway.world;
  const rows = [['  UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION']];
  for (const name of loadedUnits(kernel, io.host)) {
    const status = unitStatus(kernel, io.host, name);
    if (status === undefined) continue;
    const [active = '', sub = active] = status.active.replace(')', '').split(' (');
    if (flags.has('--failed') && active !== 'failed') continue;
    if (active === 'inactive' && !flags.has('-a') && !flags.has('--all')) continue;
    rows.push([
      `${active === 'failed' ? '●' : ' '} ${name}`,
      'loaded',
      active,
      sub === 'inactive' ? 'dead' : sub,
      status.definition.description,
    ]);
  }
  io.stdout(columns(rows, 1));
  io.stdout(
    `\nLegend: LOAD   → Reflects whether the unit definition was properly loaded.\n        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.\n        SUB    → The low-level unit activation state, values depend on unit type.\n\n${rows.length - 1} loaded units listed.${flags.has('-a') || flags.has('--all') ? '' : ' Pass --all to see loaded but inactive units, too.'}\n`,
  );
  return 0;
}

function unitFiles(io: CommandIo): string[] {
  const names = [...machineOf(io).files.keys()].flatMap(
    (path) => /^\/(?:usr\/lib|etc)\/systemd\/system\/([^/]+\.service)$/.exec(path)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

function listUnitFiles(io: CommandIo): number {
  const rows = [
    ['UNIT FILE', 'STATE', 'PRESET'],
    ...unitFiles(io).map((name) => [name, enabledText(name, io), 'enabled']),
  ];
  io.stdout(`${columns(rows, 1)}\n${rows.length - 1} unit files listed.\n`);
  return 0;
}

function showFiles(units: readonly string[], io: CommandIo): number {
  for (const unit of units) {
    const status = unitStatus(io.gateway.world.kernel, io.host, unit);
    if (status === undefined) return fail(io, `No files found for ${unit}.`);
    const paths = [status.definition.path, ...status.definition.dropIns];
    io.stdout(paths.map((path) => `# ${path}\n${machineOf(io).files.get(path)?.content ?? ''}`).join('\n'));
  }
  return 0;
}

function showProperties(units: readonly string[], io: CommandIo): number {
  for (const unit of units) {
    const status = unitStatus(io.gateway.world.kernel, io.host, unit);
    const [active = 'inactive', sub = 'dead'] = status?.active.replace(')', '').split(' (') ?? [];
    io.stdout(
      `Restart=${status?.definition.restart ?? 'no'}\nNRestarts=${status?.restarts ?? 0}\nMainPID=${status?.process === '' ? 0 : (status?.pid ?? 0)}\nExecMainStatus=${status?.exitCode ?? 0}\nId=${unit}\nDescription=${status?.definition.description ?? unit}\nLoadState=${status === undefined ? 'not-found' : 'loaded'}\nActiveState=${active}\nSubState=${sub}\nFragmentPath=${status?.definition.path ?? ''}\nUnitFileState=${status === undefined ? '' : status.enabled ? 'enabled' : 'disabled'}\n`,
    );
  }
  return 0;
}

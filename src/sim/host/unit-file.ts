/** systemd's unit files: sections, drop-ins, environment files, command lines. Pure, but for reading the files. */

/** What systemd keeps of a service after reading its files. */
export interface ServiceDefinition {
  readonly name: string;
  readonly description: string;
  /** Of the unit file itself. */
  readonly path: string;
  readonly dropIns: readonly string[];
  readonly execStart: string;
  readonly environment: readonly string[];
  /** Paths; `-` before one: may be missing. */
  readonly environmentFiles: readonly string[];
  readonly restart: 'no' | 'always' | 'on-failure';
  readonly restartMs: number;
  readonly wantedBy: readonly string[];
}

export type DefinitionResult =
  | { readonly ok: true; readonly definition: ServiceDefinition }
  /** `notFound`, or a line that makes the unit unusable. */
  | { readonly ok: false; readonly error: 'notFound' | 'badSetting'; readonly message: string };

type ReadFile = (path: string) => string | undefined;
type ListFiles = (directory: string) => readonly string[];

const DIRECTORIES = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];

export function readService(name: string, read: ReadFile, list: ListFiles): DefinitionResult {
  const path = DIRECTORIES.map((directory) => `${directory}/${name}`).find(
    (candidate) => read(candidate) !== undefined,
  );
  if (path === undefined) return { ok: false, error: 'notFound', message: `Unit ${name} not found.` };
  const byName = new Map<string, string>();
  for (const directory of [...DIRECTORIES].reverse())
    for (const file of list(`${directory}/${name}.d`))
      if (file.endsWith('.conf')) byName.set(file.slice(file.lastIndexOf('/') + 1), file);
  const dropIns = [...byName.keys()].sort().map((file) => byName.get(file)!);
  const settings = new Map<string, string[]>();
  for (const file of [path, ...dropIns]) collect(read(file) ?? '', settings);
  const last = (key: string) => settings.get(key)?.at(-1) ?? '';
  const execStart = last('Service.ExecStart');
  if (execStart === '') {
    return {
      ok: false,
      error: 'badSetting',
      message: `Unit ${name} has a bad unit file setting.`,
    };
  }
  const restart = last('Service.Restart');
  return {
    ok: true,
    definition: {
      name,
      description: last('Unit.Description') || name,
      path,
      dropIns,
      execStart,
      environment: (settings.get('Service.Environment') ?? []).flatMap(splitWords),
      environmentFiles: settings.get('Service.EnvironmentFile') ?? [],
      restart: restart === 'always' || restart === 'on-failure' ? restart : 'no',
      restartMs: seconds(last('Service.RestartSec')) * 1_000,
      wantedBy: (settings.get('Install.WantedBy') ?? []).flatMap((text) => text.split(/\s+/)),
    },
  };
}

export type CommandLine =
  | {
      readonly ok: true;
      readonly binary: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  /** A file that must be there is not. */
  | { readonly ok: false; readonly missing: string };

/** The command as it is executed: `$NAME` is split into words, `${NAME}` is not. */
export function commandLine(definition: ServiceDefinition, read: ReadFile): CommandLine {
  const env: Record<string, string> = {};
  const assign = (text: string) => {
    const at = text.indexOf('=');
    if (at > 0) env[text.slice(0, at)] = unquoted(text.slice(at + 1));
  };
  definition.environment.forEach(assign);
  for (const entry of definition.environmentFiles) {
    const path = entry.replace(/^-/, '');
    const content = read(path);
    if (content === undefined && !entry.startsWith('-')) return { ok: false, missing: path };
    for (const line of (content ?? '').split('\n')) if (!/^\s*[#;]/.test(line)) assign(line.trim());
  }
  const words = splitWords(definition.execStart).flatMap((word) => {
    const whole = /^\$([A-Za-z_]\w*)$/.exec(word);
    if (whole !== null) return splitWords(env[whole[1]!] ?? '');
    return [word.replace(/\$\{([A-Za-z_]\w*)\}/g, (_all, name: string) => env[name] ?? '')];
  });
  const [binary = '', ...args] = words;
  return { ok: true, binary, args, env };
}

/** Adds the settings of one file: lists grow, an empty value empties the list, `\` continues a line. */
function collect(text: string, settings: Map<string, string[]>): void {
  let section = '';
  for (const raw of text.replace(/\\\n/g, ' ').split('\n')) {
    const line = raw.trim();
    const header = /^\[(\w+)\]$/.exec(line);
    if (header !== null) section = header[1]!;
    const at = line.indexOf('=');
    if (/^[#;[]/.test(line) || at < 1) continue;
    const key = `${section}.${line.slice(0, at).trim()}`;
    const value = line.slice(at + 1).trim();
    if (value === '') settings.set(key, []);
    else settings.set(key, [...(settings.get(key) ?? []), value]);
  }
}

/** Words of a command line or of `Environment=`, quotes removed. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  );
}

function unquoted(text: string): string {
  return /^(".*"|'.*')$/s.test(text) ? text.slice(1, -1) : text;
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min)?$/.exec(text);
  if (match === null) return 0.1;
  return Number(match[1]) * ({ ms: 0.001, min: 60 }[match[2] ?? ''] ?? 1);
}

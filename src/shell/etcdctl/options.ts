/** etcdctl's flags, and the same from ETCDCTL_* variables. @source etcd:etcdctl/ctlv3/ctl.go */
import type { CommandIo } from '../command.ts';
import { EtcdctlError } from './errors.ts';

export type Output = 'simple' | 'json' | 'fields' | 'table' | 'protobuf';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly kind: 'switch' | 'text' | 'number';
  readonly fallback: string;
  readonly about: string;
}

const flag = (name: string, kind: FlagSpec['kind'], fallback: string, about: string, short?: string): FlagSpec => ({
  name,
  kind,
  fallback,
  about,
  ...(short === undefined ? {} : { short }),
});

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  flag('cacert', 'text', '', 'verify certificates of TLS-enabled secure servers using this CA bundle'),
  flag('cert', 'text', '', 'identify secure client using this TLS certificate file'),
  flag('command-timeout', 'text', '5s', 'timeout for short running command (excluding dial timeout)'),
  flag('debug', 'switch', 'false', 'enable client-side debug logging'),
  flag('dial-timeout', 'text', '2s', 'dial timeout for client connections'),
  flag('discovery-srv', 'text', '', 'domain name to query for SRV records describing cluster endpoints', 'd'),
  flag('discovery-srv-name', 'text', '', 'service name to query when using DNS discovery'),
  flag('endpoints', 'text', '127.0.0.1:2379', 'gRPC endpoints'),
  flag('hex', 'switch', 'false', 'print byte strings as hex encoded strings'),
  flag('insecure-discovery', 'switch', 'true', 'accept insecure SRV records describing cluster endpoints'),
  flag(
    'insecure-skip-tls-verify',
    'switch',
    'false',
    'skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)',
  ),
  flag('insecure-transport', 'switch', 'true', 'disable transport security for client connections'),
  flag('keepalive-time', 'text', '2s', 'keepalive time for client connections'),
  flag('keepalive-timeout', 'text', '6s', 'keepalive timeout for client connections'),
  flag('key', 'text', '', 'identify secure client using this TLS key file'),
  flag(
    'password',
    'text',
    '',
    "password for authentication (if this option is used, --user option shouldn't include password)",
  ),
  flag('user', 'text', '', 'username[:password] for authentication (prompt if password is not supplied)'),
  flag('write-out', 'text', 'simple', 'set the output format (fields, json, protobuf, simple, table)', 'w'),
  flag('help', 'switch', 'false', 'help for etcdctl', 'h'),
];

export class Options {
  readonly args: readonly string[];
  private readonly given: ReadonlyMap<string, string>;
  private readonly specs: readonly FlagSpec[];
  private readonly env: ReadonlyMap<string, string>;

  constructor(
    args: readonly string[],
    given: ReadonlyMap<string, string>,
    specs: readonly FlagSpec[],
    env: ReadonlyMap<string, string>,
  ) {
    this.args = args;
    this.given = given;
    this.specs = specs;
    this.env = env;
  }

  text(name: string): string {
    const spec = this.specs.find((each) => each.name === name) ?? GLOBAL_FLAGS.find((each) => each.name === name);
    const fromEnv = this.env.get(`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`);
    return this.given.get(name) ?? fromEnv ?? spec?.fallback ?? '';
  }

  is(name: string): boolean {
    return this.text(name) === 'true';
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  number(name: string): number {
    return Number(this.text(name) || 0);
  }

  get output(): Output {
    const written = this.text('write-out');
    const known: readonly Output[] = ['simple', 'json', 'fields', 'table', 'protobuf'];
    const found = known.find((each) => each === written);
    if (found === undefined) throw new EtcdctlError('unsupported output format', 4);
    return found;
  }
}

/** @throws EtcdctlError for an unknown flag, as cobra words it */
export function parseOptions(specs: readonly FlagSpec[], words: readonly string[], io: CommandIo): Options {
  const all = [...specs, ...GLOBAL_FLAGS];
  const given = new Map<string, string>();
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      args.push(...words.slice(i + (specs.some(({ name }) => name === 'interactive') ? 0 : 1)));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      continue;
    }
    const isLong = word.startsWith('--');
    const equals = word.indexOf('=');
    const name = isLong ? word.slice(2, equals < 0 ? undefined : equals) : word.slice(1, 2);
    const spec = all.find((each) => (isLong ? each.name === name : each.short === name));
    if (spec === undefined) {
      throw new EtcdctlError(
        isLong ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${word}`,
        1,
        true,
      );
    }
    let value = equals < 0 ? (isLong || word.length === 2 ? undefined : word.slice(2)) : word.slice(equals + 1);
    if (value === undefined && spec.kind === 'switch') value = 'true';
    value ??= words[++i];
    if (value === undefined)
      throw new EtcdctlError(`flag needs an argument: ${isLong ? `--${name}` : `'${name}' in -${name}`}`, 1, true);
    if (spec.kind === 'number' && !/^[+-]?\d+$/.test(value)) {
      const shown = isLong && spec.short === undefined ? `--${name}` : `-${spec.short}, --${spec.name}`;
      throw new EtcdctlError(
        `invalid argument "${value}" for "${shown}" flag: strconv.ParseInt: parsing "${value}": invalid syntax`,
        1,
        true,
      );
    }
    given.set(spec.name, value);
  }
  return new Options(args, given, all, io.env);
}

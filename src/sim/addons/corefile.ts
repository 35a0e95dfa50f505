/** CoreDNS' configuration: server blocks of zones and ports, with a list of plugins each. @source coredns/caddy caddyfile/parse.go */

export interface ServerBlock {
  /** Zones without their final dot; '' = the root: every name. */
  readonly zones: readonly string[];
  readonly port: number;
  readonly plugins: ReadonlyMap<string, PluginConfig>;
}

export interface PluginConfig {
  readonly args: readonly string[];
  /** The lines of its block, in words. */
  readonly options: readonly (readonly string[])[];
  readonly line: number;
}

export type CorefileResult =
  | { readonly ok: true; readonly blocks: readonly ServerBlock[] }
  | { readonly ok: false; readonly error: string };

/** Plugins that a stock CoreDNS is built with; only the first group does anything here. */
export const SIMULATED_PLUGINS: readonly string[] = [
  'errors', 'health', 'ready', 'kubernetes', 'prometheus', 'forward', 'cache', 'loop', 'reload', 'loadbalance', 'log', 'hosts', 'rewrite', 'bufsize', 'debug',
]; // biome-ignore format: a list of names reads best as running text
const OTHER_PLUGINS: readonly string[] = [
  'root', 'metadata', 'geoip', 'cancel', 'tls', 'quic', 'timeouts', 'multisocket', 'nsid', 'bind', 'trace', 'pprof', 'dnstap', 'local', 'dns64', 'any', 'chaos',
  'tsig', 'header', 'acl', 'dnssec', 'autopath', 'minimal', 'template', 'transfer', 'route53', 'azure', 'clouddns', 'k8s_external', 'file', 'auto', 'secondary',
  'etcd', 'grpc', 'erratic', 'whoami', 'on', 'sign', 'view', 'nomad', 'grpc_server', 'https', 'https3',
]; // biome-ignore format: a list of names reads best as running text

/** @param path  for error texts, as CoreDNS prints them */
export function parseCorefile(text: string, path: string): CorefileResult {
  const lines = text.split('\n').map((line, i) => ({ words: wordsOf(line), number: i + 1 }));
  const blocks: ServerBlock[] = [];
  let at = 0;
  const wrong = (number: number, why: string): CorefileResult => ({
    ok: false,
    error: `${path}:${number} - Error during parsing: ${why}`,
  });
  while (at < lines.length) {
    const { words, number } = lines[at]!;
    at++;
    if (words.length === 0) continue;
    if (words.at(-1) !== '{') return wrong(number, `Unknown directive '${words[0]}'`);
    const plugins = new Map<string, PluginConfig>();
    let closed = false;
    while (at < lines.length && !closed) {
      const line = lines[at++]!;
      const [name] = line.words;
      if (name === undefined) continue;
      if (name === '}') {
        closed = true;
        continue;
      }
      if (!SIMULATED_PLUGINS.includes(name) && !OTHER_PLUGINS.includes(name))
        return wrong(line.number, `Unknown directive '${name}'`);
      const options: (readonly string[])[] = [];
      if (line.words.at(-1) === '{') {
        while (at < lines.length && lines[at]!.words[0] !== '}') {
          if (lines[at]!.words.length > 0) options.push(lines[at]!.words);
          at++;
        }
        if (at >= lines.length) return wrong(line.number, "Unexpected EOF - looking for '}'");
        at++;
      }
      plugins.set(name, { args: line.words.slice(1).filter((word) => word !== '{'), options, line: line.number });
    }
    if (!closed) return wrong(lines.length, "Unexpected EOF - looking for '}'");
    blocks.push({ ...keysOf(words.slice(0, -1)), plugins });
  }
  return { ok: true, blocks };
}

/** The first plugin that is real but does nothing here. */
export function notSimulated(blocks: readonly ServerBlock[]): string | undefined {
  for (const { plugins } of blocks)
    for (const name of plugins.keys()) if (!SIMULATED_PLUGINS.includes(name)) return name;
  return undefined;
}

/** The block with the longest zone that holds the name. */
export function blockFor(blocks: readonly ServerBlock[], name: string): ServerBlock | undefined {
  let best: ServerBlock | undefined;
  let length = -1;
  for (const block of blocks)
    for (const zone of block.zones)
      if (isInZone(name, zone) && zone.length > length) {
        best = block;
        length = zone.length;
      }
  return best;
}

/** Whether a name is the zone or lies in it; everything lies in the root ''. */
export function isInZone(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

function keysOf(keys: readonly string[]): { zones: string[]; port: number } {
  let port = 53;
  const zones = keys.map((key) => {
    const plain = key.replace(/^dns:\/\//, '').replace(/,$/, '');
    const [zone = '', text] = plain.split(':');
    if (text !== undefined) port = Number(text);
    return zone.replace(/\.$/, '').toLowerCase();
  });
  return { zones, port };
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g)) {
    if (match[2] !== undefined) break;
    words.push(match[1] ?? match[3] ?? '');
  }
  return words;
}

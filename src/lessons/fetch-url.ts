/** A web request from a pod or a machine, names and all: what a goal such as «the client reaches the shop» tries. */

import type { Gateway } from '../shell/gateway.ts';
import type { DnsAnswer } from '../sim/api/dns.ts';
import type { AppResponse } from '../sim/api/http.ts';
import { serviceIp } from '../sim/spec.ts';

export interface Place {
  readonly host: string;
  /** The pod's, when it comes out of one. */
  readonly ip?: string | undefined;
  /** The pod's. */
  readonly namespace?: string | undefined;
}

export type Fetched = { readonly ok: true; readonly status: number } | { readonly ok: false; readonly error: string };

export async function fetchUrl(gateway: Gateway, url: string, place: Place, timeoutMs: number): Promise<Fetched> {
  const match = /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  if (match === null) return { ok: false, error: `not an http:// address: ${url}` };
  const [, name = '', port = '80', path = '/'] = match;
  const address = await addressOf(gateway, name, place, timeoutMs);
  if (address === undefined) return { ok: false, error: `${name}: the name does not resolve` };
  const { host, ip } = place;
  const body = { method: 'GET', path, headers: { host: name } };
  const answer = await gateway.call(`${address}:${port}`, body, { host, ip, timeoutMs });
  return answer.ok ? { ok: true, status: (answer.body as AppResponse).status } : { ok: false, error: answer.error };
}

async function addressOf(gateway: Gateway, name: string, place: Place, timeoutMs: number): Promise<string | undefined> {
  if (/^[0-9.]+$/.test(name)) return name;
  const { world } = gateway;
  const known = world.kernel.state.hosts.get(name)?.ip;
  if (place.ip === undefined) return known;
  const { domain } = world.spec;
  const server = serviceIp(world.spec, 10);
  const search = [`${place.namespace ?? 'default'}.svc.${domain}`, `svc.${domain}`, domain];
  for (const candidate of [...search.map((suffix) => `${name}.${suffix}`), name]) {
    const question = { name: candidate, type: 'A' };
    const answer = await gateway.call(`${server}:53`, question, {
      host: place.host,
      ip: place.ip,
      timeoutMs,
      protocol: 'udp',
    });
    if (!answer.ok) return undefined;
    const found = (answer.body as DnsAnswer).answers.find(({ type }) => type === 'A');
    if (found !== undefined) return found.data;
  }
  return known;
}

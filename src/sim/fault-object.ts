/** The fault `edit-object`: somebody with the administrator's rights changes an object through the API, and puts it back when it heals. */
import type { HttpRequest } from './api/http.ts';
import { allKinds, findKind } from './api/kinds.ts';
import { formatApiPath } from './api/path.ts';
import type { KubeObject } from './api/types.ts';
import { configFromKubeconfig } from './client/api-client.ts';
import type { InputResult } from './inputs.ts';
import { hostOf, type Kernel, linuxData } from './kernel/kernel.ts';
import { objectNamed } from './observe.ts';
import { terminal } from './terminal.ts';

const ADMIN = '/root/.kube/config';

/** @param patch  a JSON merge patch as text: `{"spec":{"replicas":0}}` */
export function editObject(kernel: Kernel, target: string, patch: string, heal: boolean): InputResult {
  const undone = linuxData(hostOf(kernel.state, 'laptop'), 'edited-objects', () => new Map<string, unknown>());
  const name = `${target} ${patch}`;
  if (heal) {
    const inverse = undone.get(name);
    undone.delete(name);
    return inverse === undefined ? { ok: true } : send(kernel, target, inverse);
  }
  const change = readPatch(patch);
  if (change === undefined)
    return { ok: false, error: `${patch} is no JSON merge patch, such as {"spec":{"replicas":0}}` };
  const object = objectNamed(kernel.state, target);
  if (object === undefined)
    return { ok: false, error: `there is no object ${target}; write KIND/NAME or KIND/NAMESPACE/NAME` };
  undone.set(name, inverseOf(change, object));
  return send(kernel, target, change);
}

function readPatch(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The merge patch that undoes another: what stood there, or null for what did not. */
function inverseOf(patch: Readonly<Record<string, unknown>>, object: unknown): Record<string, unknown> {
  const fields = isMap(object) ? object : {};
  const inverse: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    const before = fields[key];
    inverse[key] = isMap(value) && isMap(before) ? inverseOf(value, before) : (before ?? null);
  }
  return inverse;
}

function send(kernel: Kernel, target: string, body: unknown): InputResult {
  const from = terminal(kernel, 'laptop', undefined);
  const config = configFromKubeconfig(hostOf(kernel.state, 'laptop').files.get(ADMIN)?.content, ADMIN, 'fault');
  const object = objectNamed(kernel.state, target);
  const path = object === undefined ? undefined : pathOf(target, object);
  if (from === undefined || !config.ok || path === undefined) return { ok: false, error: `${target} cannot be edited` };
  const request: HttpRequest = { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' };
  kernel.calls.request(from, config.config.server, request, { tls: config.config.tls, timeoutMs: 10_000 });
  return { ok: true };
}

function pathOf(target: string, { metadata }: KubeObject): string | undefined {
  const word = target.split('/')[0] ?? '';
  const kind = findKind(word) ?? allKinds.find((each) => each.kind === word);
  if (kind === undefined) return undefined;
  const { group, version, plural: resource } = kind;
  return formatApiPath({ group, version, resource, namespace: metadata.namespace, name: metadata.name });
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * ComponentStatus (deprecated, but `kubectl get cs` still asks): the scheduler's and controller manager's health ports are called at the
 * moment of the request, on this server's own host.
 * @source pkg/registry/core/componentstatus/rest.go
 */
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import type { Kind } from '../api/kind.ts';
import { notFound } from '../api/status.ts';
import type { KubeObject } from '../api/types.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer, refuse } from './request.ts';
import { tableOf } from './tables.ts';

export interface ComponentTag {
  readonly for: 'component';
  readonly request: number;
  readonly name: string;
}

const PORTS: ReadonlyMap<string, number> = new Map([
  ['controller-manager', 10_257],
  ['scheduler', 10_259],
]);
const TIMEOUT_MS = 20_000;

/** Calls the components; the request goes on when the last has answered. */
export function probeComponents({ me, io }: Server, request: ApiRequest): undefined {
  const errors = new Map<string, string>([['etcd-0', me.etcd.error]]);
  request.scratch = errors;
  request.step = 'probing';
  for (const [name, port] of PORTS) {
    const body: HttpRequest = { method: 'GET', path: '/healthz' };
    const tag: ComponentTag = { for: 'component', request: request.call, name };
    io.request(`127.0.0.1:${port}`, body, { tag, timeoutMs: TIMEOUT_MS, tls: { insecureSkipVerify: true } });
  }
}

/** One component has answered, or cannot be reached. */
export function componentAnswered(
  server: Server,
  request: ApiRequest,
  kind: Kind,
  tag: ComponentTag,
  ok: boolean,
  bodyOrError: unknown,
): undefined {
  const errors = request.scratch as Map<string, string>;
  const port = PORTS.get(tag.name);
  if (!ok) errors.set(tag.name, `Get "https://127.0.0.1:${port}/healthz": ${String(bodyOrError)}`);
  else {
    const { status, body } = bodyOrError as HttpResponse;
    errors.set(tag.name, status === 200 ? '' : String(body));
  }
  if (errors.size <= PORTS.size) return;
  const components = ['etcd-0', ...PORTS.keys()].map((name) => componentStatus(name, errors.get(name) ?? ''));
  const { name } = request.attributes;
  const { accept, query } = request.http;
  const whole = query?.['includeObject'] === 'Object';
  const found = name === '' ? components : components.filter(({ metadata }) => metadata.name === name);
  if (found.length === 0) return refuse(request, notFound({ group: '', resource: kind.plural }, name));
  if (accept === 'table') return answer(request, 200, tableOf(kind, found, {}, server.io.wallMs(), whole));
  if (name !== '') return answer(request, 200, found[0]);
  answer(request, 200, { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: {}, items: found });
}

function componentStatus(name: string, error: string): KubeObject {
  const healthy = { type: 'Healthy', status: error === '' ? 'True' : 'False', message: error === '' ? 'ok' : error };
  return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [healthy] };
}

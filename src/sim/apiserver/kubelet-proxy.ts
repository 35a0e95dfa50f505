/**
 * Subresources that the node's kubelet answers: log, exec, attach, port-forward of pods, proxy of nodes. The API server finds the
 * node's address, calls port 10250 there and hands the stream through; so a dead kubelet is met here.
 *
 * What the kubelet is sent is an `HttpRequest` with the client's query and body and one of these paths:
 * `GET /containerLogs/NS/POD/CONTAINER`, `POST /exec/NS/POD/CONTAINER`, `POST /attach/NS/POD/CONTAINER`, `POST /portForward/NS/POD`.
 * @source pkg/registry/core/pod/strategy.go LogLocation, streamLocation; pkg/kubelet/client/kubelet_client.go
 */

import type { HttpRequest, HttpResponse } from '../api/http.ts';
import { parseApiPath } from '../api/path.ts';
import { badRequest, methodNotAllowed, notFound, serviceUnavailable, unknownError } from '../api/status.ts';
import type { Node, Pod } from '../api/types.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer, refuse } from './request.ts';
import { cached } from './watch-cache.ts';

export interface KubeletTag {
  readonly for: 'kubelet';
  readonly request: number;
  /** How errors are introduced. */
  readonly url: string;
  readonly subresource: string;
}

const TIMEOUT_MS = 30_000;

export function proxyRequest(server: Server, request: ApiRequest): undefined {
  const { resource, subresource, namespace, name } = request.attributes;
  if (resource === 'nodes') {
    const path = parseApiPath(request.http.path);
    const rest = path.type === 'resource' ? path.rest : '';
    return toKubelet(server, request, name, request.http.method, `/${rest}`);
  }
  if (resource === 'services' || subresource === 'proxy')
    return refuse(request, serviceUnavailable('not simulated: proxy to pods and services'));
  const pod = cached(server.me, '/registry/pods', `${namespace}/${name}`) as Pod | undefined;
  if (pod === undefined) return refuse(request, notFound({ group: '', resource: 'pods' }, name));
  if (subresource === 'log' && request.http.method !== 'GET') return refuse(request, methodNotAllowed());
  if (subresource === 'portforward') return toPod(server, request, pod, 'portForward', '');
  const container = containerOf(pod, request.http.query?.['container'] ?? bodyContainer(request.http.body));
  if ('error' in container) return refuse(request, badRequest(container.error));
  if (subresource === 'log') {
    // A pod that is on no node yet has said nothing yet.
    if ((pod.spec.nodeName ?? '') === '') return answer(request, 200, '');
    return toPod(server, request, pod, 'containerLogs', container.name);
  }
  toPod(server, request, pod, subresource, container.name);
}

/** The kubelet has answered, or has not. */
export function kubeletAnswered(request: ApiRequest, tag: KubeletTag, ok: boolean, bodyOrError: unknown): undefined {
  if (ok) {
    request.answer = bodyOrError as HttpResponse;
    return;
  }
  const error = String(bodyOrError);
  const text =
    tag.subresource === 'log' || tag.subresource === 'proxy'
      ? `Get "${tag.url}": ${error}`
      : `error dialing backend: ${error}`;
  refuse(request, unknownError(text));
}

function toPod(server: Server, request: ApiRequest, pod: Pod, verb: string, container: string): undefined {
  const node = pod.spec.nodeName ?? '';
  if (node === '') return refuse(request, badRequest(`pod ${pod.metadata.name} does not have a host assigned`));
  const path = `/${verb}/${pod.metadata.namespace}/${pod.metadata.name}${container === '' ? '' : `/${container}`}`;
  toKubelet(server, request, node, request.attributes.subresource === 'log' ? 'GET' : 'POST', path);
}

function toKubelet(
  server: Server,
  request: ApiRequest,
  nodeName: string,
  method: HttpRequest['method'],
  path: string,
): undefined {
  const { me, io } = server;
  const node = cached(me, '/registry/minions', nodeName) as Node | undefined;
  if (node === undefined) return refuse(request, notFound({ group: '', resource: 'nodes' }, nodeName));
  const address = addressOf(node, me.options.kubeletAddressTypes);
  if (address === undefined) {
    return refuse(
      request,
      unknownError(`no preferred addresses found; known addresses: ${JSON.stringify(node.status?.addresses ?? [])}`),
    );
  }
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250;
  const { query, body } = request.http;
  const call: HttpRequest = {
    method,
    path,
    ...(query !== undefined && { query }),
    ...(body !== undefined && { body }),
    userAgent: 'kube-apiserver',
  };
  const text = Object.entries(query ?? {}).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const url = `https://${address}:${port}${path}${text.length === 0 ? '' : `?${text.join('&')}`}`;
  const { subresource } = request.attributes;
  const tag: KubeletTag = { for: 'kubelet', request: request.call, url, subresource };
  const endless = query?.['follow'] === 'true' || subresource !== 'log';
  request.step = 'kubelet';
  request.backend = io.request(`${address}:${port}`, call, {
    tag,
    tls: me.credentials.kubeletTls,
    timeoutMs: endless ? 0 : TIMEOUT_MS,
  });
}

function addressOf({ status }: Node, types: readonly string[]): string | undefined {
  for (const type of types) {
    const found = status?.addresses?.find((address) => address.type === type);
    if (found !== undefined) return found.address;
  }
  return undefined;
}

function containerOf(pod: Pod, wanted: string | undefined): { name: string } | { error: string } {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const { name } = pod.metadata;
  if (wanted !== undefined && wanted !== '') {
    const all = [...containers, ...initContainers, ...ephemeralContainers];
    return all.some((container) => container.name === wanted)
      ? { name: wanted }
      : { error: `container ${wanted} is not valid for pod ${name}` };
  }
  if (containers.length === 1) return { name: containers[0]!.name };
  const list = containers.map((container) => container.name).join(' ');
  const init =
    initContainers.length === 0
      ? ''
      : ` or one of the init containers: [${initContainers.map((container) => container.name).join(' ')}]`;
  return { error: `a container name must be specified for pod ${name}, choose one of: [${list}]${init}` };
}

function bodyContainer(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('container' in body)) return undefined;
  return typeof body.container === 'string' ? body.container : undefined;
}

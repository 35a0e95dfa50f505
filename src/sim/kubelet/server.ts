/**
 * The kubelet's own ports: 10250 (TLS; logs, exec, the pods it knows) and 10248 (health, for this machine only).
 * Callers show a certificate of the cluster's authority, and the API server is asked whether they may.
 * @source pkg/kubelet/server/server.go, auth.go
 */
import { parseCertificates, verify } from '../api/certificate.ts';
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import { unauthorized } from '../api/status.ts';
import { apiRequest, readReply } from '../client/api-client.ts';
import { klog } from '../client/klog.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import type { KubeletMemory, ServedCall } from './memory.ts';
import { finish, podNotFound, serveExec, serveLog } from './server-streams.ts';
import type { PodWorker } from './worker.ts';

interface Asked {
  readonly call: CallId;
  readonly body: HttpRequest;
  readonly clientCertificate?: string;
}

interface AccessTag {
  readonly access: string;
  readonly served: number;
}

const ALLOWED_MS = 300_000;
const DENIED_MS = 30_000;

export function listenAll(me: KubeletMemory, io: Io): void {
  const { config } = me;
  if (config === undefined) return;
  const certificate = io.readFile(`${config.certDirectory}/kubelet.crt`);
  const clientCa = io.readFile(config.clientCaFile);
  if (config.clientCaFile !== '' && clientCa === undefined) {
    klog(
      io,
      'E',
      'run.go:72',
      `"command failed" err="failed to construct kubelet dependencies: unable to load client CA file ${config.clientCaFile}: open ${config.clientCaFile}: no such file or directory"`,
    );
    io.exit(1);
    return;
  }
  const tls = {
    certificate: certificate ?? '',
    key: io.readFile(`${config.certDirectory}/kubelet.key`),
    clientCa,
    clientAuth: 'request',
  } as const;
  if (!io.listen(config.port, { tls })) {
    klog(
      io,
      'E',
      'server.go:216',
      `"Failed to listen and serve" err="listen tcp 0.0.0.0:${config.port}: bind: address already in use"`,
    );
    io.exit(1);
  }
  io.listen(config.healthzPort, { ip: '127.0.0.1' });
  klog(io, 'I', 'server.go:180', `"Starting to listen" address="0.0.0.0" port=${config.port}`);
}

export function served(me: KubeletMemory, io: Io, { call, body, clientCertificate }: Asked): void {
  if (typeof body !== 'object' || body === null || typeof body.path !== 'string') {
    io.cancel(call, 'malformed HTTP request');
    return;
  }
  // Only this machine reaches the port without TLS, and only for this.
  if (clientCertificate === undefined && body.path.startsWith('/healthz')) {
    io.reply(call, { status: 200, body: 'ok' });
    return;
  }
  const config = me.config;
  const roots = config === undefined ? undefined : io.readFile(config.clientCaFile);
  const problem =
    clientCertificate === undefined
      ? 'none'
      : verify(clientCertificate, { roots: roots ?? '', nowMs: io.wallMs(), usage: 'client auth' });
  if (config === undefined || (problem !== undefined && !config.anonymousAuth)) {
    io.reply(call, { status: 401, body: unauthorized() });
    return;
  }
  const id = me.nextServed++;
  const waiting: ServedCall = { call, request: body, log: '', sent: 0 };
  me.served.set(id, waiting);
  const subject = clientCertificate === undefined ? undefined : parseCertificates(clientCertificate)[0]?.subject;
  const user = subject?.cn ?? 'system:anonymous';
  const groups = subject === undefined ? ['system:unauthenticated'] : [...subject.o, 'system:authenticated'];
  if (config.authorizationMode === 'AlwaysAllow') serve(me, io, id, waiting);
  else authorize(me, io, id, waiting, user, groups);
}

/** True: the event was the answer to "may they?". */
export function accessAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as Partial<AccessTag> | undefined;
  if (event.type !== 'REPLY' || typeof tag?.access !== 'string') return false;
  const waiting = me.served.get(tag.served ?? -1);
  const reply = readReply(event);
  const status = reply.ok ? (reply.body as { readonly status?: { readonly allowed?: boolean } }).status : undefined;
  const allowed = status?.allowed === true;
  if (reply.ok) me.authorized.set(tag.access, { allowed, untilMs: io.wallMs() + (allowed ? ALLOWED_MS : DENIED_MS) });
  if (waiting === undefined) return true;
  if (!reply.ok)
    finish(me, io, waiting, { status: 500, body: `Authorization error (${tag.access.replaceAll('|', ', ')})` });
  else decided(me, io, tag.served ?? -1, waiting, tag.access, allowed);
  return true;
}

/** Who asked has gone. */
export function unserved(me: KubeletMemory, io: Io, call: CallId): void {
  for (const [id, waiting] of me.served) {
    if (waiting.call !== call) continue;
    me.served.delete(id);
    if (waiting.log !== '' && ![...me.served.values()].some(({ log }) => log === waiting.log))
      io.unwatchFiles(waiting.log);
  }
}

function authorize(
  me: KubeletMemory,
  io: Io,
  id: number,
  waiting: ServedCall,
  user: string,
  groups: readonly string[],
): void {
  const request = waiting.request as HttpRequest;
  const verb = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[request.method];
  const subresource = subresourceOf(request.path);
  const access = `user=${user}|verb=${verb}|resource=nodes|subresource=${subresource}`;
  const known = me.authorized.get(access);
  if (known !== undefined && io.wallMs() < known.untilMs) {
    decided(me, io, id, waiting, access, known.allowed);
    return;
  }
  if (me.client === undefined) {
    finish(me, io, waiting, { status: 500, body: 'no API server to ask for authorization' });
    return;
  }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      user,
      groups,
      resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: me.config?.nodeName },
    },
  };
  const tag: AccessTag = { access, served: id };
  apiRequest(
    me.client,
    io,
    { method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body },
    tag,
    10_000,
  );
}

function decided(me: KubeletMemory, io: Io, id: number, waiting: ServedCall, access: string, allowed: boolean): void {
  if (allowed) serve(me, io, id, waiting);
  else finish(me, io, waiting, { status: 403, body: `Forbidden (${access.replaceAll('|', ', ')})` });
}

function serve(me: KubeletMemory, io: Io, id: number, waiting: ServedCall): void {
  const request = waiting.request as HttpRequest;
  const [, verb = '', namespace = '', name = '', containerName = ''] = request.path.split('/');
  const answer = (response: HttpResponse) => finish(me, io, waiting, response);
  switch (verb) {
    case 'healthz':
      answer({ status: 200, body: 'ok' });
      return;
    case 'pods':
    case 'runningpods': {
      const items = [...me.pods.values()].map(({ pod, status }) => (status === undefined ? pod : { ...pod, status }));
      answer({ status: 200, body: { apiVersion: 'v1', kind: 'PodList', metadata: {}, items } });
      return;
    }
    case 'containerLogs':
    case 'exec':
    case 'run':
    case 'attach': {
      const pod = findPod(me, namespace, name);
      const container = pod?.containers.find((candidate) => candidate.name === containerName);
      if (pod === undefined) answer(podNotFound(namespace, name));
      else if (container === undefined)
        answer({ status: 400, body: `container ${containerName} is not valid for pod ${name}` });
      else if (verb === 'containerLogs') serveLog(me, io, waiting, pod, container, request);
      else if (verb === 'attach')
        serveLog(me, io, waiting, pod, container, { ...request, query: { follow: 'true', tailLines: '0' } });
      else serveExec(me, io, id, waiting, container, request);
      return;
    }
    default:
      answer({ status: 501, body: `not simulated: kubelet ${request.path}` });
  }
}

function findPod(me: KubeletMemory, namespace: string, name: string): PodWorker | undefined {
  return me.pods.get(me.byName.get(`${namespace}/${name}`)?.at(-1) ?? '');
}

function subresourceOf(path: string): string {
  const first = path.split('/')[1] ?? '';
  return ['stats', 'metrics', 'logs', 'checkpoint', 'pods', 'healthz', 'configz'].includes(first)
    ? first.replace(/^logs$/, 'log')
    : 'proxy';
}

/** Everything a kube-apiserver does before it serves: flags, files, the first look at etcd, what must exist in every cluster. */
import { checkKeyPair, parseCertificates, privateKeyIdOf, publicKeyIdsOf } from '../api/certificate.ts';
import { prefixRangeEnd, type RangeResponse, type WatchResponse } from '../api/etcd.ts';
import { goQuote } from '../api/field-error.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import { isPluginSimulated } from './admission.ts';
import { DEFAULT_ON } from './admission-plugins.ts';
import { askEtcd, reachable, readEtcd, tryNextEndpoint, unreachable } from './etcd-connection.ts';
import type { CacheEvent, Credentials, ResourceCache, Server } from './memory.ts';
import { type Options, parseOptions } from './options.ts';
import { wakeWaiting } from './serving.ts';
import { applyEvent, loadCache } from './watch-cache.ts';
import { expireWatches, fanOut } from './watchers.ts';

const REGISTRY = '/registry/';
/** How long the server waits for etcd before it gives up and is restarted. */
export const ETCD_PATIENCE_MS = 20_000;
const RETRY_US = SECOND;

/** Reads flags and files. False: it has exited, with the real one's words. */
export function configure(server: Server): boolean {
  const { me, io } = server;
  me.startedAt = io.now;
  const parsed = parseOptions(me.args, me.ip);
  if (!parsed.ok) {
    if (parsed.kind === 'usage') io.log(`Error: ${parsed.error}`);
    else commandFailed(io, parsed.error);
    io.exit(1);
    return false;
  }
  klog(io, 'I', 'options.go:263', `external host was not specified, using ${parsed.options.advertiseAddress}`);
  klog(io, 'I', 'server.go:150', '"Version: v1.36.2"');
  me.options = parsed.options;
  for (const [name] of parsed.set) {
    if (NOT_SIMULATED.has(name))
      klog(io, 'W', 'server.go:150', `not simulated: --${name} is accepted and has no effect`);
  }
  for (const plugin of parsed.options.admissionPlugins) {
    if (!DEFAULT_ON.includes(plugin) && !isPluginSimulated(plugin)) {
      klog(io, 'W', 'plugins.go:157', `not simulated: admission plugin ${plugin}`);
    }
  }
  const credentials = readCredentials(server, parsed.options);
  if (typeof credentials === 'string') {
    commandFailed(io, credentials);
    io.exit(1);
    return false;
  }
  const etcdTls = readEtcdTls(server, parsed.options);
  if (typeof etcdTls === 'string') {
    klog(io, 'F', 'instance.go:233', `Error creating leases: error creating storage factory: ${etcdTls}`);
    io.exit(255);
    return false;
  }
  me.credentials = { ...credentials, etcdTls };
  me.etcd.endpoints = [...parsed.options.etcdServers];
  const { clientCaFile, tlsCertFile, tlsKeyFile, etcdCertFile, etcdKeyFile } = parsed.options;
  for (const path of [clientCaFile, tlsCertFile, tlsKeyFile, etcdCertFile, etcdKeyFile])
    if (path !== '') io.watchFiles(path);
  return true;
}

/** Flags that real servers act on and this one does not. */
const NOT_SIMULATED: ReadonlySet<string> = new Set([
  'admission-control-config-file',
  'audit-log-path',
  'audit-policy-file',
  'audit-webhook-config-file',
  'authentication-config',
  'authentication-token-webhook-config-file',
  'authorization-config',
  'authorization-policy-file',
  'authorization-webhook-config-file',
  'egress-selector-config-file',
  'encryption-provider-config',
  'feature-gates',
  'oidc-issuer-url',
  'service-account-signing-endpoint',
  'tls-sni-cert-key',
  'token-auth-file',
  'tracing-config-file',
]);

function commandFailed(io: Io, error: string): undefined {
  klog(io, 'E', 'run.go:72', `"command failed" err="${error.replaceAll('"', '\\"')}"`);
}

/** Certificates and keys were replaced on disk: those of our own, and the one shown to etcd. False: they cannot be used. */
export function readAgain(server: Server): boolean {
  const { me, io } = server;
  const etcdTls = readEtcdTls(server, me.options);
  const { etcdTls: known } = me.credentials;
  // etcd's client reads its certificate at each handshake, the authority once.
  if (known !== undefined && typeof etcdTls === 'object' && etcdTls.certificate !== known.certificate)
    me.credentials = { ...me.credentials, etcdTls: { ...etcdTls, ca: known.ca } };
  const credentials = readCredentials(server, me.options);
  if (typeof credentials === 'string') {
    klog(io, 'E', 'dynamic_serving_content.go:141', `key failed with : ${credentials}`);
    return false;
  }
  me.credentials = { ...credentials, etcdTls: me.credentials.etcdTls };
  return true;
}

/** The next connection is met with what the files say now. */
export function reloadCredentials(server: Server): undefined {
  const { me, io } = server;
  if (!readAgain(server)) return;
  klog(io, 'I', 'tlsconfig.go:203', '"Loaded serving cert"');
  io.unlisten(me.options.securePort);
  serve(server);
}

/** Listens on the secure port. */
export function serve({ me, io }: Server): boolean {
  const { securePort, bindAddress } = me.options;
  const tls =
    me.credentials.servingCertificate === ''
      ? undefined
      : {
          certificate: me.credentials.servingCertificate,
          key: me.credentials.servingKey,
          clientCa: me.credentials.clientCa,
          clientAuth: 'request' as const,
        };
  const ip = bindAddress === '0.0.0.0' || bindAddress === '::' ? undefined : bindAddress;
  if (io.listen(securePort, { ...(tls !== undefined && { tls }), ...(ip !== undefined && { ip }) })) return true;
  const address = `${bindAddress}:${securePort}`;
  klog(
    io,
    'E',
    'run.go:72',
    `"command failed" err="failed to create listener: failed to listen on ${address}: listen tcp ${address}: bind: address already in use"`,
  );
  io.exit(1);
  return false;
}

/** Asks for all there is. */
export function load(server: Server): undefined {
  const request = { method: 'Range', key: REGISTRY, rangeEnd: prefixRangeEnd(REGISTRY) } as const;
  askEtcd(server, request, { for: 'load', what: '', tries: 0 }, ETCD_PATIENCE_MS);
}

/** All there is has come, or has not; then it is asked for again, elsewhere if there are other members. */
export function loaded(server: Server, event: KernelEvent): undefined {
  const { me, io } = server;
  const reply = readEtcd(server, event);
  if (!reply.ok) {
    tryNextEndpoint(server, reply, { for: 'load', what: '', tries: 0 });
    io.setTimer('etcd', RETRY_US, { type: 'LOAD' });
    return;
  }
  const { kvs, header } = reply.body as RangeResponse;
  const again = me.cache.synced;
  loadCache(me, kvs, header.revision, io.now);
  if (again) expireWatches(server);
  openEtcdWatch(server);
  wakeWaiting(server);
  io.raise({ type: 'LOADED' });
}

/** The one watch that keeps the cache up to date, from where the cache stands. */
export function openEtcdWatch(server: Server): undefined {
  const { me, io } = server;
  if (me.etcd.watchCall !== 0) io.cancel(me.etcd.watchCall);
  const startRevision = me.cache.revision + 1;
  const request = {
    method: 'Watch',
    key: REGISTRY,
    rangeEnd: prefixRangeEnd(REGISTRY),
    startRevision,
    progressNotify: true,
    requireLeader: true,
  } as const;
  me.etcd.watchCall = askEtcd(server, request, { for: 'watch', what: '', tries: 0 }, 0);
}

/** One response of that watch. */
export function watched(server: Server, response: WatchResponse): undefined {
  const { me, io } = server;
  if (response.canceled) {
    me.etcd.watchCall = 0;
    if (response.compactRevision !== 0) {
      klog(io, 'W', 'watcher.go:338', 'watch chan error: etcdserver: mvcc: required revision has been compacted');
      load(server);
      return;
    }
    lost(server, response.cancelReason ?? 'etcdserver: watch canceled');
    return;
  }
  if (response.created) reachable(server);
  const changes: { resource: ResourceCache; event: CacheEvent }[] = [];
  const mastersBefore = me.cache.masters.size;
  for (const event of response.events) {
    const change = applyEvent(me, event, io.now);
    if (change !== undefined) changes.push(change);
  }
  // The header of a response with events may be ahead of them: only the events themselves, or an empty response, say how far we are.
  const last = response.events[response.events.length - 1];
  const revision = last === undefined ? (response.created ? 0 : response.header.revision) : last.kv.modRevision;
  if (revision > me.cache.revision) me.cache.revision = revision;
  if (changes.length > 0) fanOut(server, changes);
  if (me.cache.masters.size !== mastersBefore) io.raise({ type: 'MASTERS_CHANGED' });
  wakeWaiting(server);
}

/** The watch broke off: try again in a second, at the next member. */
export function lost(server: Server, error: string): undefined {
  const { me, io } = server;
  me.etcd.watchCall = 0;
  if (me.etcd.error === '') klog(io, 'E', 'reflector.go:200', `"Failed to watch" err="${error}"`);
  unreachable(server, error);
  me.etcd.current = (me.etcd.current + 1) % me.etcd.endpoints.length;
  io.setTimer('etcd', RETRY_US, { type: 'REWATCH' });
}

function readCredentials({ io }: Server, options: Options): Omit<Credentials, 'etcdTls'> | string {
  const missing = (path: string) => `open ${path}: no such file or directory`;
  const clientCa = options.clientCaFile === '' ? '' : io.readFile(options.clientCaFile);
  if (clientCa === undefined) return `unable to load client CA file: ${missing(options.clientCaFile)}`;
  if (clientCa !== '' && parseCertificates(clientCa).length === 0) {
    return `unable to load client CA file: error reading ${goQuote(options.clientCaFile)}: data does not contain any valid RSA or ECDSA certificates`;
  }
  const serviceAccountKeys: string[] = [];
  const keyFiles =
    options.serviceAccountKeyFiles.length > 0 ? options.serviceAccountKeyFiles : [options.serviceAccountSigningKeyFile];
  for (const path of keyFiles) {
    const pem = io.readFile(path);
    if (pem === undefined) return `error reading public key file ${path}: ${missing(path)}`;
    const ids = publicKeyIdsOf(pem);
    if (ids.length === 0)
      return `error reading public key file ${path}: data does not contain any valid RSA or ECDSA public keys`;
    serviceAccountKeys.push(...ids);
  }
  const signing = io.readFile(options.serviceAccountSigningKeyFile);
  if (signing === undefined)
    return `failed to parse service-account-issuer-key-file: ${missing(options.serviceAccountSigningKeyFile)}`;
  const signingKey = privateKeyIdOf(signing);
  if (signingKey === undefined) {
    return `failed to parse service-account-issuer-key-file: error parsing private key file ${options.serviceAccountSigningKeyFile}: data does not contain a valid RSA or ECDSA private key`;
  }
  let servingCertificate = '';
  let servingKey = '';
  if (options.tlsCertFile !== '' || options.tlsKeyFile !== '') {
    const [certificate, key] = [io.readFile(options.tlsCertFile), io.readFile(options.tlsKeyFile)];
    if (certificate === undefined) return missing(options.tlsCertFile);
    if (key === undefined) return missing(options.tlsKeyFile);
    const error = checkKeyPair(certificate, key);
    if (error !== undefined) return error;
    servingCertificate = certificate;
    servingKey = key;
  }
  const read = (path: string) => (path === '' ? undefined : io.readFile(path));
  const ca = read(options.kubeletCaFile);
  const kubeletTls = {
    ca,
    certificate: read(options.kubeletCertFile),
    key: read(options.kubeletKeyFile),
    insecureSkipVerify: options.kubeletCaFile === '',
  };
  return { clientCa, servingCertificate, servingKey, serviceAccountKeys, signingKey, kubeletTls };
}

function readEtcdTls({ io }: Server, options: Options): Credentials['etcdTls'] | string {
  const { etcdCaFile, etcdCertFile, etcdKeyFile } = options;
  if (etcdCaFile === '' && etcdCertFile === '' && etcdKeyFile === '') return undefined;
  for (const path of [etcdCertFile, etcdKeyFile, etcdCaFile]) {
    if (path !== '' && io.readFile(path) === undefined) return `open ${path}: no such file or directory`;
  }
  const read = (path: string) => (path === '' ? undefined : io.readFile(path));
  const certificate = read(etcdCertFile);
  const key = read(etcdKeyFile);
  if (certificate !== undefined && key !== undefined) {
    const error = checkKeyPair(certificate, key);
    if (error !== undefined) return error;
  }
  return { ca: read(etcdCaFile), certificate, key };
}

/**
 * Bootstrap tokens: expired ones are deleted, and cluster-info is signed with those that may sign, so that a machine that joins can trust it.
 * Models pkg/controller/bootstrap (tokencleaner.go, bootstrapsigner.go).
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToBase64Url, decodeBase64, utf8Bytes } from '../api/base64.ts';
import { semanticEqual } from '../api/equal.ts';
import { parseTime } from '../api/time.ts';
import type { ConfigMap, Secret } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type View } from './controller.ts';
import { objectPath } from './resources.ts';

const TYPE = 'bootstrap.kubernetes.io/token';
const CLUSTER_INFO = 'kube-public/cluster-info';
const SIGNATURE = 'jws-kubeconfig-';

export const tokenCleanerController: Controller = {
  name: 'token-cleaner-controller',
  account: 'token-cleaner',
  onlyWhenNamed: true,
  watches: ['secrets'],
  workers: 1,
  keysOf: (_resource, { object, key, type }) => (type !== 'deleted' && isToken(object as Secret) ? [key] : []),
  reconcile(key, view) {
    const secret = view.get('secrets', key) as Secret | undefined;
    const expiresMs = secret === undefined ? undefined : parseTime(textOf(secret, 'expiration'));
    if (secret === undefined || expiresMs === undefined) return NOTHING_TO_DO;
    if (expiresMs > view.nowMs) return { writes: [], requeueAfterMs: expiresMs - view.nowMs };
    const body = { preconditions: { uid: secret.metadata.uid } };
    return {
      writes: [{ request: { method: 'DELETE', path: objectPath('secrets', secret), body }, tolerate: [404, 409] }],
    };
  },
};

export const bootstrapSignerController: Controller = {
  name: 'bootstrap-signer-controller',
  account: 'bootstrap-signer',
  onlyWhenNamed: true,
  watches: ['secrets', 'configmaps'],
  workers: 1,
  keysOf(resource, { object, key }) {
    if (resource === 'secrets') return isToken(object as Secret) ? [CLUSTER_INFO] : [];
    return key === CLUSTER_INFO ? [key] : [];
  },
  reconcile(key, view) {
    const info = view.get('configmaps', key) as ConfigMap | undefined;
    const content = info?.data?.['kubeconfig'];
    if (info === undefined || content === undefined) return NOTHING_TO_DO;
    const entries = Object.entries(info.data ?? {}).filter(([name]) => !name.startsWith(SIGNATURE));
    for (const [id, secret] of signingTokens(view))
      entries.push([`${SIGNATURE}${id}`, detachedSignature(content, id, secret)]);
    const data = Object.fromEntries(entries);
    if (semanticEqual(data, info.data)) return NOTHING_TO_DO;
    const body = { ...info, data };
    return { writes: [{ request: { method: 'PUT', path: objectPath('configmaps', info), body }, tolerate: [404] }] };
  },
};

function isToken({ type, metadata }: Secret): boolean {
  return type === TYPE && metadata.namespace === 'kube-system';
}

function textOf(secret: Secret, key: string): string {
  return decodeBase64(secret.data?.[key] ?? '') ?? '';
}

/** Token ids and secrets that may sign, by id. */
function signingTokens(view: View): [string, string][] {
  const tokens: [string, string][] = [];
  for (const object of view.by('secrets', 'byNamespace', 'kube-system')) {
    const secret = object as Secret;
    if (!isToken(secret) || textOf(secret, 'usage-bootstrap-signing') !== 'true') continue;
    const expiresMs = parseTime(textOf(secret, 'expiration'));
    if (expiresMs !== undefined && expiresMs <= view.nowMs) continue;
    tokens.push([textOf(secret, 'token-id'), textOf(secret, 'token-secret')]);
  }
  return tokens.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A JSON Web Signature without its payload, which is the kubeconfig beside it. */
function detachedSignature(content: string, id: string, secret: string): string {
  const header = bytesToBase64Url(utf8Bytes(JSON.stringify({ alg: 'HS256', kid: id })));
  const payload = bytesToBase64Url(utf8Bytes(content));
  const signature = hmac(sha256, utf8Bytes(`${id}.${secret}`), utf8Bytes(`${header}.${payload}`));
  return `${header}..${bytesToBase64Url(signature)}`;
}

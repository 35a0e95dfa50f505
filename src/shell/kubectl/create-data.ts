/** ConfigMaps and Secrets from literals, files and env files. */
import { encodeBase64 } from '../../sim/api/base64.ts';
import type { JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { compareText } from './fields.ts';
import { baseName, resolvePath } from './paths.ts';
import type { Session } from './session.ts';

export async function configMapOf(session: Session, name: string): Promise<JsonObject> {
  const data = await collect(
    session,
    (key) => {
      if (!validKey(key))
        throw new KubectlError(`${JSON.stringify(key)} is not a valid key name for a ConfigMap: ${keyRule}`);
    },
    (key) =>
      `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(name)}`,
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    ...(data.size === 0 ? {} : { data: sorted(data) }),
  };
}

const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function validKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]+$/.test(key) && key.length <= 253;
}

export async function secretOf(session: Session, name: string): Promise<JsonObject> {
  const { flags } = session;
  const flavour = session.command.split(' ').at(-1);
  if (flavour === 'tls') return tlsSecret(session, name);
  if (flavour === 'docker-registry' && flags.list('from-file').length === 0) return registrySecret(session, name);
  const data = await collect(
    session,
    (key) => {
      if (!validKey(key))
        throw new KubectlError(`${JSON.stringify(key)} is not valid key name for a Secret ${keyRule}`);
    },
    (key) => `cannot add key ${key}, another key by that name already exists`,
  );
  const encoded = new Map([...data].map(([key, value]) => [key, encodeBase64(value)]));
  const type = flavour === 'docker-registry' ? 'kubernetes.io/dockerconfigjson' : flags.text('type');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    ...(encoded.size === 0 ? {} : { data: sorted(encoded) }),
    ...(type === '' ? {} : { type }),
  };
}

function registrySecret({ flags }: Session, name: string): JsonObject {
  const username = flags.text('docker-username');
  const password = flags.text('docker-password');
  const server = flags.text('docker-server');
  if (username === '' || password === '' || server === '') {
    throw new KubectlError(
      'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
    );
  }
  const email = flags.text('docker-email');
  const entry = {
    username,
    password,
    ...(email === '' ? {} : { email }),
    auth: encodeBase64(`${username}:${password}`),
  };
  const config = JSON.stringify({ auths: { [server]: entry } });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    data: { '.dockerconfigjson': encodeBase64(config) },
    type: 'kubernetes.io/dockerconfigjson',
  };
}

async function tlsSecret(session: Session, name: string): Promise<JsonObject> {
  const key = session.flags.text('key');
  const certificate = session.flags.text('cert');
  if (key === '' || certificate === '') throw new KubectlError('key and cert must be specified');
  const read = async (path: string): Promise<string> => {
    const resolved = resolvePath(session.context, path);
    if (!(await session.context.fs.exists(resolved))) {
      throw new KubectlError(`Cannot read file ${path}, open ${path}: no such file or directory`);
    }
    return encodeBase64(await session.context.fs.readFile(resolved));
  };
  const data = { 'tls.crt': await read(certificate), 'tls.key': await read(key) };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data, type: 'kubernetes.io/tls' };
}

function sorted(map: Map<string, string>): Record<string, string> {
  return Object.fromEntries([...map].sort(([a], [b]) => compareText(a, b)));
}

async function collect(
  session: Session,
  check: (key: string) => void,
  repeated: (key: string) => string,
): Promise<Map<string, string>> {
  const { flags } = session;
  const data = new Map<string, string>();
  const put = (key: string, value: string): void => {
    check(key);
    if (data.has(key)) throw new KubectlError(repeated(key));
    data.set(key, value);
  };
  const envFiles = flags.list('from-env-file');
  if (envFiles.length > 0 && (flags.list('from-file').length > 0 || flags.list('from-literal').length > 0)) {
    throw new KubectlError('from-env-file cannot be combined with from-file or from-literal');
  }
  for (const literal of flags.list('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new KubectlError(`invalid literal source ${literal}, expected key=value`);
    const value = literal.slice(equals + 1);
    put(literal.slice(0, equals), /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value);
  }
  for (const source of flags.list('from-file')) await addFile(session, source, put);
  for (const file of envFiles) for (const [key, value] of await envFile(session, file)) put(key, value);
  return data;
}

async function addFile(session: Session, source: string, put: (key: string, value: string) => void): Promise<void> {
  const { fs } = session.context;
  const equals = source.indexOf('=');
  if (source.split('=').length > 2) throw new KubectlError("key names or file paths cannot contain '='");
  const file = equals === -1 ? source : source.slice(equals + 1);
  const path = resolvePath(session.context, file);
  if (!(await fs.exists(path))) throw new KubectlError(`error reading ${file}: no such file or directory`);
  if (!(await fs.isDirectory(path))) {
    put(equals === -1 ? baseName(file) : source.slice(0, equals), await fs.readFile(path));
    return;
  }
  if (equals !== -1) throw new KubectlError('cannot give a key name for a directory path');
  for (const name of await fs.list(path)) {
    const child = `${path}/${name}`;
    if (validKey(name) && !(await fs.isDirectory(child))) put(name, await fs.readFile(child));
  }
}

/** Lines KEY=VALUE; a bare KEY takes its value from the environment. */
export async function envFile(session: Session, file: string): Promise<[string, string][]> {
  const path = resolvePath(session.context, file);
  if (!(await session.context.fs.exists(path)))
    throw new KubectlError(`error reading ${file}: no such file or directory`);
  const found: [string, string][] = [];
  for (const raw of (await session.context.fs.readFile(path)).split('\n')) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const key = equals === -1 ? line : line.slice(0, equals);
    const value = equals === -1 ? (session.context.env[key] ?? '') : line.slice(equals + 1);
    found.push([key, value]);
  }
  return found;
}

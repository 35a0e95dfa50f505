/**
 * What the fields of a kubeconfig may hold, and what Go's JSON reader says when they hold something else.
 * @source staging/src/k8s.io/client-go/tools/clientcmd/api/v1/types.go
 */
import { base64ToBytes } from '../../sim/api/base64.ts';
import { compareText, isObject } from './fields.ts';

type Shape = 'string' | 'bool' | 'bytes' | Struct | { readonly list: Struct };

interface Struct {
  readonly name: string;
  readonly fields: Readonly<Record<string, Shape>>;
}

const cluster: Struct = {
  name: 'Cluster',
  fields: {
    server: 'string',
    'tls-server-name': 'string',
    'insecure-skip-tls-verify': 'bool',
    'certificate-authority': 'string',
    'certificate-authority-data': 'bytes',
    'proxy-url': 'string',
  },
};
const user: Struct = {
  name: 'AuthInfo',
  fields: {
    'client-certificate': 'string',
    'client-certificate-data': 'bytes',
    'client-key': 'string',
    'client-key-data': 'bytes',
    token: 'string',
    tokenFile: 'string',
    username: 'string',
    password: 'string',
  },
};
const context: Struct = { name: 'Context', fields: { cluster: 'string', user: 'string', namespace: 'string' } };
const config: Struct = {
  name: 'Config',
  fields: {
    clusters: { list: { name: 'NamedCluster', fields: { name: 'string', cluster } } },
    contexts: { list: { name: 'NamedContext', fields: { name: 'string', context } } },
    'current-context': 'string',
    users: { list: { name: 'NamedAuthInfo', fields: { name: 'string', user } } },
  },
};

/** @returns the first complaint about a parsed kubeconfig, or undefined */
export function decodingProblem(parsed: unknown): string | undefined {
  if (parsed !== null && !isObject(parsed)) {
    const target =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    return `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeName(parsed)} into Go value of type ${target}`;
  }
  if (parsed === null) return undefined;
  const { kind = 'Config', apiVersion = 'v1' } = parsed;
  if (kind !== 'Config' || apiVersion !== 'v1') {
    const scheme = 'k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50';
    return `no kind "${String(kind)}" is registered for version "${String(apiVersion)}" in scheme "${scheme}"`;
  }
  return problemIn(parsed, config, '');
}

function problemIn(value: object, struct: Struct, path: string): string | undefined {
  for (const [key, each] of Object.entries(value).sort(([a], [b]) => compareText(a, b))) {
    const shape = struct.fields[key];
    const problem = shape === undefined || each === null ? undefined : wrong(each, shape, struct, path + key);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrong(value: unknown, shape: Shape, struct: Struct, path: string): string | undefined {
  const mismatch = (type: string): string =>
    `json: cannot unmarshal ${typeName(value)} into Go struct field ${struct.name}.${path} of type ${type}`;
  if (shape === 'string') return typeof value === 'string' ? undefined : mismatch('string');
  if (shape === 'bool') return typeof value === 'boolean' ? undefined : mismatch('bool');
  if (shape === 'bytes') {
    if (typeof value !== 'string') return mismatch('[]uint8');
    const bad = value.replace(/[\r\n]/g, '').search(/[^A-Za-z0-9+/=]/);
    if (bad !== -1) return `illegal base64 data at input byte ${bad}`;
    return base64ToBytes(value) === undefined ? `illegal base64 data at input byte ${value.length}` : undefined;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return mismatch(`[]v1.${shape.list.name}`);
    for (const item of value) {
      if (!isObject(item))
        return `json: cannot unmarshal ${typeName(item)} into Go struct field ${struct.name}.${path} of type v1.${shape.list.name}`;
      const problem = problemIn(item, shape.list, `${path}.`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  return isObject(value) ? problemIn(value, shape, `${path}.`) : mismatch(`v1.${shape.name}`);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

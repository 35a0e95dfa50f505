/** Ingresses from `host/path=service:port[,tls[=secret]]` rules. */
import type { JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import type { Session } from './session.ts';

const ruleForm =
  /^(?<host>[\w*\-.]*)(?<path>\/[^=]*)=(?<service>[\w-]+):(?<port>[\w-]+)(?<tls>,tls(=(?<secret>[\w-.]+))?)?$/;

interface HostRule {
  host?: string;
  http: { paths: JsonObject[] };
}

export function ingressOf({ flags }: Session, name: string): JsonObject {
  const rules = flags.list('rule');
  const fallback = flags.text('default-backend');
  if (rules.length === 0 && fallback === '') {
    throw new KubectlError(
      'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
    );
  }
  for (const rule of rules) {
    if (!ruleForm.test(rule)) {
      throw new KubectlError(
        `rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`,
      );
    }
  }
  for (const annotation of flags.list('annotation')) {
    if (!annotation.includes('='))
      throw new KubectlError(`annotation ${annotation} is invalid and should be in format key=[value]`);
  }
  if (fallback !== '' && fallback.split(':').length !== 2) {
    throw new KubectlError('default-backend should be in format servicename:serviceport');
  }
  const annotations = Object.fromEntries(
    flags.list('annotation').map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
  const tls = tlsOf(rules);
  const hosts = hostRules(rules);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      ...(flags.text('class') === '' ? {} : { ingressClassName: flags.text('class') }),
      ...(fallback === '' ? {} : { defaultBackend: backendOf(fallback) }),
      ...(tls.length === 0 ? {} : { tls }),
      ...(hosts.length === 0 ? {} : { rules: hosts }),
    },
    status: { loadBalancer: {} },
  };
}

function backendOf(written: string): JsonObject {
  const [name = '', port = ''] = written.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

function hostRules(rules: readonly string[]): HostRule[] {
  const found: HostRule[] = [];
  for (const rule of rules) {
    const groups = ruleForm.exec(rule)?.groups ?? {};
    const host = groups['host'] ?? '';
    const path = groups['path'] ?? '/';
    const entry = {
      path: path.endsWith('*') ? path.slice(0, -1) : path,
      pathType: path.endsWith('*') ? 'Prefix' : 'Exact',
      backend: backendOf(`${groups['service']}:${groups['port']}`),
    };
    const known = found.find((each) => (each.host ?? '') === host);
    if (known === undefined) found.push({ ...(host === '' ? {} : { host }), http: { paths: [entry] } });
    else known.http.paths.push(entry);
  }
  return found;
}

function tlsOf(rules: readonly string[]): JsonObject[] {
  const found: { hosts?: string[]; secretName?: string }[] = [];
  const seen = new Set<string>();
  for (const rule of rules) {
    const groups = ruleForm.exec(rule)?.groups ?? {};
    const host = groups['host'] ?? '';
    if (groups['tls'] === undefined || seen.has(host)) continue;
    seen.add(host);
    const secret = groups['secret'] ?? '';
    const known = found.find((each) => (each.secretName ?? '') === secret);
    if (known !== undefined) known.hosts = [...(known.hosts ?? []), host];
    else if (host !== '' || secret !== '') {
      found.push({ ...(host === '' ? {} : { hosts: [host] }), ...(secret === '' ? {} : { secretName: secret }) });
    }
  }
  return found.map((each) => ({ ...each }));
}

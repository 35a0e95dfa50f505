/** `kubeadm certs check-expiration|renew`, `version`, `token list`: what of kubeadm works on a cluster that is there. */
import { decodeBase64, encodeBase64 } from '../../sim/api/base64.ts';
import { type Certificate, issue, parseCertificates } from '../../sim/api/certificate.ts';
import { KUBERNETES_VERSION } from '../../sim/spec.ts';
import { type CommandIo, fail, notSimulated, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';
import { columns, machineOf } from '../machine-state.ts';

const PKI = '/etc/kubernetes/pki';
const DAY_MS = 86_400_000;

interface Managed {
  readonly name: string;
  readonly path: string;
  readonly ca: 'ca' | 'etcd-ca' | 'front-proxy-ca';
  readonly about: string;
}

const MANAGED: readonly Managed[] = [
  {
    name: 'admin.conf',
    path: '/etc/kubernetes/admin.conf',
    ca: 'ca',
    about: 'certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself',
  },
  { name: 'apiserver', path: `${PKI}/apiserver.crt`, ca: 'ca', about: 'certificate for serving the Kubernetes API' },
  {
    name: 'apiserver-etcd-client',
    path: `${PKI}/apiserver-etcd-client.crt`,
    ca: 'etcd-ca',
    about: 'certificate the apiserver uses to access etcd',
  },
  {
    name: 'apiserver-kubelet-client',
    path: `${PKI}/apiserver-kubelet-client.crt`,
    ca: 'ca',
    about: 'certificate for the API server to connect to kubelet',
  },
  {
    name: 'controller-manager.conf',
    path: '/etc/kubernetes/controller-manager.conf',
    ca: 'ca',
    about: 'certificate embedded in the kubeconfig file for the controller manager to use',
  },
  {
    name: 'etcd-healthcheck-client',
    path: `${PKI}/etcd/healthcheck-client.crt`,
    ca: 'etcd-ca',
    about: 'certificate for liveness probes to healthcheck etcd',
  },
  {
    name: 'etcd-peer',
    path: `${PKI}/etcd/peer.crt`,
    ca: 'etcd-ca',
    about: 'certificate for etcd nodes to communicate with each other',
  },
  { name: 'etcd-server', path: `${PKI}/etcd/server.crt`, ca: 'etcd-ca', about: 'certificate for serving etcd' },
  {
    name: 'front-proxy-client',
    path: `${PKI}/front-proxy-client.crt`,
    ca: 'front-proxy-ca',
    about: 'certificate for the front proxy client',
  },
  {
    name: 'scheduler.conf',
    path: '/etc/kubernetes/scheduler.conf',
    ca: 'ca',
    about: 'certificate embedded in the kubeconfig file for the scheduler manager to use',
  },
  {
    name: 'super-admin.conf',
    path: '/etc/kubernetes/super-admin.conf',
    ca: 'ca',
    about: 'certificate embedded in the kubeconfig file for the super-admin',
  },
];
const AUTHORITIES = {
  ca: `${PKI}/ca`,
  'etcd-ca': `${PKI}/etcd/ca`,
  'front-proxy-ca': `${PKI}/front-proxy-ca`,
} as const;

export const kubeadm: ShellCommand = {
  name: 'kubeadm',
  on: 'nodes',
  async run(args, io) {
    const words = args.filter((word) => !word.startsWith('-'));
    const [command = '', sub = '', name] = words;
    if (command === 'version') {
      io.stdout(
        args.includes('-o')
          ? `${KUBERNETES_VERSION}\n`
          : `kubeadm version: &version.Info{Major:"1", Minor:"36", GitVersion:"${KUBERNETES_VERSION}"}\n`,
      );
      return 0;
    }
    if (command === 'certs' && sub === 'check-expiration') return checkExpiration(io);
    if (command === 'certs' && sub === 'renew') return renew(name, io);
    if (command === 'token' && sub === 'list') return tokens(io);
    return notSimulated(io, `kubeadm ${words.join(' ')}`.trim());
  },
  complete: (words) =>
    ['certs check-expiration', 'certs renew all', 'version', 'token list']
      .map((line) => line.split(' ')[words.length - 2] ?? '')
      .filter((word) => word !== '' && word.startsWith(words.at(-1) ?? '')),
};

function certificateIn(content: string): Certificate | undefined {
  const embedded = /client-certificate-data: (\S+)/.exec(content)?.[1];
  return parseCertificates(embedded === undefined ? content : (decodeBase64(embedded) ?? ''))[0];
}

function residual(ms: number): string {
  if (ms < 0) return '<invalid>';
  const days = Math.floor(ms / DAY_MS);
  if (days >= 365) return `${Math.floor(days / 365)}y`;
  return days > 0 ? `${days}d` : `${Math.floor(ms / 3_600_000)}h`;
}

const when = (ms: number) => formatDate(ms, '%b %d, %Y %H:%M UTC');

function checkExpiration(io: CommandIo): number {
  const { files } = machineOf(io);
  if (!files.has(`${PKI}/ca.key`))
    return fail(io, `failed to load existing certificate authority: couldn't load the certificate file ${PKI}/ca.crt`);
  const now = io.gateway.now(io.host);
  const rows = MANAGED.map(({ name, path, ca }) => {
    const content = files.get(path)?.content;
    const certificate = content === undefined ? undefined : certificateIn(content);
    if (certificate === undefined) return [`!MISSING! ${name}`, '', '', '', '', ''];
    return [name, when(certificate.notAfter), residual(certificate.notAfter - now), ca, 'no', ''];
  });
  io.stdout(
    `[check-expiration] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n[check-expiration] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.\n\n`,
  );
  io.stdout(
    columns(
      [['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', 'CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED', ''], ...rows],
      3,
      27,
    ),
  );
  const authorities = Object.entries(AUTHORITIES).flatMap(([name, path]) => {
    const certificate = certificateIn(files.get(`${path}.crt`)?.content ?? '');
    return certificate === undefined
      ? []
      : [[name, when(certificate.notAfter), residual(certificate.notAfter - now), 'no', '']];
  });
  io.stdout(
    `\n${columns([['CERTIFICATE AUTHORITY', 'EXPIRES', 'RESIDUAL TIME', 'EXTERNALLY MANAGED', ''], ...authorities], 3, 27)}`,
  );
  return 0;
}

function renew(name: string | undefined, io: CommandIo): number {
  if (name === undefined) return fail(io, 'missing subcommand; "renew" is not meant to be run on its own');
  const chosen = name === 'all' ? MANAGED : MANAGED.filter((managed) => managed.name === name);
  if (chosen.length === 0)
    return fail(io, `invalid subcommand "${name}"\nTo see the stack trace of this error execute with --v=5 or higher`);
  const { files } = machineOf(io);
  io.stdout(`[renew] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n\n`);
  for (const { path, ca, about } of chosen) {
    const content = files.get(path)?.content;
    const old = content === undefined ? undefined : certificateIn(content);
    const authority = {
      certificate: files.get(`${AUTHORITIES[ca]}.crt`)?.content ?? '',
      key: files.get(`${AUTHORITIES[ca]}.key`)?.content ?? '',
    };
    if (old === undefined || content === undefined) {
      io.stdout(`MISSING! ${about}\n`);
      continue;
    }
    if (authority.key === '')
      return fail(io, `failed to renew: the key of the certificate authority ${ca} is not on this machine`);
    const now = io.gateway.now(io.host);
    const { subject, keyId, sans, usages, isCa } = old;
    const fresh = issue(authority, {
      subject,
      keyId,
      sans,
      usages,
      isCa,
      notBefore: now,
      notAfter: now + 365 * DAY_MS,
    });
    const text = /client-certificate-data: /.test(content)
      ? content.replace(/(client-certificate-data: )\S+/, `$1${encodeBase64(fresh)}`)
      : fresh;
    const result = io.gateway.inject({ type: 'write-file', host: io.host, path, content: text });
    if (!result.ok) return fail(io, `failed to renew ${path}: ${result.error}`);
    io.stdout(`${about} renewed\n`);
  }
  if (name === 'all')
    io.stdout(
      '\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.\n',
    );
  return 0;
}

async function tokens(io: CommandIo): Promise<number> {
  const { stdout, stderr, exitCode } = await io.run(
    'kubectl --kubeconfig /etc/kubernetes/admin.conf get secrets -n kube-system --field-selector type=bootstrap.kubernetes.io/token --no-headers -o custom-columns=NAME:.metadata.name',
  );
  if (exitCode !== 0) return fail(io, `failed to list bootstrap tokens: ${stderr.trim()}`);
  io.stdout(stdout);
  return 0;
}

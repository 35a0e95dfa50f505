/**
 * Admission plugins that only judge.
 * @source staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go, plugin/pkg/admission
 */
import { forbidden } from '../api/status.ts';
import type { KubeObject, Status } from '../api/types.ts';
import { type Admission, forbid, type ValidatingPlugin } from './admission.ts';
import { authorize } from './authorization.ts';
import { limitBounds } from './limit-ranger.ts';
import { nodeRestriction } from './node-restriction.ts';
import { podSecurity } from './pod-security.ts';
import { cachedIn } from './watch-cache.ts';

/** By name; who runs and in which order is the flags' business. */
export const validatingPlugins: ReadonlyMap<string, ValidatingPlugin> = new Map<string, ValidatingPlugin>([
  ['NamespaceLifecycle', immortalNamespaces],
  ['LimitRanger', limitBounds],
  ['NodeRestriction', nodeRestriction],
  ['PodSecurity', podSecurity],
  ['Priority', oneDefaultPriority],
  ['CertificateApproval', mayApprove],
  ['CertificateSubjectRestriction', noMastersCertificate],
  ['DenyServiceExternalIPs', noExternalIps],
  ['AlwaysDeny', (admission) => forbid(admission, 'admission control is denying all modifications')],
]);

const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Some namespaces may not be deleted at all. */
function immortalNamespaces(admission: Admission): Status | undefined {
  const { kind, operation, name } = admission;
  if (operation === 'DELETE' && kind.plural === 'namespaces' && IMMORTAL.has(name)) {
    return forbid(admission, 'this namespace may not be deleted');
  }
  return undefined;
}

function oneDefaultPriority(admission: Admission, object: KubeObject | undefined): Status | undefined {
  if (admission.kind.plural !== 'priorityclasses' || object?.['globalDefault'] !== true) return undefined;
  for (const other of cachedIn(admission.server.me, '/registry/priorityclasses', '')) {
    if (other['globalDefault'] !== true || other.metadata.name === object.metadata.name) continue;
    return forbid(
      admission,
      `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
    );
  }
  return undefined;
}

/** Approving a certificate request takes the verb `approve` on its signer. */
function mayApprove(admission: Admission, object: KubeObject | undefined): Status | undefined {
  if (admission.kind.plural !== 'certificatesigningrequests' || admission.subresource !== 'approval') return undefined;
  const signer = (object?.['spec'] as { readonly signerName?: string } | undefined)?.signerName ?? '';
  const attributes = {
    user: admission.user,
    verb: 'approve',
    group: 'certificates.k8s.io',
    version: 'v1',
    resource: 'signers',
    subresource: '',
    namespace: '',
    path: '',
    fields: [],
  };
  const domain = `${signer.split('/')[0]}/*`;
  const { me } = admission.server;
  if ([signer, domain].some((name) => authorize(me, { ...attributes, name }).allowed)) return undefined;
  return forbid(admission, `user not permitted to approve requests with signerName "${signer}"`);
}

/** Nobody gets a certificate of the group that may do everything. */
function noMastersCertificate(admission: Admission, object: KubeObject | undefined): Status | undefined {
  if (admission.kind.plural !== 'certificatesigningrequests' || admission.operation !== 'CREATE') return undefined;
  const spec = object?.['spec'] as { readonly signerName?: string; readonly request?: string } | undefined;
  if (
    spec?.signerName !== 'kubernetes.io/kube-apiserver-client' ||
    spec.request?.includes('c3lzdGVtOm1hc3RlcnM') !== true
  )
    return undefined;
  return forbid(
    admission,
    'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
}

function noExternalIps(admission: Admission, object: KubeObject | undefined): Status | undefined {
  if (admission.kind.plural !== 'services') return undefined;
  const now = (object?.['spec'] as { readonly externalIPs?: readonly string[] } | undefined)?.externalIPs ?? [];
  const before =
    (admission.old?.['spec'] as { readonly externalIPs?: readonly string[] } | undefined)?.externalIPs ?? [];
  if (now.every((ip) => before.includes(ip))) return undefined;
  return forbidden(
    { group: '', resource: 'services' },
    admission.name,
    'Use of external IPs is denied by admission control',
  );
}

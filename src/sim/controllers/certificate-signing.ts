/**
 * Certificates for those who ask: kubelets' requests are approved by themselves when RBAC lets them, approved requests are signed with the
 * cluster's authority, old ones are thrown away. Models pkg/controller/certificates (approver, signer, cleaner).
 */
import { decodeBase64, encodeBase64 } from '../api/base64.ts';
import {
  issue,
  type KeyUsage,
  parseCertificates,
  parseSigningRequest,
  type SigningRequest,
} from '../api/certificate.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { CertificateSigningRequest, Condition } from '../api/types.ts';
import { durationMs } from '../client/flags.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { objectPath } from './resources.ts';
import { apiClientProblem, isKubeletClient, kubeletClientProblem, kubeletServingProblem } from './signing-rules.ts';

const SIGNERS: Readonly<
  Record<string, { readonly flag: string; problem(r: SigningRequest, usages: readonly string[]): string | undefined }>
> = {
  'kubernetes.io/kubelet-serving': { flag: 'kubelet-serving', problem: kubeletServingProblem },
  'kubernetes.io/kube-apiserver-client-kubelet': { flag: 'kubelet-client', problem: kubeletClientProblem },
  'kubernetes.io/kube-apiserver-client': {
    flag: 'kube-apiserver-client',
    problem: (_r, usages) => apiClientProblem(usages),
  },
  'kubernetes.io/legacy-unknown': { flag: 'legacy-unknown', problem: () => undefined },
};
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const BACKDATE_MS = 300_000;
const SHORT_MS = 8 * 3_600_000;
const MIN_MS = 600_000;
const HOUR_MS = 3_600_000;
/** A request that RBAC did not let be approved is tried again. */
const RETRY_MS = 60_000;

export const csrApprovingController: Controller = {
  name: 'certificatesigningrequest-approving-controller',
  account: 'certificate-controller',
  watches: ['certificatesigningrequests'],
  workers: 5,
  keysOf: (_resource, { type, key }) => (type === 'deleted' ? [] : [key]),
  reconcile: approve,
};

export const csrSigningController: Controller = {
  name: 'certificatesigningrequest-signing-controller',
  account: 'certificate-controller',
  watches: ['certificatesigningrequests'],
  workers: 5,
  keysOf: (_resource, { type, key }) => (type === 'deleted' ? [] : [key]),
  reconcile: sign,
};

export const csrCleanerController: Controller = {
  name: 'certificatesigningrequest-cleaner-controller',
  account: 'certificate-controller',
  watches: ['certificatesigningrequests'],
  workers: 1,
  keysOf: () => [],
  every: {
    periodMs: HOUR_MS,
    keys: (view) => [...view.list('certificatesigningrequests')].map(({ metadata }) => metadata.name),
  },
  reconcile: clean,
};

function requestNamed(name: string, view: View): CertificateSigningRequest | undefined {
  return view.get('certificatesigningrequests', name) as CertificateSigningRequest | undefined;
}

function has(request: CertificateSigningRequest, type: string): boolean {
  return (
    request.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
  );
}

function isIssued({ status }: CertificateSigningRequest): boolean {
  return (status?.certificate ?? '') !== '';
}

/** Only kubelets' client certificates, and only as far as the one who asks may have them. */
function approve(name: string, view: View): Outcome {
  const request = requestNamed(name, view);
  if (request === undefined || isIssued(request) || has(request, 'Approved') || has(request, 'Denied'))
    return NOTHING_TO_DO;
  const { signerName, username, uid, groups, extra, usages = [] } = request.spec;
  const asked = parseSigningRequest(decodeBase64(request.spec.request) ?? '');
  if (signerName !== KUBELET_CLIENT || asked === undefined || !isKubeletClient(asked, usages)) return NOTHING_TO_DO;
  const self = username === asked.subject.cn;
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: username,
      uid,
      groups,
      extra,
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        subresource: self ? 'selfnodeclient' : 'nodeclient',
        verb: 'create',
        version: '*',
      },
    },
  };
  const now = formatTime(view.nowMs);
  const condition: Condition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message: `Auto approving ${self ? 'self ' : ''}kubelet client certificate after SubjectAccessReview.`,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const body = {
    ...request,
    status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] },
  };
  const writes: Write[] = [
    {
      request: { method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body: review },
      goOnIf: 'allowed',
    },
    {
      request: { method: 'PUT', path: `${objectPath('certificatesigningrequests', request)}/approval`, body },
      tolerate: [404, 409],
    },
  ];
  return { writes, requeueAfterMs: RETRY_MS };
}

function sign(name: string, view: View): Outcome {
  const request = requestNamed(name, view);
  if (
    request === undefined ||
    isIssued(request) ||
    !has(request, 'Approved') ||
    has(request, 'Denied') ||
    has(request, 'Failed')
  )
    return NOTHING_TO_DO;
  const { signerName, usages = [], expirationSeconds } = request.spec;
  const signer = Object.hasOwn(SIGNERS, signerName) ? SIGNERS[signerName] : undefined;
  if (signer === undefined) return NOTHING_TO_DO;
  const asked = parseSigningRequest(decodeBase64(request.spec.request) ?? '');
  if (asked === undefined) {
    view.log(`"Unhandled Error" err="unable to parse csr \\"${name}\\""`);
    return NOTHING_TO_DO;
  }
  const problem = signer.problem(asked, usages);
  if (problem !== undefined) {
    const now = formatTime(view.nowMs);
    const said = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: problem } as const;
    const condition: Condition = { ...said, lastUpdateTime: now, lastTransitionTime: now };
    return statusPut(request, { conditions: [...(request.status?.conditions ?? []), condition] });
  }
  const authority = authorityFor(signer.flag, view);
  if (authority === undefined) return NOTHING_TO_DO;
  const longest = durationMs(view.flag('cluster-signing-duration')) ?? 0;
  const ttlMs =
    expirationSeconds === undefined ? longest : Math.min(longest, Math.max(MIN_MS, expirationSeconds * 1_000));
  const [ca] = parseCertificates(authority.certificate);
  const notAfter = view.nowMs + (ttlMs <= SHORT_MS ? ttlMs : ttlMs - BACKDATE_MS);
  const certificate = issue(authority, {
    subject: asked.subject,
    sans: asked.sans,
    keyId: asked.keyId,
    notBefore: view.nowMs - BACKDATE_MS,
    notAfter: Math.min(notAfter, ca?.notAfter ?? notAfter),
    usages: usages.filter((usage): usage is KeyUsage => usage === 'client auth' || usage === 'server auth'),
  });
  return statusPut(request, { certificate: encodeBase64(certificate) });
}

/** The signer's own files, else the cluster's. */
function authorityFor(signer: string, view: View): { certificate: string; key: string } | undefined {
  const file = (what: 'cert' | 'key') => {
    const own = view.flag(`cluster-signing-${signer}-${what}-file`);
    const path = own === '' ? view.flag(`cluster-signing-${what}-file`) : own;
    return path === '' ? undefined : view.readFile(path);
  };
  const [certificate, key] = [file('cert'), file('key')];
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function statusPut(request: CertificateSigningRequest, more: object): Outcome {
  const body = { ...request, status: { ...request.status, ...more } };
  const path = `${objectPath('certificatesigningrequests', request)}/status`;
  return { writes: [{ request: { method: 'PUT', path, body }, tolerate: [404, 409] }] };
}

/** Decided ones an hour later, others after a day, and those whose certificate has expired. */
function clean(name: string, view: View): Outcome {
  const request = requestNamed(name, view);
  if (request === undefined) return NOTHING_TO_DO;
  const conditions = request.status?.conditions ?? [];
  const older = (time: string | undefined, limitMs: number) => view.nowMs - (parseTime(time) ?? view.nowMs) > limitMs;
  const past = conditions.some(({ type, lastUpdateTime }) =>
    type === 'Approved'
      ? older(lastUpdateTime, isIssued(request) ? HOUR_MS : 24 * HOUR_MS)
      : older(lastUpdateTime, HOUR_MS),
  );
  const pending = conditions.length === 0 && older(request.metadata.creationTimestamp, 24 * HOUR_MS);
  const [issued] = parseCertificates(decodeBase64(request.status?.certificate ?? '') ?? '');
  const expired = issued !== undefined && issued.notAfter < view.nowMs;
  if (!past && !pending && !expired) return NOTHING_TO_DO;
  const path = objectPath('certificatesigningrequests', request);
  return { writes: [{ request: { method: 'DELETE', path }, tolerate: [404] }] };
}

/** What the built-in signers demand of a request. @source pkg/apis/certificates/helpers.go, pkg/controller/certificates/signer/signer.go */
import { canonicalIp } from '../api/address.ts';
import type { SigningRequest } from '../api/certificate.ts';

const NODES = 'system:nodes';
const NODE = 'system:node:';
const CLIENT_USAGES = ['client auth', 'digital signature'];
const SERVING_USAGES = ['digital signature', 'server auth'];
/** RSA keys also need this one. */
const RSA_USAGE = 'key encipherment';

/** A client certificate as a kubelet asks for it. */
export function isKubeletClient(request: SigningRequest, usages: readonly string[]): boolean {
  return kubeletClientProblem(request, usages) === undefined;
}

/** Why a kubelet cannot have this client certificate; undefined = it can. */
export function kubeletClientProblem(request: SigningRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.sans.some((san) => canonicalIp(san) === undefined)) return 'DNS subjectAltNames are not allowed';
  if (request.sans.length > 0) return 'IP subjectAltNames are not allowed';
  if (!request.subject.cn.startsWith(NODE)) return 'subject common name does not begin with system:node:';
  return usagesProblem(usages, CLIENT_USAGES);
}

/** Why a kubelet cannot have this serving certificate. */
export function kubeletServingProblem(request: SigningRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.sans.length === 0) return 'DNS or IP subjectAltName is required';
  const problem = usagesProblem(usages, SERVING_USAGES);
  if (problem !== undefined) return problem;
  return request.subject.cn.startsWith(NODE) ? undefined : 'subject common name does not begin with system:node:';
}

/** Why nobody can have a client certificate with these usages. */
export function apiClientProblem(usages: readonly string[]): string | undefined {
  const wrong = usages.find((usage) => usage !== 'client auth' && usage !== 'digital signature' && usage !== RSA_USAGE);
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function isOfNodes({ subject }: SigningRequest): boolean {
  return subject.o.length === 1 && subject.o[0] === NODES;
}

function usagesProblem(usages: readonly string[], required: readonly string[]): string | undefined {
  const others = usages.filter((usage) => usage !== RSA_USAGE);
  const right = others.length === required.length && required.every((usage) => others.includes(usage));
  return right ? undefined : `usages did not match [${[...required, RSA_USAGE].sort().join(' ')}]`;
}

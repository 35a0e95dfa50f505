import { validateSigningRequest } from '../certificate-validation.ts';
import { defineKind } from '../kind.ts';
import { age, columns } from '../table.ts';
import { humanDuration } from '../time.ts';
import type { CertificateSigningRequest } from '../types.ts';

/** @source pkg/registry/certificates/certificates/strategy.go */
export const certificatesigningrequests = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  namespaced: false,
  subresources: ['approval', 'status'],
  schema: 'certificates.CertificateSigningRequest',
  initialStatus: {},
  prepareUpdate: (request, old) => ({ ...request, spec: old.spec }),
  validate: validateSigningRequest,
  columns: columns('Name,Age,SignerName,Requestor,RequestedDuration,Condition'),
  row: (request, nowMs) => [
    request.metadata.name,
    age(request, nowMs),
    request.spec.signerName || '<none>',
    request.spec.username ?? '',
    request.spec.expirationSeconds === undefined ? '<none>' : humanDuration(request.spec.expirationSeconds * 1000),
    conditionCell(request),
  ],
  fieldLabels: ['spec.signerName'],
  selectableFields: (request) => ({ 'spec.signerName': request.spec.signerName ?? '' }),
});

function conditionCell(request: CertificateSigningRequest): string {
  const types = new Set((request.status?.conditions ?? []).map(({ type }) => type));
  const decision = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending';
  const failed = types.has('Failed') ? ',Failed' : '';
  return decision + failed + (request.status?.certificate ? ',Issued' : '');
}

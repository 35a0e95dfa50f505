/** The names of the iptables chains that kube-proxy makes: short enough for iptables, the same on every node. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Chains that a service port or one of its endpoints may have. */
export type ServiceChainKind = 'KUBE-SVC' | 'KUBE-SVL' | 'KUBE-FW' | 'KUBE-EXT';

/**
 * The chain of a service port: `KUBE-SVC-` dispatches to endpoints under policy Cluster, `KUBE-SVL-` under policy Local,
 * `KUBE-FW-` holds the source ranges of a load balancer, `KUBE-EXT-` takes traffic from outside.
 * @param servicePort  `namespace/name:port`, or `namespace/name` when the port has no name
 * @param protocol     lower case
 * @source pkg/proxy/iptables/proxier.go portProtoHash
 */
export function serviceChain(kind: ServiceChainKind, servicePort: string, protocol: string): string {
  return `${kind}-${hash(servicePort + protocol)}`;
}

/** All four at once: they share one hash. */
export function serviceChains(servicePort: string, protocol: string): Readonly<Record<ServiceChainKind, string>> {
  const suffix = hash(servicePort + protocol);
  return {
    'KUBE-SVC': `KUBE-SVC-${suffix}`,
    'KUBE-SVL': `KUBE-SVL-${suffix}`,
    'KUBE-FW': `KUBE-FW-${suffix}`,
    'KUBE-EXT': `KUBE-EXT-${suffix}`,
  };
}

/** The chain of one endpoint (`address:port`) of a service port. */
export function endpointChain(servicePort: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${hash(servicePort + protocol + endpoint)}`;
}

const SERVICE_CHAIN = /^KUBE-(SVC|SVL|FW|EXT|SEP)-/;

/** Whether the chain belongs to a service or an endpoint, so that kube-proxy deletes it when nothing uses it any more. */
export function isServiceChain(name: string): boolean {
  return SERVICE_CHAIN.test(name);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of the base32 of the SHA-256. */
function hash(text: string): string {
  const digest = sha256(utf8ToBytes(text));
  let result = '';
  let bits = 0;
  let value = 0;
  for (let i = 0; result.length < 16; i++) {
    value = (value << 8) | digest[i]!;
    bits += 8;
    while (bits >= 5 && result.length < 16) {
      bits -= 5;
      result += BASE32[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return result;
}

/** Node IPAM controller: gives each node a slice of --cluster-cidr, when --allocate-node-cidrs is set. Models pkg/controller/nodeipam (range allocator). */
import type { Node } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { objectPath } from './resources.ts';

/** CIDRs handed out, by node: what the cache may not show yet. */
type Own = Map<string, string>;

export const nodeIpamController: Controller = {
  name: 'node-ipam-controller',
  account: 'node-controller',
  eventSource: 'node-controller',
  watches: ['nodes'],
  workers: 1,
  createOwn: (): Own => new Map(),
  keysOf: (_resource, delta) => [delta.key],
  reconcile,
};

function reconcile(name: string, view: View): Outcome {
  const own = view.own as Own;
  const node = view.get('nodes', name) as Node | undefined;
  if (node === undefined) {
    own.delete(name);
    return NOTHING_TO_DO;
  }
  if (view.flag('allocate-node-cidrs') !== 'true') return NOTHING_TO_DO;
  const held = node.spec?.podCIDR;
  if (held !== undefined && held !== '') {
    own.set(name, held);
    return NOTHING_TO_DO;
  }
  const cidr =
    own.get(name) ?? freeCidr(view.flag('cluster-cidr'), Number(view.flag('node-cidr-mask-size')), own, view);
  if (cidr === undefined) {
    const message = `Node ${name} status is now: CIDRNotAvailable`;
    return {
      writes: [],
      events: [{ about: referenceTo(node), type: 'Normal', reason: 'CIDRNotAvailable', message }],
      requeueAfterMs: 10_000,
    };
  }
  own.set(name, cidr);
  const body = { spec: { podCIDR: cidr, podCIDRs: [cidr] } };
  return {
    writes: [
      {
        request: {
          method: 'PATCH',
          path: objectPath('nodes', node),
          body,
          contentType: 'application/strategic-merge-patch+json',
        },
      },
    ],
  };
}

/** The lowest subnet of this mask in the range that no node has; undefined when they are all taken. */
function freeCidr(range: string, maskSize: number, own: Own, view: View): string | undefined {
  const taken = new Set(own.values());
  for (const object of view.list('nodes')) {
    const cidr = (object as Node).spec?.podCIDR;
    if (cidr !== undefined) taken.add(cidr);
  }
  const [base, prefix] = range.split('/');
  const start = (base ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const count = 2 ** (maskSize - Number(prefix));
  for (let i = 0; i < count; i++) {
    const address = start + i * 2 ** (32 - maskSize);
    const cidr = `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${maskSize}`;
    if (!taken.has(cidr)) return cidr;
  }
  return undefined;
}

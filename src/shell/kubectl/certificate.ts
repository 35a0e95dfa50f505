/**
 * `kubectl certificate approve|deny`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/certificates
 */
import { formatTime } from '../../sim/api/time.ts';
import { resultPrinter } from './changes.ts';
import type { JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { KubectlError, throwAll } from './errors.ts';
import { objects, record, text } from './fields.ts';
import { collect, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';

export function approve(session: Session): Promise<undefined> {
  return decide(session, {
    type: 'Approved',
    reason: 'KubectlApprove',
    message: 'This CSR was approved by kubectl certificate approve.',
  });
}

export function deny(session: Session): Promise<undefined> {
  return decide(session, {
    type: 'Denied',
    reason: 'KubectlDeny',
    message: 'This CSR was denied by kubectl certificate deny.',
  });
}

async function decide(
  session: Session,
  decision: { type: string; reason: string; message: string },
): Promise<undefined> {
  const { flags } = session;
  const files = flags.list('filename');
  if (flags.args.length === 0 && files.length === 0)
    throw new KubectlError('one or more CSRs must be specified as <name> or -f <filename>');
  const print = await resultPrinter(session);
  const args = flags.args.length === 0 ? [] : ['certificatesigningrequests.certificates.k8s.io', ...flags.args];
  const { infos, errors } = await select(session, { ...queryOf(session, args), latest: true });
  const failures = [...errors];
  const word = decision.type.toLowerCase();
  for (const info of infos) {
    await collect(failures, async () => {
      const conditions = objects(info.object, 'status', 'conditions');
      const already = conditions.some((condition) => text(condition, 'type') === decision.type);
      if (already && !flags.is('force')) {
        print(info.object, word, info.resource);
        return;
      }
      const now = formatTime(session.connection.now());
      const condition: JsonObject = { ...decision, status: 'True', lastUpdateTime: now, lastTransitionTime: null };
      const others = conditions.filter((each) => text(each, 'type') !== decision.type);
      const body = { ...info.object, status: { ...record(info.object, 'status'), conditions: [...others, condition] } };
      const path = pathOf(info.resource, '', info.name, 'approval');
      print(await session.object({ method: 'PUT', path, body }), word, info.resource);
    });
  }
  throwAll(failures);
  if (infos.length === 0 && failures.length === 0) session.err('No resources found\n');
  return undefined;
}

/**
 * `kubectl expose`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/expose/expose.go
 */
import { dryRunOf, resultPrinter } from './changes.ts';
import type { JsonObject } from './client.ts';
import { equalities } from './create-generators.ts';
import { qualifiedName } from './discovery.ts';
import { KubectlError, throwAll } from './errors.ts';
import { integer, objects, record, text, withField } from './fields.ts';
import { collect, type Info, queryOf, select } from './resources.ts';
import { createObject, overridden } from './run.ts';
import type { Session } from './session.ts';

interface Port {
  readonly port: number;
  readonly protocol: string;
}

export async function expose(session: Session): Promise<undefined> {
  const { flags } = session;
  const print = await resultPrinter(session, true);
  const { selector: _ignored, ...query } = queryOf(session, flags.args);
  const { infos, errors } = await select(session, { ...query, latest: true });
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      const service = overridden(session, serviceFor(session, info));
      if (dryRunOf(session) !== 'client') print(await createObject(session, service), 'exposed');
      else
        print(
          session.explicitNamespace ? withField(service, ['metadata', 'namespace'], session.namespace) : service,
          'exposed',
        );
    });
  }
  throwAll(failures);
  return undefined;
}

function serviceFor(session: Session, info: Info): JsonObject {
  const { flags } = session;
  if (!['Service', 'Pod', 'Deployment', 'ReplicaSet', 'ReplicationController'].includes(info.resource.kind)) {
    throw new KubectlError(`cannot expose a ${qualifiedName(info.resource).replace(/s(\.|$)/, '$1')}`);
  }
  const selector = flags.text('selector') === '' ? selectorOf(info) : equalities(flags.text('selector'));
  const found = portsOf(info);
  const headless = flags.text('cluster-ip') === 'None';
  let ports =
    flags.text('port') === ''
      ? found
      : flags
          .text('port')
          .split(',')
          .map((each) => ({ port: Number(each), protocol: protocolOf(found, Number(each)) }));
  if (flags.text('protocol') !== '') ports = ports.map((port) => ({ ...port, protocol: flags.text('protocol') }));
  if (ports.length === 0 && !headless) throw new KubectlError("couldn't find port via --port flag or introspection");
  const labels =
    flags.text('labels') === '' ? record(info.object, 'metadata', 'labels') : equalities(flags.text('labels'));
  const targetPort = flags.text('target-port');
  const spec: JsonObject = {
    ...(ports.length === 0
      ? {}
      : {
          ports: ports.map(({ port, protocol }, i) => ({
            ...(ports.length > 1 ? { name: `port-${i + 1}` } : {}),
            protocol,
            port,
            targetPort: targetPort === '' ? port : /^\d+$/.test(targetPort) ? Number(targetPort) : targetPort,
          })),
        }),
    selector,
    ...(flags.text('cluster-ip') === '' ? {} : { clusterIP: flags.text('cluster-ip') }),
    ...(flags.text('type') === '' ? {} : { type: flags.text('type') }),
    ...(flags.text('external-ip') === '' ? {} : { externalIPs: [flags.text('external-ip')] }),
    ...(flags.text('session-affinity') === '' ? {} : { sessionAffinity: flags.text('session-affinity') }),
    ...(flags.text('load-balancer-ip') === '' ? {} : { loadBalancerIP: flags.text('load-balancer-ip') }),
  };
  const name = flags.text('name') || info.name.slice(0, 63);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec,
    status: { loadBalancer: {} },
  };
}

function protocolOf(found: readonly Port[], port: number): string {
  return found.find((each) => each.port === port)?.protocol ?? 'TCP';
}

function selectorOf(info: Info): JsonObject {
  const failure = (why: string): KubectlError =>
    new KubectlError(`couldn't retrieve selectors via --selector flag or introspection: ${why}`);
  const spec = record(info.object, 'spec');
  if (info.resource.kind === 'Pod') {
    const labels = record(info.object, 'metadata', 'labels');
    if (Object.keys(labels).length === 0) throw failure('the pod has no labels and cannot be exposed');
    return labels;
  }
  if (info.resource.kind === 'Service' || info.resource.kind === 'ReplicationController') {
    const selector = record(spec, 'selector');
    if (Object.keys(selector).length === 0) throw failure('the service has no pod selector set');
    return selector;
  }
  if (objects(spec, 'selector', 'matchExpressions').length > 0)
    throw failure(
      `couldn't convert expressions - "${JSON.stringify(record(spec, 'selector')['matchExpressions'])}" to map-based selector format`,
    );
  return record(spec, 'selector', 'matchLabels');
}

function portsOf(info: Info): Port[] {
  if (info.resource.kind === 'Service') {
    return objects(info.object, 'spec', 'ports').map((port) => ({
      port: integer(port, 'port'),
      protocol: text(port, 'protocol') || 'TCP',
    }));
  }
  const spec =
    info.resource.kind === 'Pod' ? record(info.object, 'spec') : record(info.object, 'spec', 'template', 'spec');
  return objects(spec, 'containers').flatMap((container) =>
    objects(container, 'ports').map((port) => ({
      port: integer(port, 'containerPort'),
      protocol: text(port, 'protocol') || 'TCP',
    })),
  );
}

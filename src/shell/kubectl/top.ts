/**
 * `kubectl top`, from the metrics API where there is one.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/top, pkg/metricsutil
 */
import { quantityMilliValue, quantityValue } from '../../sim/api/quantity.ts';
import type { JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { compareText, nameOf, namespaceOf, objects, record, text } from './fields.ts';
import type { Session } from './session.ts';
import { alignTabs } from './tabwriter.ts';

interface Usage {
  readonly millicores: number;
  readonly bytes: number;
}

const usageOf = (holder: JsonObject): Usage => ({
  millicores: quantityMilliValue(text(holder, 'usage', 'cpu') || '0'),
  bytes: quantityValue(text(holder, 'usage', 'memory') || '0'),
});

async function metrics(session: Session, resource: string, namespace: string, name: string): Promise<JsonObject[]> {
  const discovery = await session.discovery();
  if (!discovery.resources.some((each) => each.group === 'metrics.k8s.io'))
    throw new KubectlError('Metrics API not available');
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  const path = `/apis/metrics.k8s.io/v1beta1${scope}/${resource}${name === '' ? '' : `/${name}`}`;
  const selector = session.flags.text('selector');
  const found = await session.object({
    method: 'GET',
    path,
    query: selector === '' ? {} : { labelSelector: selector },
  });
  return name === '' ? [...objects(found, 'items')] : [found];
}

const cells = ({ millicores, bytes }: Usage): string[] => [`${millicores}m`, `${Math.floor(bytes / (1024 * 1024))}Mi`];

function sortRows<T extends { readonly usage: Usage; readonly name: string }>(session: Session, rows: T[]): T[] {
  const sortBy = session.flags.text('sort-by');
  if (sortBy !== '' && sortBy !== 'cpu' && sortBy !== 'memory')
    throw new KubectlError('--sort-by accepts only cpu or memory');
  return rows.sort((a, b) => {
    if (sortBy === 'cpu') return b.usage.millicores - a.usage.millicores;
    return sortBy === 'memory' ? b.usage.bytes - a.usage.bytes : compareText(a.name, b.name);
  });
}

export async function topPods(session: Session): Promise<undefined> {
  const { flags } = session;
  const namespace = flags.is('all-namespaces') ? '' : session.namespace;
  const found = await metrics(session, 'pods', namespace, flags.args[0] ?? '');
  if (found.length === 0) {
    session.err(
      flags.is('all-namespaces') ? 'No resources found\n' : `No resources found in ${session.namespace} namespace.\n`,
    );
    return undefined;
  }
  const perContainer = flags.is('containers');
  const pods = found.map((pod) => {
    const each = objects(pod, 'containers').map(usageOf);
    const usage = { millicores: sum(each.map((one) => one.millicores)), bytes: sum(each.map((one) => one.bytes)) };
    return { pod, name: `${namespaceOf(pod)}/${nameOf(pod)}`, usage };
  });
  const rows = sortRows(session, pods).flatMap(({ pod, usage }) => {
    const first = flags.is('all-namespaces') ? [namespaceOf(pod)] : [];
    if (!perContainer) return [[...first, nameOf(pod), ...cells(usage)]];
    return objects(pod, 'containers').map((container) => [
      ...first,
      nameOf(pod),
      text(container, 'name'),
      ...cells(usageOf(container)),
    ]);
  });
  const header = [
    ...(flags.is('all-namespaces') ? ['NAMESPACE'] : []),
    ...(perContainer ? ['POD', 'NAME'] : ['NAME']),
    'CPU(cores)',
    'MEMORY(bytes)',
  ];
  print(session, header, rows);
  return undefined;
}

export async function topNodes(session: Session): Promise<undefined> {
  const { flags } = session;
  const found = await metrics(session, 'nodes', '', flags.args[0] ?? '');
  const nodes = await session.object({ method: 'GET', path: '/api/v1/nodes' });
  const rows = sortRows(
    session,
    found.map((node) => ({ node, name: nameOf(node), usage: usageOf(node) })),
  ).map(({ name, usage }) => {
    const node = objects(nodes, 'items').find((each) => nameOf(each) === name);
    const available = record(node, 'status', flags.is('show-capacity') ? 'capacity' : 'allocatable');
    const [cpu = '', memory = ''] = cells(usage);
    const percent = (used: number, whole: number): string =>
      whole === 0 ? '<unknown>' : `${Math.trunc((used / whole) * 100)}%`;
    return [
      name,
      cpu,
      percent(usage.millicores, quantityMilliValue(text(available, 'cpu') || '0')),
      memory,
      percent(usage.bytes, quantityValue(text(available, 'memory') || '0')),
    ];
  });
  print(session, ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'], rows);
  return undefined;
}

function print(session: Session, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [...(session.flags.is('no-headers') ? [] : [header]), ...rows].map((row) => `${row.join('\t')}\t`);
  session.out(`${alignTabs(lines.join('\n'))}\n`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

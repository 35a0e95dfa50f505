/** The empty structures that a typed object always prints, as a manifest that went through Go's types shows them. */
import type { JsonObject } from './client.ts';
import { at, has, objects, text, withField } from './fields.ts';

export function withEmptyStructures(object: JsonObject): JsonObject {
  const kind = text(object, 'kind');
  let typed = object;
  const fill = (...path: readonly string[]): void => {
    if (at(typed, ...path) === undefined) typed = withField(typed, path, {});
  };
  const lists = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'ServiceAccount'];
  if (lists.includes(kind)) return typed;
  if (kind === 'Service') {
    const ports = objects(typed, 'spec', 'ports').map((port) => ({ targetPort: 0, ...port }));
    typed = withField(typed, ['spec', 'ports'], ports);
    fill('status', 'loadBalancer');
    return typed;
  }
  const pod = kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const spec = kind === 'Pod' ? ['spec'] : [...pod, 'spec'];
  if (kind === 'CronJob') fill('spec', 'jobTemplate', 'metadata');
  if (kind !== 'Pod') fill(...pod, 'metadata');
  for (const list of ['containers', 'initContainers']) {
    if (!has(at(typed, ...spec), list)) continue;
    const containers = objects(at(typed, ...spec), list).map((each) => ({
      ...each,
      resources: each['resources'] ?? {},
    }));
    typed = withField(typed, [...spec, list], containers);
  }
  if (kind === 'Deployment') fill('spec', 'strategy');
  if (kind === 'DaemonSet' || kind === 'StatefulSet') fill('spec', 'updateStrategy');
  fill('status');
  return typed;
}

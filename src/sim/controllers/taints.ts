/** Which taints a toleration takes. @source staging/src/k8s.io/api/core/v1/toleration.go ToleratesTaint */
import type { Node, Taint, Toleration } from '../api/types.ts';

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect = '', key = '', operator = '', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  switch (operator) {
    case '':
    case 'Equal':
      return value === (taint.value ?? '');
    case 'Exists':
      return true;
    default:
      return false;
  }
}

export function noExecuteTaints(node: Node): Taint[] {
  return node.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
}

/**
 * Which taints a pod puts up with.
 * @source staging/src/k8s.io/api/core/v1/toleration.go, staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go
 */
import type { Node, Taint, Toleration } from '../api/types.ts';

/** @param comparison whether `Gt` and `Lt` work (gate TaintTolerationComparisonOperators, off by default) */
export function tolerates(toleration: Toleration, taint: Taint, comparison: boolean): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  const value = toleration.value ?? '';
  const taintValue = taint.value ?? '';
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal':
      return value === taintValue;
    case 'Exists':
      return true;
    case 'Lt':
      return comparison && compareIntegers(taintValue, value) === -1;
    case 'Gt':
      return comparison && compareIntegers(taintValue, value) === 1;
    default:
      return false;
  }
}

export function isTolerated(
  taint: Taint,
  tolerations: readonly Toleration[] | undefined,
  comparison: boolean,
): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint, comparison)) ?? false;
}

/** The first taint that keeps new pods away (NoSchedule, NoExecute) and is not tolerated. */
export function firstUntoleratedTaint(
  node: Node,
  tolerations: readonly Toleration[] | undefined,
  comparison: boolean,
): Taint | undefined {
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') continue;
    if (!isTolerated(taint, tolerations, comparison)) return taint;
  }
  return undefined;
}

const DECIMAL_INTEGER = /^(0|-?[1-9][0-9]*)$/;
const INT64_MAX = 2n ** 63n - 1n;

/** -1, 0, 1, or undefined when either text is not a 64-bit whole number without leading zeros. */
function compareIntegers(left: string, right: string): number | undefined {
  if (!DECIMAL_INTEGER.test(left) || !DECIMAL_INTEGER.test(right)) return undefined;
  const a = BigInt(left);
  const b = BigInt(right);
  if (a > INT64_MAX || a < -INT64_MAX - 1n || b > INT64_MAX || b < -INT64_MAX - 1n) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

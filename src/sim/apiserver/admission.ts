/**
 * Admission: every enabled plugin in the real order, first those that change the object, then, once it has been validated, those that
 * only judge it.
 * @source staging/src/k8s.io/apiserver/pkg/admission/chain.go
 */
import type { Kind } from '../api/kind.ts';
import { forbidden } from '../api/status.ts';
import type { KubeObject, Status } from '../api/types.ts';
import { mutatingPlugins } from './admission-mutating.ts';
import { validatingPlugins } from './admission-validating.ts';
import type { Server, User } from './memory.ts';

export interface Admission {
  readonly server: Server;
  readonly user: User;
  readonly kind: Kind;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly old: KubeObject | undefined;
  readonly warnings: string[];
}

export interface Refusal {
  readonly refused: Status;
  /** What is missing may be there in a moment: how often to wait and look again. */
  readonly retries?: number;
}

/** The object (perhaps changed), or why it is refused. */
export type AdmissionResult = KubeObject | Refusal;
export type MutatingPlugin = (admission: Admission, object: KubeObject) => AdmissionResult;
export type ValidatingPlugin = (admission: Admission, object: KubeObject | undefined) => Status | Refusal | undefined;

export function admitChange(admission: Admission, object: KubeObject): AdmissionResult {
  let admitted = object;
  for (const name of admission.server.me.options.admissionPlugins) {
    const plugin = mutatingPlugins.get(name);
    if (plugin === undefined) continue;
    const result = plugin(admission, admitted);
    if (isRefusal(result)) return result;
    admitted = result;
  }
  return admitted;
}

export function judgeChange(admission: Admission, object: KubeObject | undefined): Refusal | undefined {
  for (const name of admission.server.me.options.admissionPlugins) {
    const refused = validatingPlugins.get(name)?.(admission, object);
    if (refused !== undefined) return 'refused' in refused ? refused : { refused };
  }
  return undefined;
}

export function isRefusal(result: AdmissionResult): result is Refusal {
  return 'refused' in result;
}

/** `pods "web" is forbidden: detail` */
export function forbid({ kind, name }: Admission, detail: string, objectName = name): Status {
  return forbidden({ group: kind.group, resource: kind.plural }, objectName, detail);
}

/** Whether a plugin does anything here. */
export function isPluginSimulated(name: string): boolean {
  return mutatingPlugins.has(name) || validatingPlugins.has(name) || name === 'AlwaysAdmit' || name === 'ResourceQuota';
}

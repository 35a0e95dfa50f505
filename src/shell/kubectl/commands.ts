/** Which function runs which command. A command of the real kubectl that is missing here answers "not simulated". */
import { apply, setLastApplied, viewLastApplied } from './apply.ts';
import { create, createGenerated, createToken } from './create.ts';
import { deleteCommand } from './delete.ts';
import { describe } from './describe.ts';
import { cordon, drain, uncordon } from './drain.ts';
import { get } from './get.ts';
import { annotate, label } from './label.ts';
import { patch } from './patch.ts';
import { edit, replace } from './replace.ts';
import type { Session } from './session.ts';
import { taint } from './taint.ts';

export type Handler = (session: Session) => Promise<number | undefined>;

const generated = (kinds: string): Record<string, Handler> =>
  Object.fromEntries(kinds.split(',').map((kind) => [`create ${kind}`, createGenerated]));

export const handlers: Readonly<Record<string, Handler>> = {
  annotate,
  apply,
  'apply set-last-applied': setLastApplied,
  'apply view-last-applied': viewLastApplied,
  cordon,
  create,
  ...generated('deployment,job,cronjob,configmap,secret generic,secret docker-registry,secret tls,role,clusterrole'),
  ...generated('rolebinding,clusterrolebinding,ingress,service clusterip,service nodeport,service loadbalancer'),
  ...generated('service externalname,namespace,serviceaccount,quota,poddisruptionbudget,priorityclass'),
  'create token': createToken,
  delete: deleteCommand,
  describe,
  drain,
  edit,
  get,
  label,
  patch,
  replace,
  taint,
  uncordon,
};

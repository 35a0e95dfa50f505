/** Which function runs which command. A command of the real kubectl that is missing here answers "not simulated". */
import { apply, setLastApplied, viewLastApplied } from './apply.ts';
import { canI, whoAmI } from './auth.ts';
import { approve, deny } from './certificate.ts';
import { apiResources, apiVersions, clusterInfo, clusterInfoDump, version } from './cluster-facts.ts';
import * as config from './config.ts';
import { create, createGenerated, createToken } from './create.ts';
import { debug } from './debug.ts';
import { deleteCommand } from './delete.ts';
import { describe } from './describe.ts';
import { diff } from './diff.ts';
import { cordon, drain, uncordon } from './drain.ts';
import { notSimulated, usageError } from './errors.ts';
import { events } from './events.ts';
import { attach, exec } from './exec.ts';
import { explain } from './explain.ts';
import { expose } from './expose.ts';
import { get } from './get.ts';
import { annotate, label } from './label.ts';
import { logs } from './logs.ts';
import { patch } from './patch.ts';
import { edit, replace } from './replace.ts';
import { rolloutHistory, rolloutPause, rolloutRestart, rolloutResume, rolloutStatus, rolloutUndo } from './rollout.ts';
import { run } from './run.ts';
import { autoscale, scale } from './scale.ts';
import type { Session } from './session.ts';
import { setImage, setResources, setSelector, setServiceAccount, setSubject } from './set.ts';
import { setEnv } from './set-env.ts';
import { taint } from './taint.ts';
import { topNodes, topPods } from './top.ts';
import { wait } from './wait.ts';

export type Handler = (session: Session) => Promise<number | undefined>;

const generated = (kinds: string): Record<string, Handler> =>
  Object.fromEntries(kinds.split(',').map((kind) => [`create ${kind}`, createGenerated]));

/** Scripts for real shells make no sense here: this shell completes by itself. */
async function completion(session: Session): Promise<undefined> {
  const [shell] = session.flags.args;
  if (shell === undefined) throw usageError(session.command, 'Shell not specified.');
  if (!['bash', 'zsh', 'fish', 'powershell'].includes(shell))
    throw usageError(session.command, `Unsupported shell type "${shell}".`);
  throw notSimulated(`completion ${shell}`);
}

export const handlers: Readonly<Record<string, Handler>> = {
  annotate,
  'api-resources': apiResources,
  'api-versions': apiVersions,
  apply,
  'apply set-last-applied': setLastApplied,
  'apply view-last-applied': viewLastApplied,
  attach,
  'auth can-i': canI,
  'auth whoami': whoAmI,
  autoscale,
  'certificate approve': approve,
  'certificate deny': deny,
  'cluster-info': clusterInfo,
  'cluster-info dump': clusterInfoDump,
  completion,
  'config current-context': config.currentContext,
  'config delete-cluster': config.deleteCluster,
  'config delete-context': config.deleteContext,
  'config delete-user': config.deleteUser,
  'config get-clusters': config.getClusters,
  'config get-contexts': config.getContexts,
  'config get-users': config.getUsers,
  'config rename-context': config.renameContext,
  'config set': config.setProperty,
  'config set-cluster': config.setCluster,
  'config set-context': config.setContext,
  'config set-credentials': config.setCredentials,
  'config unset': config.unsetProperty,
  'config use-context': config.useContext,
  'config view': config.view,
  cordon,
  create,
  ...generated('deployment,job,cronjob,configmap,secret generic,secret docker-registry,secret tls,role,clusterrole'),
  ...generated('rolebinding,clusterrolebinding,ingress,service clusterip,service nodeport,service loadbalancer'),
  ...generated('service externalname,namespace,serviceaccount,quota,poddisruptionbudget,priorityclass'),
  'create token': createToken,
  debug,
  delete: deleteCommand,
  describe,
  diff,
  drain,
  edit,
  events,
  exec,
  explain,
  expose,
  get,
  label,
  logs,
  patch,
  replace,
  'rollout history': rolloutHistory,
  'rollout pause': rolloutPause,
  'rollout restart': rolloutRestart,
  'rollout resume': rolloutResume,
  'rollout status': rolloutStatus,
  'rollout undo': rolloutUndo,
  run,
  scale,
  'set env': setEnv,
  'set image': setImage,
  'set resources': setResources,
  'set selector': setSelector,
  'set serviceaccount': setServiceAccount,
  'set subject': setSubject,
  taint,
  'top node': topNodes,
  'top pod': topPods,
  uncordon,
  version,
  wait,
};

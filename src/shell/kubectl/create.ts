/**
 * `kubectl create -f` and the generators of `kubectl create KIND`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/create
 */
import { dryRunOf, resultPrinter, withCause, withLastApplied, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { generate } from './create-generators.ts';
import { builtinResource, pathOf } from './discovery.ts';
import { KubectlError, throwAll, usageError, withSource } from './errors.ts';
import { namespaceOf, text, withField } from './fields.ts';
import { parseManifests } from './manifest.ts';
import { collect, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { toYaml } from './yaml.ts';

export async function create(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length > 0) throw usageError(session.command, `Unexpected args: [${flags.args.join(' ')}]`);
  if (flags.list('filename').length === 0) throw new KubectlError('must specify one of -f and -k');
  const dryRun = dryRunOf(session);
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, queryOf(session, []));
  const failures = [...errors];
  for (const info of infos) {
    await collect(failures, async () => {
      let object = info.object;
      if (flags.is('edit')) object = await edited(session, object);
      if (flags.is('save-config')) object = withLastApplied(object);
      object = withCause(session, object);
      if (dryRun !== 'client') object = await post(session, object, info.namespace, info.source);
      print(object, 'created', info.resource);
    });
  }
  if (infos.length === 0 && failures.length === 0) throw new KubectlError('no objects passed to create');
  throwAll(failures);
  return undefined;
}

async function edited(session: Session, object: JsonObject): Promise<JsonObject> {
  const written = (await session.context.edit?.(toYaml(object), '/tmp/kubectl-edit.yaml')) ?? toYaml(object);
  return parseManifests(written, 'edited file')[0]?.object ?? object;
}

/** POST of an object; the refusal says which file it came from. */
export async function post(
  session: Session,
  object: JsonObject,
  namespace: string,
  source: string,
  manager = 'kubectl-create',
): Promise<JsonObject> {
  const resource = await session.mappingForObject(object, source);
  try {
    return await session.object({
      method: 'POST',
      path: pathOf(resource, namespace),
      query: writeQuery(session, { manager, validate: true }),
      body: object,
    });
  } catch (error) {
    throw withSource(error, 'creating', source);
  }
}

/** What a generator's failure is called; '' leaves the server's own words alone. */
const failureNames: Readonly<Record<string, string>> = {
  clusterrolebinding: 'clusterrolebinding:',
  configmap: 'configmap:',
  cronjob: 'cronjob:',
  deployment: 'deployment:',
  ingress: 'ingress:',
  job: 'job:',
  poddisruptionbudget: 'poddisruptionbudgets:',
  priorityclass: 'priorityclass:',
  quota: 'quota:',
  rolebinding: 'rolebinding:',
  'secret generic': 'secret',
  'secret docker-registry': 'secret',
  'secret tls': 'secret',
  'service clusterip': 'ClusterIP service:',
  'service nodeport': 'NodePort service:',
  'service loadbalancer': 'LoadBalancer service:',
  'service externalname': 'ExternalName service:',
  serviceaccount: 'serviceaccount:',
};

/** `kubectl create deployment …` and its siblings. */
export async function createGenerated(session: Session): Promise<undefined> {
  const kind = session.command.replace(/^kubectl create /, '');
  const { flags } = session;
  for (const required of requiredFlags[kind] ?? []) {
    if (!flags.changed(required)) throw new KubectlError(`required flag(s) "${required}" not set`);
  }
  const before = flags.argsBeforeDash === -1 ? flags.args.length : flags.argsBeforeDash;
  if (before !== 1 && !(before === 0 && flags.args.length === 1)) {
    throw usageError(session.command, `exactly one NAME is required, got ${flags.args.slice(0, before).length}`);
  }
  const generated = await generate(session, kind, flags.args[0] ?? '', flags.args.slice(1));
  const clusterWide = ['namespace', 'clusterrole', 'clusterrolebinding', 'priorityclass'].includes(kind);
  const dryRun = dryRunOf(session);
  let object = !clusterWide && session.explicitNamespace ? inNamespace(generated, session.namespace) : generated;
  if (flags.is('save-config')) object = withLastApplied(object);
  const print = await resultPrinter(session, true);
  if (dryRun !== 'client') {
    const target = clusterWide ? '' : namespaceOf(object) || session.namespace;
    object = await posted(session, object, target, failureNames[kind] ?? '');
  }
  print(object, 'created');
  return undefined;
}

const requiredFlags: Readonly<Record<string, readonly string[]>> = {
  deployment: ['image'],
  cronjob: ['image', 'schedule'],
  'service externalname': ['external-name'],
};

/** The namespace goes right behind the name, where the struct has it. */
function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const { name, ...rest } = typeof object['metadata'] === 'object' ? (object['metadata'] as JsonObject) : {};
  return withField(object, ['metadata'], { name, namespace, ...rest });
}

async function posted(
  session: Session,
  object: JsonObject,
  namespace: string,
  failureName: string,
): Promise<JsonObject> {
  try {
    return await session.object({
      method: 'POST',
      path: pathOf(builtinResource(object), namespace),
      query: writeQuery(session, { manager: 'kubectl-create', validate: true }),
      body: object,
    });
  } catch (error) {
    if (!(error instanceof KubectlError) || failureName === '') throw error;
    throw new KubectlError(`failed to create ${failureName} ${error.message}`);
  }
}

/** `kubectl create token`: prints the token itself. */
export async function createToken(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length !== 1)
    throw usageError(session.command, `exactly one NAME is required, got ${flags.args.length}`);
  const seconds = flags.durationMs('duration') / 1000;
  const audiences = flags.list('audience');
  const kind = flags.text('bound-object-kind');
  const bound =
    kind === ''
      ? {}
      : {
          boundObjectRef: {
            kind,
            apiVersion: 'v1',
            name: flags.text('bound-object-name'),
            uid: flags.text('bound-object-uid'),
          },
        };
  const spec = {
    ...(audiences.length === 0 ? { audiences: null } : { audiences }),
    ...(seconds === 0 ? {} : { expirationSeconds: seconds }),
    ...bound,
  };
  const resource = await session.mapping('serviceaccounts');
  const body = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec };
  try {
    const path = pathOf(resource, session.namespace, flags.args[0], 'token');
    const answer = await session.object({ method: 'POST', path, body });
    if (flags.text('output') === '') session.out(`${text(answer, 'status', 'token')}\n`);
    else (await resultPrinter(session))(answer, 'created');
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new KubectlError(`failed to create token: ${error.message}`);
  }
  return undefined;
}

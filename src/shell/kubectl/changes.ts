/**
 * What every command that changes something shares: dry run, field manager, validation, and the line it prints.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go
 */
import type { HttpRequest, JsonObject } from './client.ts';
import { pathOf, type Resource } from './discovery.ts';
import { KubectlError, notSimulated, StatusError } from './errors.ts';
import { record, withField } from './fields.ts';
import { compactJson } from './json.ts';
import { outputPrinter, typeAndName } from './printers.ts';
import type { Session } from './session.ts';

export type DryRun = 'none' | 'client' | 'server';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function dryRunOf(session: Session): DryRun {
  const value = session.flags.text('dry-run');
  switch (value) {
    case '':
    case 'none':
    case 'false':
      return 'none';
    case 'client':
    case 'server':
      return value;
    case 'unchanged':
    case 'true':
      session.err(
        `W0101 00:00:00.000000    4242 helpers.go:731] --dry-run is deprecated and can be replaced with --dry-run=client.\n`,
      );
      return 'client';
    default:
      throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }
}

/** Query parameters of a write. */
export function writeQuery(
  session: Session,
  options: { readonly manager?: string; readonly validate?: boolean } = {},
): Record<string, string> {
  const manager = session.flags.text('field-manager') || options.manager || '';
  const query: Record<string, string> = {};
  if (dryRunOf(session) === 'server') query['dryRun'] = 'All';
  if (manager !== '') query['fieldManager'] = manager;
  if (options.validate === true) query['fieldValidation'] = validationOf(session);
  return query;
}

/** What the server shall do about fields it does not know. */
export function validationOf(session: Session): 'Strict' | 'Warn' | 'Ignore' {
  const value = session.flags.text('validate');
  switch (value) {
    case '':
    case 'strict':
    case 'true':
      return 'Strict';
    case 'warn':
      return 'Warn';
    case 'ignore':
    case 'false':
      return 'Ignore';
    default:
      throw new KubectlError(
        `invalid - validate option ${JSON.stringify(value)}; must be one of: strict (or true), warn, ignore (or false)`,
      );
  }
}

export function dryRunSuffix(dryRun: DryRun): string {
  if (dryRun === 'client') return ' (dry run)';
  return dryRun === 'server' ? ' (server dry run)' : '';
}

export type ResultPrinter = (object: JsonObject, operation: string, resource?: Resource) => void;

/** Prints results as `pod/web created`, or in the format of --output. */
export async function resultPrinter(session: Session, typed = false): Promise<ResultPrinter> {
  const printer = await outputPrinter(session, { typed: typed && dryRunOf(session) === 'client' });
  const suffix = dryRunSuffix(dryRunOf(session));
  return (object, operation, resource) => {
    session.out(
      printer === undefined ? `${typeAndName(object, resource)} ${operation}${suffix}\n` : printer(object, resource),
    );
  };
}

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

const contentTypes: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

export async function patchObject(
  session: Session,
  resource: Resource,
  object: Named,
  patch: {
    readonly kind: PatchKind;
    readonly body: unknown;
    readonly query?: Record<string, string>;
    readonly subresource?: string;
  },
): Promise<JsonObject> {
  const request: HttpRequest = {
    method: 'PATCH',
    path: pathOf(resource, object.namespace, object.name, patch.subresource),
    query: patch.query ?? {},
    body: patch.body,
    contentType: contentTypes[patch.kind],
  };
  try {
    return await session.object(request);
  } catch (error) {
    const isUnknown = error instanceof StatusError && error.reason === 'UnsupportedMediaType';
    throw isUnknown && patch.kind === 'apply' ? notSimulated('apply --server-side') : error;
  }
}

/** Types the server builds in take strategic merges; custom resources take plain merges. */
export function mergeKindOf(resource: Resource): PatchKind {
  const builtIn = !resource.group.includes('.') || resource.group.endsWith('.k8s.io');
  return builtIn ? 'strategic' : 'merge';
}

const changeCause = 'kubernetes.io/change-cause';

/** With --record, the object with the annotation that says which command made it so. */
export function withCause(session: Session, object: JsonObject): JsonObject {
  return session.flags.is('record')
    ? withField(object, ['metadata', 'annotations', changeCause], causeOf(session))
    : object;
}

/** With --record, notes the command at an object that has been changed without such a note. */
export async function recordCause(session: Session, resource: Resource, object: Named): Promise<void> {
  if (!session.flags.is('record') || dryRunOf(session) !== 'none') return;
  const body = { metadata: { annotations: { [changeCause]: causeOf(session) } } };
  await patchObject(session, resource, object, { kind: 'merge', body });
}

const causeOf = ({ command, flags }: Session): string => [command, ...flags.args, ...flags.written].join(' ');

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The object with the annotation that `kubectl apply` compares with next time. */
export function withLastApplied(object: JsonObject): JsonObject {
  const bare = withoutLastApplied(object);
  return withField(bare, ['metadata', 'annotations', lastApplied], appliedText(object));
}

/** What the annotation holds: the manifest on one line, with an annotations map even when it is empty. */
export function appliedText(object: JsonObject): string {
  return `${compactJson(withField(withoutLastApplied(object), ['metadata', 'annotations'], record(withoutLastApplied(object), 'metadata', 'annotations')))}\n`;
}

export function withoutLastApplied(object: JsonObject): JsonObject {
  const annotations = record(object, 'metadata', 'annotations');
  if (annotations[lastApplied] === undefined) return object;
  const { [lastApplied]: _dropped, ...kept } = annotations;
  return withField(object, ['metadata', 'annotations'], kept);
}

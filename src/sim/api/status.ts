/**
 * Every failure the API server answers with, in its own words, reasons and codes.
 * A resource is `{group, resource}` (`{apps, deployments}`), a kind `{group, kind}` (`{apps, Deployment}`).
 * @source staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
 */
import { aggregateText, type FieldError, fieldErrorText, goQuote } from './field-error.ts';
import type { Status, StatusCause, StatusDetails } from './types.ts';

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** 404 `pods "x" not found` */
export function notFound(resource: GroupResource, name: string): Status {
  return failure(404, 'NotFound', `${resourceText(resource)} ${goQuote(name)} not found`, detailsOf(resource, name));
}

/** 404 for a path that names nothing: `the server could not find the requested resource` */
export function resourceNotFound(): Status {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 409 `pods "x" already exists` */
export function alreadyExists(resource: GroupResource, name: string): Status {
  const message = `${resourceText(resource)} ${goQuote(name)} already exists`;
  return failure(409, 'AlreadyExists', message, detailsOf(resource, name));
}

/** 409 when eight generated names in a row were taken. */
export function generateNameConflict(resource: GroupResource, name: string, retryAfterSeconds: number): Status {
  const message = `${resourceText(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, 'AlreadyExists', message, { ...detailsOf(resource, name), retryAfterSeconds });
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409 `Operation cannot be fulfilled on pods "x": the object has been modified; …` */
export function conflict(resource: GroupResource, name: string, detail: string = OBJECT_MODIFIED): Status {
  const message = `Operation cannot be fulfilled on ${resourceText(resource)} ${goQuote(name)}: ${detail}`;
  return failure(409, 'Conflict', message, detailsOf(resource, name));
}

/** 409 of server-side apply, with a cause for every field somebody else owns. */
export function applyConflict(message: string, causes: readonly StatusCause[]): Status {
  return failure(409, 'Conflict', message, { causes });
}

/** 422 `Pod "x" is invalid: [a, b]` with one cause for each field error. */
export function invalidObject(kind: GroupKind, name: string, errors: readonly FieldError[]): Status {
  const causes = errors.map((error): StatusCause => ({ reason: error.type, message: error.body, field: error.field }));
  const kindText = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const head = `${kindText} ${goQuote(name)} is invalid`;
  const message = errors.length === 0 ? head : `${head}: ${aggregateText(errors.map(fieldErrorText))}`;
  return failure(422, 'Invalid', message, {
    ...(name !== '' && { name }),
    ...(kind.group !== '' && { group: kind.group }),
    ...(kind.kind !== '' && { kind: kind.kind }),
    ...(causes.length > 0 && { causes }),
  });
}

/** 422 without causes: a JSON patch that did not apply, for example. */
export function unprocessable(): Status {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** 403 `pods "x" is forbidden: detail`; without a name `pods is forbidden: …`, without a resource `forbidden: …`. */
export function forbidden(resource: GroupResource, name: string, detail: string): Status {
  if (resource.resource === '' && resource.group === '') {
    return failure(403, 'Forbidden', `forbidden: ${detail}`, name === '' ? {} : { name });
  }
  const subject = name === '' ? resourceText(resource) : `${resourceText(resource)} ${goQuote(name)}`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${detail}`, detailsOf(resource, name));
}

/** 401 `Unauthorized` */
export function unauthorized(message = 'Unauthorized'): Status {
  return failure(401, 'Unauthorized', message, undefined);
}

/** 400 with a free text. */
export function badRequest(message: string): Status {
  return failure(400, 'BadRequest', message, undefined);
}

/** 410 Expired: `too old resource version: 1 (5)`, and the like. */
export function expired(message: string): Status {
  return failure(410, 'Expired', message, undefined);
}

/** 410 Gone. */
export function gone(message: string): Status {
  return failure(410, 'Gone', message, undefined);
}

/** 410 of a list that continues after its revision was compacted. */
export function continueExpired(): Status {
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
}

/** 429 with a free text: an eviction the budget does not allow, for example. */
export function tooManyRequests(message: string, retryAfterSeconds: number): Status {
  return failure(429, 'TooManyRequests', message, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

/** 405 of a path that exists but does not answer to the method. */
export function methodNotAllowed(): Status {
  const message = 'the server does not allow this method on the requested resource';
  return failure(405, 'MethodNotAllowed', message, {});
}

/** 405 `create is not supported on resources of kind "x"` */
export function methodNotSupported(resource: GroupResource, action: string): Status {
  const message = `${action} is not supported on resources of kind ${goQuote(resourceText(resource))}`;
  return failure(405, 'MethodNotAllowed', message, detailsOf(resource, ''));
}

/** 406 */
export function notAcceptable(message: string): Status {
  return failure(406, 'NotAcceptable', message, undefined);
}

/** 415 */
export function unsupportedMediaType(message: string): Status {
  return failure(415, 'UnsupportedMediaType', message, undefined);
}

/** 413 `Request entity too large: …` */
export function requestEntityTooLarge(message: string): Status {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`, undefined);
}

/** 504 `Timeout: …` */
export function timeout(message: string, retryAfterSeconds = 0): Status {
  return failure(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

/** 504 of a list or watch at a revision the server has not seen. */
export function tooLargeResourceVersion(wanted: number, current: number): Status {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`;
  return failure(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

/** 500 ServerTimeout: `The list operation against pods could not be completed at this time, please try again.` */
export function serverTimeout(resource: GroupResource, operation: string, retryAfterSeconds: number): Status {
  const message = `The ${operation} operation against ${resourceText(resource)} could not be completed at this time, please try again.`;
  return failure(500, 'ServerTimeout', message, {
    ...detailsOf(resource, operation),
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}

/** 500 `Internal error occurred: …` */
export function internalError(detail: string): Status {
  return failure(500, 'InternalError', `Internal error occurred: ${detail}`, { causes: [{ message: detail }] });
}

/** 500 without a reason: what an error that is no API error becomes, `etcdserver: request timed out` for one. */
export function unknownError(message: string): Status {
  return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', message, code: 500 };
}

/** 503 */
export function serviceUnavailable(message: string): Status {
  return failure(503, 'ServiceUnavailable', message, undefined);
}

/** 200 Success, what a finished deletion answers. */
export function success(details?: StatusDetails): Status {
  const head = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success', code: 200 } as const;
  return details === undefined ? head : { ...head, details };
}

/** Whether an answer is a Status of failure rather than an object. */
export function isFailure(answer: unknown): answer is Status {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'kind' in answer &&
    answer.kind === 'Status' &&
    'status' in answer &&
    answer.status === 'Failure'
  );
}

/** `deployments.apps`, `pods` */
export function resourceText(resource: GroupResource): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}

function detailsOf(resource: GroupResource, name: string): StatusDetails {
  return {
    ...(name !== '' && { name }),
    ...(resource.group !== '' && { group: resource.group }),
    ...(resource.resource !== '' && { kind: resource.resource }),
  };
}

function failure(code: number, reason: string, message: string, details: StatusDetails | undefined): Status {
  const head = { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', message, reason } as const;
  return details === undefined ? { ...head, code } : { ...head, details, code };
}

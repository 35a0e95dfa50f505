import { describe, expect, test } from 'vitest';
import { cannotBeHandled, decodeObject, strictDecodingError } from '../../src/sim/api/decode.ts';
import { findKind } from '../../src/sim/api/kinds.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  continueExpired,
  expired,
  forbidden,
  internalError,
  invalidObject,
  isFailure,
  methodNotAllowed,
  notFound,
  resourceNotFound,
  success,
  timeout,
  tooManyRequests,
  unauthorized,
} from '../../src/sim/api/status.ts';
import type { Status } from '../../src/sim/api/types.ts';

const PODS = { group: '', resource: 'pods' };
const DEPLOYMENTS = { group: 'apps', resource: 'deployments' };

/** What a server would answer to a new object. */
function create(resource: string, body: object, strict = false): Status | undefined {
  const kind = findKind(resource);
  if (kind === undefined) throw new Error(resource);
  const decoded = decodeObject(kind.schema, { apiVersion: kind.apiVersion, kind: kind.kind, ...body });
  if (!decoded.ok) return badRequest(cannotBeHandled(kind.kind, kind.version, decoded.error));
  if (strict && decoded.unknownFields.length > 0) {
    return badRequest(cannotBeHandled(kind.kind, kind.version, strictDecodingError(decoded.unknownFields)));
  }
  const object = kind.prepareCreate(kind.defaults(decoded.value));
  const errors = kind.validate({ ...object, metadata: { namespace: 'raw', ...object.metadata } });
  return errors.length === 0 ? undefined : invalidObject(kind, object.metadata.name, errors);
}

describe('the answer to a wrong object, as a real server gave it', () => {
  test('lists every wrong field with its reason', () => {
    const answer = create('pods', {
      metadata: { name: 'Bad_x' },
      spec: {
        containers: [
          { name: 'c', image: 'x' },
          { name: 'c', image: 'x', imagePullPolicy: 'Q' },
        ],
      },
    });
    const wrongName =
      "Invalid value: \"Bad_x\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    const wrongPolicy = 'Unsupported value: "Q": supported values: "Always", "IfNotPresent", "Never"';
    expect(answer).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `Pod "Bad_x" is invalid: [metadata.name: ${wrongName}, spec.containers[1].imagePullPolicy: ${wrongPolicy}, spec.containers[1].name: Duplicate value: "c"]`,
      reason: 'Invalid',
      details: {
        name: 'Bad_x',
        kind: 'Pod',
        causes: [
          { reason: 'FieldValueInvalid', message: wrongName, field: 'metadata.name' },
          { reason: 'FieldValueNotSupported', message: wrongPolicy, field: 'spec.containers[1].imagePullPolicy' },
          { reason: 'FieldValueDuplicate', message: 'Duplicate value: "c"', field: 'spec.containers[1].name' },
        ],
      },
      code: 422,
    });
  });

  test('names the group of a kind that has one', () => {
    const template = { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const answer = create('deployments', {
      metadata: { name: 'x' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    const detail = 'Invalid value: {"a":"c"}: `selector` does not match template `labels`';
    expect(answer?.message).toBe(`Deployment.apps "x" is invalid: spec.template.metadata.labels: ${detail}`);
    expect(answer?.details).toEqual({
      name: 'x',
      group: 'apps',
      kind: 'Deployment',
      causes: [{ reason: 'FieldValueInvalid', message: detail, field: 'spec.template.metadata.labels' }],
    });
  });

  test('is a bad request when it cannot even be read', () => {
    const resources = { requests: { cpu: '1x' } };
    expect(create('pods', { metadata: { name: 'x' }, spec: { containers: [{ name: 'c', resources }] } })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
      reason: 'BadRequest',
      code: 400,
    });
    expect(create('secrets', { metadata: { name: 'x' }, data: { a: '%%%' } })?.message).toBe(
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
    );
    const spec = { containers: [{ name: 'c', image: 'x', foo: 1 }], bar: 1 };
    expect(create('pods', { metadata: { name: 'x' }, spec }, true)?.message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].foo", unknown field "spec.bar"',
    );
    expect(create('pods', { metadata: { name: 'x' }, spec })).toBeUndefined();
    const replicas = create('deployments', { metadata: { name: 'x' }, spec: { replicas: 'many' } });
    expect(replicas?.message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    );
  });
});

describe('a refusal', () => {
  const said = ({ code, reason, message, details }: Status): unknown[] => [code, reason, message, details];

  test('says what is missing, or there already', () => {
    expect(said(notFound(DEPLOYMENTS, 'web'))).toEqual([
      404,
      'NotFound',
      'deployments.apps "web" not found',
      { name: 'web', group: 'apps', kind: 'deployments' },
    ]);
    expect(said(alreadyExists(PODS, 'box'))).toEqual([
      409,
      'AlreadyExists',
      'pods "box" already exists',
      { name: 'box', kind: 'pods' },
    ]);
    expect(said(resourceNotFound())).toEqual([404, 'NotFound', 'the server could not find the requested resource', {}]);
  });

  test('says that somebody else was faster', () => {
    expect(said(conflict(PODS, 'box'))).toEqual([
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "box": the object has been modified; please apply your changes to the latest version and try again',
      { name: 'box', kind: 'pods' },
    ]);
  });

  test('says who may not', () => {
    expect(forbidden(PODS, 'box', 'no').message).toBe('pods "box" is forbidden: no');
    expect(forbidden(PODS, '', 'no').message).toBe('pods is forbidden: no');
    expect(said(unauthorized()).slice(0, 3)).toEqual([401, 'Unauthorized', 'Unauthorized']);
    expect(methodNotAllowed().code).toBe(405);
  });

  test('says when to come back', () => {
    expect(said(tooManyRequests('slow down', 10))).toEqual([
      429,
      'TooManyRequests',
      'slow down',
      { retryAfterSeconds: 10 },
    ]);
    expect(timeout('request did not complete within the allotted timeout').code).toBe(504);
    expect(expired('too old resource version: 1 (5)').code).toBe(410);
    expect(continueExpired().reason).toBe('Expired');
    expect(internalError('boom').message).toBe('Internal error occurred: boom');
  });

  test('can be told from an answer', () => {
    expect(isFailure(notFound(PODS, 'x'))).toBe(true);
    expect(isFailure(success())).toBe(false);
    expect(isFailure({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } })).toBe(false);
    expect(isFailure(undefined)).toBe(false);
  });
});

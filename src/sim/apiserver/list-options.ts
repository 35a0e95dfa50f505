/** What a list or watch asks for, read from its query and checked as the real server checks it. */
import { decodeBase64, encodeBase64Url } from '../api/base64.ts';
import { forbiddenField, notSupported } from '../api/field-error.ts';
import { type FieldSelector, parseFieldSelector } from '../api/field-selector.ts';
import type { Kind } from '../api/kind.ts';
import { EVERYTHING, parseSelector, type Selector } from '../api/selector.ts';
import { badRequest, invalidObject, unknownError } from '../api/status.ts';
import type { ApiRequest } from './memory.ts';
import { refuse } from './request.ts';

export interface ListOptions {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly limit: number;
  readonly continue: string;
  /** '' = unset */
  readonly resourceVersion: string;
  readonly match: string;
}

/** Undefined: the request has been refused. */
export function listOptions(request: ApiRequest, kind: Kind): ListOptions | undefined {
  const query = request.http.query ?? {};
  const labels = selectorOption(request, query['labelSelector']);
  const fields = fieldOption(request, kind, query['fieldSelector']);
  if (labels === undefined || fields === undefined) return undefined;
  const limitText = query['limit'] ?? '0';
  for (const number of [limitText, query['timeoutSeconds'] ?? '0']) {
    if (/^-?\d+$/.test(number)) continue;
    refuse(request, badRequest(`strconv.ParseInt: parsing "${number}": invalid syntax`));
    return undefined;
  }
  const resourceVersion = query['resourceVersion'] ?? '';
  const match = query['resourceVersionMatch'] ?? '';
  const next = query['continue'] ?? '';
  if (next !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    refuse(request, badRequest('specifying resource version is not allowed when using continue'));
    return undefined;
  }
  if (!validMatch(request, match, resourceVersion, query['sendInitialEvents'])) return undefined;
  if (resourceVersion !== '' && parseRevision(request, resourceVersion) === undefined) return undefined;
  return { labels, fields, limit: Math.max(0, Number(limitText)), continue: next, resourceVersion, match };
}

function validMatch(request: ApiRequest, match: string, resourceVersion: string, initial: string | undefined): boolean {
  const wrong = (error: Parameters<typeof invalidObject>[2][number]) => {
    refuse(request, invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [error]));
    return false;
  };
  const field = 'resourceVersionMatch';
  if (initial !== undefined) {
    if (match !== 'NotOlderThan') {
      return wrong(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    }
    return true;
  }
  if (match === '') return true;
  if (resourceVersion === '') {
    return wrong(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (match !== 'Exact' && match !== 'NotOlderThan')
    return wrong(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && resourceVersion === '0') {
    return wrong(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return true;
}

function selectorOption(request: ApiRequest, text: string | undefined): Selector | undefined {
  if (text === undefined || text === '') return EVERYTHING;
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.selector;
  refuse(
    request,
    badRequest(`unable to parse requirement: ${parsed.error}`.replace('unable to parse requirement: unable', 'unable')),
  );
  return undefined;
}

function fieldOption(request: ApiRequest, kind: Kind, text: string | undefined): FieldSelector | undefined {
  if (text === undefined || text === '') return [];
  const parsed = parseFieldSelector(text);
  if (!parsed.ok) {
    refuse(request, badRequest(parsed.error));
    return undefined;
  }
  for (const { field } of parsed.selector) {
    const error = kind.unselectable(field);
    if (error === undefined) continue;
    refuse(request, badRequest(error));
    return undefined;
  }
  return parsed.selector;
}

/** A resourceVersion; undefined: it is none, and the request has been refused. */
export function parseRevision(request: ApiRequest, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const problem = `strconv.ParseUint: parsing "${text}": invalid syntax`;
  const invalidVersion = `resourceVersion: Invalid value: "${text}": ${problem}`;
  const watching = request.attributes.verb === 'watch';
  refuse(request, watching ? unknownError(invalidVersion) : badRequest(`invalid resource version: ${invalidVersion}`));
  return undefined;
}

/** The token behind `continue`: revision and first key of the next page; revision -1 = the newest, consistent or not. */
export function formatContinue(revision: number, start: string): string {
  return encodeBase64Url(`{"v":"meta.k8s.io/v1","rv":${revision},"start":${JSON.stringify(start)}}`);
}

export function parseContinue(text: string): { revision: number; start: string } | undefined {
  try {
    const token: unknown = JSON.parse(decodeBase64(text) ?? '');
    if (typeof token !== 'object' || token === null || !('rv' in token) || !('start' in token)) return undefined;
    return { revision: Number(token.rv), start: String(token.start).replace(/^\//, '') };
  } catch {
    return undefined;
  }
}

/** Patches by their media type: JSON, merge and strategic merge patches, and server-side apply. */
import type { Kind } from '../api/kind.ts';
import { applyPatch, patchTypeOf } from '../api/patch.ts';
import { unsupportedMediaType } from '../api/status.ts';
import type { KubeObject, Status } from '../api/types.ts';

export interface PatchContext {
  readonly manager: string;
  readonly force: boolean;
  readonly time: string;
  readonly subresource: string;
}

export type Patched =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly status: Status };

/** The object after the patch, not decoded yet. */
export function patchObject(
  contentType: string,
  patch: unknown,
  object: KubeObject,
  kind: Kind,
  _context: PatchContext,
): Patched {
  const type = patchTypeOf(contentType);
  if (type === undefined)
    return { ok: false, status: { ...unsupportedMediaType('415: Unsupported Media Type'), details: {} } };
  const patched = applyPatch(type, object, patch, kind.schema);
  if (!patched.ok) return patched;
  return { ok: true, object: patched.value as KubeObject };
}

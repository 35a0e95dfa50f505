/**
 * Image names: `nginx` means `docker.io/library/nginx:latest`.
 * @source vendor/github.com/distribution/reference, pkg/util/parsers
 */

export interface ImageReference {
  readonly registry: string;
  /** Without registry: `library/nginx`. */
  readonly repository: string;
  /** Empty when only a digest was given. */
  readonly tag: string;
  readonly digest: string;
}

export type ReferenceResult =
  | { readonly ok: true; readonly reference: ImageReference }
  | { readonly ok: false; readonly error: string };

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

export function parseImageReference(image: string): ReferenceResult {
  const wrong = (why = 'invalid reference format') => ({ ok: false, error: why }) as const;
  const at = image.indexOf('@');
  const digest = at < 0 ? '' : image.slice(at + 1);
  const named = at < 0 ? image : image.slice(0, at);
  if (digest !== '' && !DIGEST.test(digest)) return wrong();
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const registry = hasRegistry ? first : 'docker.io';
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  const tag = tagged ? rest.slice(colon + 1) : '';
  let repository = tagged ? rest.slice(0, colon) : rest;
  if (registry === 'docker.io' && !repository.includes('/')) repository = `library/${repository}`;
  if (repository !== repository.toLowerCase() && /^[A-Za-z0-9._/-]+$/.test(repository))
    return wrong(`invalid reference format: repository name (${repository}) must be lowercase`);
  if (!repository.split('/').every((component) => COMPONENT.test(component))) return wrong();
  if (tagged && !TAG.test(tag)) return wrong();
  return { ok: true, reference: { registry, repository, tag: tag === '' && digest === '' ? 'latest' : tag, digest } };
}

/** `docker.io/library/nginx:latest` */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

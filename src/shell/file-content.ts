/** Small things about files that just-bash leaves to a file system: paths, encodings, errors. */

export type FileContent = string | Uint8Array;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** Files of the world are texts; what is no UTF-8 is kept byte by byte. */
export function decodeContent(content: FileContent, options?: { readonly encoding?: string } | string): string {
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (typeof content === 'string' && encoding !== 'binary' && encoding !== 'latin1') return content;
  const bytes = typeof content === 'string' ? Uint8Array.from(content, (char) => char.charCodeAt(0) & 0xff) : content;
  try {
    return decoder.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  }
}

export function textBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** An error as Node words it; just-bash reads the code off the message. */
export function fsError(code: string, what: string, verb: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${what}, ${verb} '${path}'`), { code });
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** An absolute path without `.`, `..` and double slashes. */
export function resolvePath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : base}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

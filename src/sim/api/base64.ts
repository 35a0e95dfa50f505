/** Base64 of text (UTF-8), in the standard and the URL alphabet. Secrets, PEM and tokens are written with it. */
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Standard base64 with padding, of a text's UTF-8 bytes. */
export function encodeBase64(text: string): string {
  return encodeBytes(utf8Bytes(text), STANDARD, true);
}

/** URL-safe base64 without padding, of a text's UTF-8 bytes. */
export function encodeBase64Url(text: string): string {
  return encodeBytes(utf8Bytes(text), URL, false);
}

/** URL-safe base64 without padding, of raw bytes. */
export function bytesToBase64Url(bytes: Uint8Array): string {
  return encodeBytes(bytes, URL, false);
}

/** Standard base64 with padding, of raw bytes. */
export function bytesToBase64(bytes: Uint8Array): string {
  return encodeBytes(bytes, STANDARD, true);
}

/** The text behind base64 of either alphabet, padded or not; undefined when it is none or not UTF-8. */
export function decodeBase64(encoded: string): string | undefined {
  const bytes = base64ToBytes(encoded);
  return bytes === undefined ? undefined : textOfUtf8(bytes);
}

/** The bytes behind base64 of either alphabet, padded or not, line breaks ignored; undefined when it is none. */
export function base64ToBytes(encoded: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((encoded.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  let digits = 0;
  let padding = 0;
  for (let i = 0; i < encoded.length; i++) {
    const code = encoded.charCodeAt(i);
    if (code === 10 || code === 13) continue;
    if (code === 61) {
      padding++;
      continue;
    }
    const digit = code < 128 ? DIGITS[code]! : -1;
    if (digit < 0 || padding > 0) return undefined;
    digits++;
    bits = (bits << 6) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = (bits >>> held) & 0xff;
  }
  if (digits % 4 === 1 || padding > 2) return undefined;
  return bytes.subarray(0, at);
}

/** UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  const plain = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return wideBytes(text);
    plain[i] = code;
  }
  return plain;
}

function wideBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    let point = character.codePointAt(0)!;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(bytes);
}

const CHUNK = 8_192;

/** The text of UTF-8 bytes; undefined where they are none. */
export function textOfUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.some((byte) => byte > 0x7f)) return textOfWide(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return text;
}

function textOfWide(bytes: Uint8Array): string | undefined {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    if (more === 0 || first > 0xf4 || i + more > bytes.length) return undefined;
    let point = first & (0x3f >> more);
    for (let n = 0; n < more; n++) {
      const next = bytes[i++]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

function encodeBytes(bytes: Uint8Array, alphabet: string, padded: boolean): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[word >>> 18]! + alphabet[(word >>> 12) & 63]!;
    if (left > 1) text += alphabet[(word >>> 6) & 63]!;
    else if (padded) text += '=';
    if (left > 2) text += alphabet[word & 63]!;
    else if (padded) text += '=';
  }
  return text;
}

/** Value of each ASCII character as a digit of either alphabet, -1 when it is none. */
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) {
  DIGITS[STANDARD.charCodeAt(i)] = i;
  DIGITS[URL.charCodeAt(i)] = i;
}

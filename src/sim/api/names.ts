/**
 * What a name, a label or a port may look like, and the words with which the API server refuses one.
 * Every check returns the complaints; an empty list means the value is fine.
 * @source staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go, pkg/api/validate/content
 */
type Complaints = readonly string[];
const FINE: Complaints = [];

const LABEL_FORMAT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_FORMAT = `${LABEL_FORMAT}(\\.${LABEL_FORMAT})*`;
const KEY_FORMAT = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const DNS_LABEL = new RegExp(`^${LABEL_FORMAT}$`);
const DNS_SUBDOMAIN = new RegExp(`^${SUBDOMAIN_FORMAT}$`);
const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const KEY = new RegExp(`^${KEY_FORMAT}$`);
const LABEL_VALUE = new RegExp(`^(${KEY_FORMAT})?$`);

const SUBDOMAIN_WRONG = regexComplaint(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN_FORMAT,
  'example.com',
);
const KEY_WRONG = regexComplaint(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  KEY_FORMAT,
  'MyName',
  'my.name',
  '123-abc',
);

/** A DNS label (RFC 1123): namespaces, containers, volumes. */
export function isDnsLabel(value: string): Complaints {
  const long = value.length > 63;
  const right = DNS_LABEL.test(value);
  if (right && !long) return FINE;
  const complaints = long ? [maxLength(63)] : [];
  if (right) return complaints;
  if (DNS_SUBDOMAIN.test(value)) return [...complaints, 'must not contain dots'];
  const text =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...complaints, regexComplaint(text, LABEL_FORMAT, 'my-name', '123-abc')];
}

/** A DNS subdomain (RFC 1123): the name of most objects. */
export function isDnsSubdomain(value: string): Complaints {
  const long = value.length > 253;
  const right = DNS_SUBDOMAIN.test(value);
  if (right && !long) return FINE;
  return [...(long ? [maxLength(253)] : []), ...(right ? [] : [SUBDOMAIN_WRONG])];
}

/** A DNS label that begins with a letter (RFC 1035): Services' names. */
export function isDns1035Label(value: string): Complaints {
  const long = value.length > 63;
  const right = DNS_1035_LABEL.test(value);
  if (right && !long) return FINE;
  const text =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  const wrong = regexComplaint(text, '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123');
  return [...(long ? [maxLength(63)] : []), ...(right ? [] : [wrong])];
}

/** `*.example.com` */
export function isWildcardDnsSubdomain(value: string): Complaints {
  const format = `\\*\\.${SUBDOMAIN_FORMAT}`;
  const right = new RegExp(`^${format}$`).test(value);
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [
    ...(value.length > 253 ? [maxLength(253)] : []),
    ...(right ? [] : [regexComplaint(text, format, '*.example.com')]),
  ];
}

/** A label key, also called a qualified name: `[prefix/]name`. */
export function isQualifiedName(value: string): Complaints {
  if (value.length <= 63 && KEY.test(value)) return FINE;
  const parts = value.split('/');
  if (parts.length > 2) {
    return [`a valid label key ${KEY_WRONG} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const complaints: string[] = [];
  const name = parts[parts.length - 1] ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') complaints.push('prefix part must be non-empty');
    else if (prefix.length > 253) complaints.push(`prefix part ${maxBytes(253)}`);
    if (prefix !== '' && !DNS_SUBDOMAIN.test(prefix)) complaints.push(`prefix part ${SUBDOMAIN_WRONG}`);
  }
  if (name === '') complaints.push('name part must be non-empty');
  else if (name.length > 63) complaints.push(`name part ${maxBytes(63)}`);
  if (!KEY.test(name)) complaints.push(`name part ${KEY_WRONG}`);
  return complaints;
}

/** The value of a label. */
export function isLabelValue(value: string): Complaints {
  const long = value.length > 63;
  const right = LABEL_VALUE.test(value);
  if (right && !long) return FINE;
  const text =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const wrong = regexComplaint(text, `(${KEY_FORMAT})?`, 'MyValue', 'my_value', '12345');
  return [...(long ? [maxBytes(63)] : []), ...(right ? [] : [wrong])];
}

/** The name of a container port (an IANA service name). */
export function isPortName(value: string): Complaints {
  const complaints: string[] = [];
  if (value.length > 15) complaints.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    complaints.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) complaints.push('must contain at least one letter (a-z)');
  if (value.includes('--')) complaints.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) complaints.push('must not begin or end with a hyphen');
  return complaints;
}

/** The name of an environment variable: any printable ASCII but `=`. */
export function isEnvironmentName(value: string): Complaints {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(value)) return FINE;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A key in a ConfigMap's or Secret's data. */
export function isConfigMapKey(value: string): Complaints {
  const complaints: string[] = [];
  if (value.length > 253) complaints.push(maxLength(253));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    complaints.push(regexComplaint(text, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') complaints.push("must not be '.'");
  if (value === '..') complaints.push("must not be '..'");
  else if (value.startsWith('..')) complaints.push("must not start with '..'");
  return complaints;
}

/** `25%` */
export function isPercent(value: string): Complaints {
  if (/^[0-9]+%$/.test(value)) return FINE;
  return [
    regexComplaint("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%'),
  ];
}

/** The name of an HTTP header. */
export function isHttpHeaderName(value: string): Complaints {
  if (/^[-A-Za-z0-9]+$/.test(value)) return FINE;
  return [
    regexComplaint(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      '[-A-Za-z0-9]+',
      'X-Header-Name',
    ),
  ];
}

/** A segment of a REST path: RBAC names, for example, may be nearly anything. */
export function isPathSegmentName(value: string): Complaints {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

/** 1…65535 */
export function isPortNumber(port: number): Complaints {
  return isInRange(port, 1, 65535);
}

/** `must be between 1 and 10, inclusive` */
export function isInRange(value: number, min: number, max: number): Complaints {
  return value >= min && value <= max ? FINE : [`must be between ${min} and ${max}, inclusive`];
}

/** The name of most objects, or the beginning of one that will be generated. */
export function nameIsDnsSubdomain(name: string, isPrefix: boolean): Complaints {
  return isDnsSubdomain(isPrefix ? maskTrailingDash(name) : name);
}

/** Namespaces. */
export function nameIsDnsLabel(name: string, isPrefix: boolean): Complaints {
  return isDnsLabel(isPrefix ? maskTrailingDash(name) : name);
}

/** Services. */
export function nameIsDns1035Label(name: string, isPrefix: boolean): Complaints {
  return isDns1035Label(isPrefix ? maskTrailingDash(name) : name);
}

/** Roles and bindings. */
export function nameIsPathSegment(name: string, isPrefix: boolean): Complaints {
  if (!isPrefix) return isPathSegmentName(name);
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`);
}

/** Letters and digits of generated names: no vowels, so that no word can come out. */
export const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Names longer than this are cut before the five random letters are put behind them. */
const MAX_GENERATED_BASE = 58;

/**
 * A name from `metadata.generateName`: the prefix and five random letters.
 * @param below  gives an integer in 0…n-1 (the kernel's random stream)
 * @source staging/src/k8s.io/apiserver/pkg/storage/names/generate.go
 */
export function generateName(prefix: string, below: (n: number) => number): string {
  return prefix.slice(0, MAX_GENERATED_BASE) + randomLetters(5, below);
}

/** Random letters of the alphabet of generated names. */
export function randomLetters(count: number, below: (n: number) => number): string {
  let letters = '';
  for (let i = 0; i < count; i++) letters += NAME_ALPHABET[below(NAME_ALPHABET.length)];
  return letters;
}

/** `must be no more than 63 characters` */
export function maxLength(length: number): string {
  return `must be no more than ${length} characters`;
}

function maxBytes(length: number): string {
  return `must be no more than ${length} bytes`;
}

function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

function regexComplaint(text: string, format: string, ...examples: readonly string[]): string {
  const quoted = examples.map((example) => `'${example}', `).join(' or ');
  return `${text} (e.g. ${quoted}regex used for validation is '${format}')`;
}

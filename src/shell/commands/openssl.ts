/** `openssl x509`: reads a certificate of the cluster. */
import { type Certificate, type DistinguishedName, parseCertificates } from '../../sim/api/certificate.ts';
import { type CommandIo, fail, notSimulated, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';

export const openssl: ShellCommand = {
  name: 'openssl',
  async run(args, io) {
    const [command = '', ...rest] = args;
    if (command === 'version') {
      io.stdout('OpenSSL 3.5.1 1 Jul 2025 (Library: OpenSSL 3.5.1 1 Jul 2025)\n');
      return 0;
    }
    if (command === 'verify') return verifyFiles(rest, io);
    if (command !== 'x509') return notSimulated(io, `openssl ${command}`);
    let path: string | undefined;
    let check: number | undefined;
    const wanted = new Set<string>();
    for (let i = 0; i < rest.length; i++) {
      const word = rest[i] ?? '';
      if (word === '-in') path = rest[++i];
      else if (word === '-checkend') check = Number(rest[++i]);
      else if (word === '-ext' || word === '-inform' || word === '-outform') {
        if (word === '-ext') wanted.add(`-ext ${rest[i + 1]}`);
        i++;
      } else wanted.add(word);
    }
    let text = io.stdin;
    if (path !== undefined) {
      const full = io.fs.resolvePath(io.cwd, path);
      if (!(await io.fs.exists(full)))
        return fail(
          io,
          `Could not open file or uri for loading certificate from ${path}: No such file or directory\nUnable to load certificate`,
        );
      text = await io.fs.readFile(full);
    }
    const [certificate] = parseCertificates(text);
    if (certificate === undefined)
      return fail(io, `Could not read certificate from ${path ?? '<stdin>'}\nUnable to load certificate`);
    for (const word of wanted) io.stdout(part(word, certificate));
    if (check !== undefined) {
      const will = certificate.notAfter < io.gateway.now(io.host) + check * 1_000;
      io.stdout(`Certificate will ${will ? '' : 'not '}expire\n`);
      return will ? 1 : 0;
    }
    if (!wanted.has('-noout'))
      io.stdout(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/.exec(text)?.[0] ?? '');
    return 0;
  },
};

function time(ms: number): string {
  return `${formatDate(ms, '%b %e %H:%M:%S %Y')} GMT`;
}

function nameText({ cn, o }: DistinguishedName): string {
  return [...o.map((group) => `O=${group}`), `CN=${cn}`].join(', ');
}

function isIp(text: string): boolean {
  return /^\d+(\.\d+){3}$/.test(text) || text.includes(':');
}

function sans(certificate: Certificate): string {
  return certificate.sans.map((san) => (isIp(san) ? `IP Address:${san}` : `DNS:${san}`)).join(', ');
}

function part(word: string, certificate: Certificate): string {
  switch (word) {
    case '-dates':
      return `notBefore=${time(certificate.notBefore)}\nnotAfter=${time(certificate.notAfter)}\n`;
    case '-startdate':
      return `notBefore=${time(certificate.notBefore)}\n`;
    case '-enddate':
      return `notAfter=${time(certificate.notAfter)}\n`;
    case '-subject':
      return `subject=${nameText(certificate.subject)}\n`;
    case '-issuer':
      return `issuer=${nameText(certificate.issuer)}\n`;
    case '-serial':
      return `serial=${certificate.serial.toUpperCase()}\n`;
    case '-ext subjectAltName':
      return `X509v3 Subject Alternative Name: \n    ${sans(certificate)}\n`;
    case '-text':
      return wholeText(certificate);
    default:
      return '';
  }
}

function wholeText(certificate: Certificate): string {
  const usage = certificate.usages.map((each) =>
    each === 'client auth' ? 'TLS Web Client Authentication' : 'TLS Web Server Authentication',
  );
  const alternative =
    certificate.sans.length === 0
      ? ''
      : `            X509v3 Subject Alternative Name: \n                ${sans(certificate)}\n`;
  return `Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            ${certificate.serial.match(/../g)?.join(':') ?? ''}
        Signature Algorithm: sha256WithRSAEncryption
        Issuer: ${nameText(certificate.issuer)}
        Validity
            Not Before: ${time(certificate.notBefore)}
            Not After : ${time(certificate.notAfter)}
        Subject: ${nameText(certificate.subject)}
        Subject Public Key Info:
            Public Key Algorithm: rsaEncryption
                Public-Key: (2048 bit)
        X509v3 extensions:
${certificate.isCa ? '            X509v3 Basic Constraints: critical\n                CA:TRUE\n' : ''}${usage.length === 0 ? '' : `            X509v3 Extended Key Usage: \n                ${usage.join(', ')}\n`}            X509v3 Subject Key Identifier: 
                ${(certificate.keyId.toUpperCase().match(/../g) ?? []).join(':')}
${alternative}`;
}

async function verifyFiles(args: readonly string[], io: CommandIo): Promise<number> {
  const { verify } = await import('../../sim/api/certificate.ts');
  const at = args.indexOf('-CAfile');
  const read = async (path: string) => {
    const full = io.fs.resolvePath(io.cwd, path);
    return (await io.fs.exists(full)) ? io.fs.readFile(full) : '';
  };
  const roots = at < 0 ? '' : await read(args[at + 1] ?? '');
  let exitCode = 0;
  for (const path of args.filter((word, i) => !word.startsWith('-') && i !== at + 1)) {
    const text = await read(path);
    const problem = verify(text, { roots, nowMs: io.gateway.now(io.host) });
    if (problem === undefined) io.stdout(`${path}: OK\n`);
    else {
      const subject = parseCertificates(text)[0]?.subject;
      const [code, why] = problem.includes('expired')
        ? [10, 'certificate has expired']
        : [20, 'unable to get local issuer certificate'];
      io.stderr(
        `${subject === undefined ? '' : nameText(subject)}\nerror ${code} at 0 depth lookup: ${why}\nerror ${path}: verification failed\n`,
      );
      exitCode = 2;
    }
  }
  return exitCode;
}

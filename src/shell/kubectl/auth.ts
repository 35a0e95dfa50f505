/**
 * `kubectl auth can-i` and `kubectl auth whoami`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/auth
 */
import { KubectlError, RawExit } from './errors.ts';
import { objects, record, sortedEntries, text, texts } from './fields.ts';
import { outputPrinter } from './printers.ts';
import { compactRules, ruleCells } from './rbac-rules.ts';
import type { Session } from './session.ts';
import { alignTabs } from './tabwriter.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const resourceVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'use',
  'bind',
  'impersonate',
  '*',
  'approve',
  'sign',
  'escalate',
  'attest',
];
const urlVerbs = ['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*'];

export async function canI(session: Session): Promise<number> {
  const { flags } = session;
  if (flags.is('list')) {
    if (flags.args.length > 0) throw new KubectlError('list option must be specified with no arguments');
    return accessList(session);
  }
  const [verb, target, ...more] = flags.args;
  if (verb === undefined || target === undefined || more.length > 0) {
    throw new KubectlError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  }
  if (flags.is('no-headers')) throw new KubectlError('--no-headers cannot be set without --list specified');
  const spec = target.startsWith('/')
    ? urlQuestion(session, verb, target)
    : await resourceQuestion(session, verb, target);
  const body = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec };
  const answer = await session.object({ method: 'POST', path: `${authorization}/selfsubjectaccessreviews`, body });
  const allowed = record(answer, 'status')['allowed'] === true;
  if (!flags.is('quiet')) {
    const reasons = allowed
      ? []
      : [text(answer, 'status', 'reason'), text(answer, 'status', 'evaluationError')].filter((each) => each !== '');
    session.out(`${[allowed ? 'yes' : 'no', ...reasons].join(' - ')}\n`);
  }
  if (!allowed) throw new RawExit('', 1);
  return 0;
}

function urlQuestion(session: Session, verb: string, path: string): Record<string, unknown> {
  if (session.flags.text('subresource') !== '')
    throw new KubectlError('--subresource can not be used with NonResourceURL');
  if (!urlVerbs.includes(verb)) session.warn(`verb '${verb}' is not a known verb\n`);
  return { nonResourceAttributes: { verb, path } };
}

async function resourceQuestion(session: Session, verb: string, target: string): Promise<Record<string, unknown>> {
  const { flags } = session;
  const slash = target.indexOf('/');
  const word = slash === -1 ? target : target.slice(0, slash);
  const name = slash === -1 ? '' : target.slice(slash + 1);
  const discovery = word === '*' ? undefined : await session.discovery();
  const found = discovery?.find(word);
  let namespace = flags.is('all-namespaces') ? '' : session.namespace;
  const [bare = '', ...group] = word.split('.');
  if (word !== '*' && found === undefined && !['users', 'groups', 'userextras', 'uids'].includes(word)) {
    session.warn(
      `the server doesn't have a resource type '${bare}'${group.length === 0 ? '' : ` in group '${group.join('.')}'`}\n`,
    );
  }
  if (found !== undefined && !found.namespaced) {
    session.warn(
      `resource '${found.name}' is not namespace scoped${found.group === '' ? '' : ` in group '${found.group}'`}\n`,
    );
    namespace = '';
  }
  if (!resourceVerbs.includes(verb)) session.warn(`verb '${verb}' is not a known verb\n`);
  return {
    resourceAttributes: {
      ...(namespace === '' ? {} : { namespace }),
      verb,
      group: word === '*' ? '*' : (found?.group ?? ''),
      resource: found?.name ?? word,
      ...(flags.text('subresource') === '' ? {} : { subresource: flags.text('subresource') }),
      ...(name === '' ? {} : { name }),
    },
  };
}

async function accessList(session: Session): Promise<number> {
  const body = {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { namespace: session.namespace },
  };
  const answer = await session.object({ method: 'POST', path: `${authorization}/selfsubjectrulesreviews`, body });
  const status = record(answer, 'status');
  if (status['incomplete'] === true) session.warn(`the list may be incomplete: ${text(status, 'evaluationError')}`);
  const rules = [...objects(status, 'resourceRules'), ...objects(status, 'nonResourceRules')];
  const rows = compactRules(rules).map((rule) => ruleCells(rule).join('\t'));
  if (!session.flags.is('no-headers')) rows.unshift('Resources\tNon-Resource URLs\tResource Names\tVerbs');
  session.out(`${alignTabs(rows.join('\n'))}\n`);
  return 0;
}

export async function whoAmI(session: Session): Promise<undefined> {
  const body = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {} };
  const answer = await session.object({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body,
  });
  const printer = await outputPrinter(session);
  if (printer !== undefined) {
    session.out(printer(answer));
    return undefined;
  }
  const user = record(answer, 'status', 'userInfo');
  const rows = ['ATTRIBUTE\tVALUE'];
  if (text(user, 'username') !== '') rows.push(`Username\t${text(user, 'username')}`);
  if (text(user, 'uid') !== '') rows.push(`UID\t${text(user, 'uid')}`);
  if (texts(user, 'groups').length > 0) rows.push(`Groups\t[${texts(user, 'groups').join(' ')}]`);
  for (const [key] of sortedEntries(record(user, 'extra')))
    rows.push(`Extra: ${key}\t[${texts(user, 'extra', key).join(' ')}]`);
  session.out(`${alignTabs(rows.join('\n'))}\n`);
  return undefined;
}

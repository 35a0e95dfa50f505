/**
 * One run of kubectl: its flags, its kubeconfig, its connection, what the server has. Requests made here print the
 * server's warnings and turn refusals into errors.
 */
import type { ApiConnection, CommandContext, HttpRequest, HttpResponse, JsonObject } from './client.ts';
import { isFailure } from './client.ts';
import {
  builtinResource,
  Discovery,
  fromAggregated,
  fromResourceList,
  groupVersionsOf,
  isDiscovery,
  pathOf,
  type Resource,
} from './discovery.ts';
import { KubectlError, StatusError, UnreachableError } from './errors.ts';
import { isObject, text } from './fields.ts';
import { type Flags, parseDuration } from './flags.ts';
import { type Kubeconfig, loadKubeconfig } from './kubeconfig.ts';
import { type Choice, choose } from './kubeconfig-choice.ts';
import { resolvePath } from './paths.ts';
import { logPrefix, urlOf, withRequestLog } from './request-log.ts';

const sixHoursMs = 6 * 3600 * 1000;
const aggregatedAccept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

export class Session {
  readonly context: CommandContext;
  readonly flags: Flags;
  /** The command as typed: `kubectl create deployment`. */
  readonly command: string;
  readonly kubeconfig: Kubeconfig;
  readonly choice: Choice;
  readonly connection: ApiConnection;
  private known: Discovery | undefined;
  private readonly warned = new Set<string>();

  private constructor(context: CommandContext, flags: Flags, command: string, kubeconfig: Kubeconfig, choice: Choice) {
    this.context = context;
    this.flags = flags;
    this.command = command;
    this.kubeconfig = kubeconfig;
    this.choice = choice;
    const level = Number(flags.text('v')) || 0;
    this.connection = withRequestLog(context.connect(choice.target), level, (text) => this.err(text));
    if (level >= 6)
      this.err(
        `${logPrefix('I', this.connection.now())} loader.go:407] Config loaded from file:  ${kubeconfig.path}\n`,
      );
  }

  static async open(context: CommandContext, flags: Flags, command: string): Promise<Session> {
    const kubeconfig = await loadKubeconfig(context, flags);
    const choice = await choose(context, kubeconfig, flags);
    if (choice.problem !== undefined && !isOffline(command, flags)) throw choice.problem;
    return new Session(context, flags, command, kubeconfig, choice);
  }

  get namespace(): string {
    return this.flags.text('namespace') || this.choice.namespace;
  }

  /** Was the namespace given on the command line? */
  get explicitNamespace(): boolean {
    return this.flags.text('namespace') !== '';
  }

  out(text: string): void {
    this.context.stdout(text);
  }

  err(text: string): void {
    this.context.stderr(text);
  }

  /** Warnings of the client or the server; each text once per run. */
  warn(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.err(`Warning: ${text}\n`);
  }

  get headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    const user = this.flags.text('as');
    if (user !== '') headers['Impersonate-User'] = user;
    const groups = this.flags.find('as-group') === undefined ? [] : this.flags.list('as-group');
    if (groups.length > 0) headers['Impersonate-Group'] = groups.join(',');
    return headers;
  }

  /** @throws UnreachableError when nobody answers; never for a status code. */
  async raw(request: HttpRequest): Promise<HttpResponse> {
    const timeoutMs = this.requestTimeoutMs;
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    const headers = { ...this.headers, ...request.headers };
    const answer = await this.connection.request({ ...request, headers, ...limit });
    if (isFailure(answer)) {
      const url = urlOf(this.connection.server, request);
      throw new UnreachableError(answer.error, this.connection.server, request.method, url);
    }
    for (const warning of answer.warnings) this.warn(warning);
    return answer;
  }

  /** @throws StatusError for every refusal. */
  async request(request: HttpRequest): Promise<unknown> {
    const answer = await this.raw(request);
    if (answer.status < 400) return answer.body;
    throw refusal(answer);
  }

  async object(request: HttpRequest): Promise<JsonObject> {
    const body = await this.request(request);
    return isObject(body) ? body : {};
  }

  /** Seconds of --request-timeout, or undefined when requests may last for ever. */
  get requestTimeoutMs(): number | undefined {
    const written = this.flags.text('request-timeout') || '0';
    const ms = /^\d+$/.test(written) ? Number(written) * 1000 : parseDuration(written);
    return ms === undefined || ms === 0 ? undefined : ms;
  }

  async discovery(fresh = false): Promise<Discovery> {
    if (this.known !== undefined && !fresh) return this.known;
    const cached = fresh ? undefined : await this.readCache();
    if (cached !== undefined) {
      this.known = cached;
      return cached;
    }
    this.known = await this.discover();
    await this.writeCache(this.known);
    return this.known;
  }

  /** The resource a word means. Asks the server again before giving up, as a new CRD may have come. */
  async mapping(word: string): Promise<Resource> {
    const found = (await this.discovery()).find(word) ?? (await this.discovery(true)).find(word);
    if (found === undefined) throw new KubectlError(`the server doesn't have a resource type "${word.split('.')[0]}"`);
    return found;
  }

  async mappingForKind(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return (await this.discovery()).byKind(apiVersion, kind) ?? (await this.discovery(true)).byKind(apiVersion, kind);
  }

  /** The resource that holds an object; the text of the error is that of `create -f` with an unknown kind. */
  async mappingForObject(object: JsonObject, source: string): Promise<Resource> {
    const apiVersion = text(object, 'apiVersion');
    const kind = text(object, 'kind');
    if (this.flags.is('local')) return builtinResource(object);
    let found: Resource | undefined;
    try {
      found = await this.mappingForKind(apiVersion, kind);
    } catch (error) {
      if (error instanceof UnreachableError)
        throw new KubectlError(`unable to recognize "${source}": ${error.message}`);
      throw error;
    }
    if (found !== undefined) return found;
    const name = text(object, 'metadata', 'name');
    const namespace = text(object, 'metadata', 'namespace');
    const version = apiVersion.includes('/') || apiVersion === '' ? apiVersion : apiVersion;
    throw new KubectlError(
      `resource mapping not found for name: "${name}" namespace: "${namespace}" from "${source}": ` +
        `no matches for kind "${kind}" in version "${version}"\nensure CRDs are installed first`,
    );
  }

  /** GET one object. */
  get(resource: Resource, namespace: string, name: string, subresource = ''): Promise<JsonObject> {
    return this.object({ method: 'GET', path: pathOf(resource, namespace, name, subresource) });
  }

  private async discover(): Promise<Discovery> {
    const legacy = await this.firstContact();
    if (text(legacy, 'kind') === 'APIGroupDiscoveryList') {
      const groups = await this.request({ method: 'GET', path: '/apis', headers: { Accept: aggregatedAccept } });
      return new Discovery([...fromAggregated(legacy), ...fromAggregated(groups)]);
    }
    const resources = fromResourceList(await this.request({ method: 'GET', path: '/api/v1' }));
    const groups = await this.request({ method: 'GET', path: '/apis' });
    if (text(groups, 'kind') === 'APIGroupDiscoveryList')
      return new Discovery([...resources, ...fromAggregated(groups)]);
    for (const groupVersion of groupVersionsOf(groups)) {
      const answer = await this.raw({ method: 'GET', path: `/apis/${groupVersion}` });
      if (isDiscovery(answer.body)) resources.push(...fromResourceList(answer.body));
    }
    return new Discovery(resources);
  }

  /** Without a server, the real client logs five failures of its discovery before it gives up. */
  private async firstContact(): Promise<unknown> {
    const request: HttpRequest = { method: 'GET', path: '/api', headers: { Accept: aggregatedAccept } };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.request(request);
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        const problem = error.message
          .replace('/api"', `/api?timeout=${this.flags.text('request-timeout').replace(/^0?$/, '32s')}"`)
          .replaceAll('"', '\\"');
        this.err(
          `${logPrefix('E', this.connection.now())} memcache.go:265] "Unhandled Error" err="couldn't get current server API group list: ${problem}"\n`,
        );
        if (attempt === 5) throw error;
      }
    }
  }

  private cachePath(): string {
    const host = this.connection.server.replace(/^https?:\/\//, '').replace(/[:/]/g, '_');
    return resolvePath(this.context, `~/.kube/cache/discovery/${host}/resources.json`);
  }

  private async readCache(): Promise<Discovery | undefined> {
    const path = this.cachePath();
    if (!(await this.context.fs.exists(path))) return undefined;
    try {
      const saved: unknown = JSON.parse(await this.context.fs.readFile(path));
      if (!isObject(saved) || !Array.isArray(saved['resources'])) return undefined;
      const age = this.connection.now() - Number(saved['savedAtMs']);
      return age >= 0 && age < sixHoursMs ? new Discovery(saved['resources']) : undefined;
    } catch {
      return undefined;
    }
  }

  private async writeCache(discovery: Discovery): Promise<void> {
    const content = JSON.stringify({ savedAtMs: this.connection.now(), resources: discovery.resources });
    await this.context.fs.writeFile(this.cachePath(), content).catch(() => undefined);
  }
}

/** Commands that mind only the file, not whether anybody could be asked with it. */
function isOffline(command: string, flags: Flags): boolean {
  return command.startsWith('kubectl config') || flags.is('client') || flags.is('local');
}

/** The error a status code above 399 stands for; servers that answer plain text get client-go's generic words. */
export function refusal(answer: HttpResponse): StatusError {
  if (isObject(answer.body) && text(answer.body, 'kind') === 'Status') return new StatusError(answer.body);
  const body = typeof answer.body === 'string' ? answer.body : '';
  const generic: Readonly<Record<number, readonly [string, string]>> = {
    401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
    403: ['Forbidden', body],
    404: ['NotFound', 'the server could not find the requested resource'],
    500: ['InternalError', `an error on the server ("${body.trim()}") has prevented the request from succeeding`],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  };
  const [reason, message] = generic[answer.status] ?? ['', body];
  return new StatusError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: answer.status });
}

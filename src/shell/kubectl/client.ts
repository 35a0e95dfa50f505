/**
 * What kubectl needs from the outside: a connection to an API server and the machine it was typed on.
 * The shell implements both over the simulated world; tests implement them over recorded objects.
 */
export type JsonObject = { [field: string]: unknown };

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without the query: `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default `application/json`; patches say which kind of patch they are. */
  readonly contentType?: string;
  /** `table` asks for a meta.k8s.io/v1 Table. */
  readonly accept?: 'application/json' | 'table';
  /** Extra headers: `Impersonate-User`, `Accept` of aggregated discovery. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of --request-timeout; without it, only a silent connection ends a request. */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** An object, a List, a Table or a Status; a string for logs, health checks and metrics. */
  readonly body: unknown;
  /** Texts of the `Warning: 299` headers. */
  readonly warnings: readonly string[];
}

/** The server did not answer. The text is what Go's net package says: `dial tcp 192.168.50.10:6443: connect: connection refused`. */
export interface ConnectionFailure {
  readonly error: string;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** The object, a Table with its row (when `accept` is `table`), or a Status (ERROR). */
  readonly object: JsonObject;
}

/** One exec or attach. Output arrives through the callbacks while virtual time passes. */
export interface ExecRequest {
  /** `/api/v1/namespaces/NS/pods/POD/exec` or `…/attach`. */
  readonly path: string;
  readonly container?: string | undefined;
  /** Empty for attach. */
  readonly command: readonly string[];
  readonly stdin: string | undefined;
  readonly tty: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** How an exec ended: the exit code of the process, or a refusal (Status), or no connection. */
export type ExecResult = { readonly exitCode: number } | { readonly status: JsonObject } | ConnectionFailure;

export interface ApiConnection {
  /** `https://192.168.50.10:6443` */
  readonly server: string;
  request(request: HttpRequest): Promise<HttpResponse | ConnectionFailure>;
  /** Opens a watch (`query.watch` is set by the caller). Virtual time passes while iterating; ends when the server or the signal ends it. */
  watch(request: HttpRequest, signal?: AbortSignal): AsyncIterable<WatchEvent | ConnectionFailure>;
  /** A body that keeps growing, such as `logs -f`. A refusal is one HttpResponse, nothing else. */
  stream(request: HttpRequest, signal?: AbortSignal): AsyncIterable<string | HttpResponse | ConnectionFailure>;
  exec(request: ExecRequest, signal?: AbortSignal): Promise<ExecResult>;
  /** Virtual wall clock, milliseconds since 1970. */
  now(): number;
  /** Lets virtual time pass; returns early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What a kubeconfig says about one cluster and one user; the server decides who that is. */
export interface ConnectionTarget {
  readonly server: string;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** PEM texts, already decoded from the kubeconfig. */
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
}

export interface FileSystem {
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  isDirectory(path: string): Promise<boolean>;
  /** Names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
}

export interface CommandContext {
  readonly fs: FileSystem;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory; relative paths are resolved against it. */
  readonly cwd: string;
  /** Everything on standard input, or '' when there is none. */
  readStdin(): Promise<string>;
  readonly stdinIsTerminal?: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
  connect(target: ConnectionTarget): ApiConnection;
  /** What $EDITOR does with a file: returns the new text. Absent: the text comes back as it was. */
  edit?(text: string, path: string): Promise<string>;
  /** Ctrl-C. */
  readonly signal?: AbortSignal;
}

export function isFailure(answer: object): answer is ConnectionFailure {
  return 'error' in answer && !('status' in answer) && !('type' in answer);
}

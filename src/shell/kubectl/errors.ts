/**
 * How kubectl ends badly: the texts and exit statuses of cmdutil.CheckErr.
 * A command throws one of these; `runKubectl` prints it.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go
 */
import type { JsonObject } from './client.ts';
import { objects, text } from './fields.ts';

/** A plain error of the client: `error: …`. */
export class KubectlError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Printed as it is, without `error: ` in front; may be empty. */
export class RawExit extends KubectlError {}

/** A Status that the server answered. */
export class StatusError extends KubectlError {
  readonly status: JsonObject;
  constructor(status: JsonObject) {
    super(text(status, 'message'));
    this.status = status;
  }
  get reason(): string {
    return text(this.status, 'reason');
  }
  get isNotFound(): boolean {
    return this.reason === 'NotFound';
  }
}

/** Nobody answered at the server's address. */
export class UnreachableError extends KubectlError {
  readonly problem: string;
  readonly server: string;
  constructor(problem: string, server: string, method: string, url: string) {
    super(`${method[0]}${method.slice(1).toLowerCase()} "${url}": ${problem}`);
    this.problem = problem;
    this.server = server;
  }
}

/** Several errors; each is printed on its own line. */
export class ManyErrors extends KubectlError {
  readonly errors: readonly KubectlError[];
  constructor(errors: readonly KubectlError[]) {
    super(errors.length === 1 ? (errors[0]?.message ?? '') : `[${errors.map((error) => error.message).join(', ')}]`);
    this.errors = errors;
  }
}

/** Throws what was collected: nothing, the one error, or all of them. */
export function throwAll(errors: readonly KubectlError[]): void {
  const first = errors[0];
  if (first === undefined) return;
  throw errors.length === 1 ? first : new ManyErrors(errors);
}

export function usageError(command: string, message: string): KubectlError {
  return new KubectlError(`${message}\nSee '${command} -h' for help and examples`);
}

export function notSimulated(what: string): RawExit {
  return new RawExit(`not simulated: kubectl ${what}`, 64);
}

/** The same error with "error when VERB SOURCE" before the server's message. */
export function withSource(error: unknown, verb: string, source: string): unknown {
  if (source === '') return error;
  const prefix = `error when ${verb} "${source}": `;
  if (error instanceof StatusError) {
    return new StatusError({ ...error.status, message: prefix + text(error.status, 'message') });
  }
  return error instanceof KubectlError ? new KubectlError(prefix + error.message) : error;
}

/** What goes to stderr for an error that ends the command; always ends with a newline unless empty. */
export function errorText(error: KubectlError): string {
  const message = fatalText(error);
  return message === '' || message.endsWith('\n') ? message : `${message}\n`;
}

function fatalText(error: KubectlError): string {
  if (error instanceof RawExit) return error.message;
  if (error instanceof ManyErrors) {
    const only = error.errors.length === 1 ? error.errors[0] : undefined;
    return only === undefined ? error.errors.map((each) => `${lineFor(each)}\n`).join('') : fatalText(only);
  }
  if (error instanceof StatusError && error.reason === 'Invalid') return invalidText(error.status);
  const standard = standardText(error);
  if (standard !== undefined) return standard;
  return error.message.startsWith('error: ') ? error.message : `error: ${error.message}`;
}

/** One error inside a list of several: no `error: ` in front of plain ones. */
export function lineFor(error: KubectlError): string {
  return standardText(error) ?? error.message;
}

function standardText(error: KubectlError): string | undefined {
  if (error instanceof StatusError) {
    if (error.reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`;
    return error.reason === ''
      ? `Error from server: ${error.message}`
      : `Error from server (${error.reason}): ${error.message}`;
  }
  if (!(error instanceof UnreachableError)) return undefined;
  return error.problem.includes('connection refused')
    ? `The connection to the server ${hostOf(error.server)} was refused - did you specify the right host or port?`
    : `Unable to connect to the server: ${error.problem}`;
}

function invalidText(status: JsonObject): string {
  const kind = text(status, 'details', 'kind');
  const name = text(status, 'details', 'name');
  const causes = objects(status, 'details', 'causes');
  const message = text(status, 'message');
  if (!('details' in status)) return `The request is invalid${message === '' ? '' : `: ${message}`}`;
  let subject = 'The request is invalid';
  if (kind !== '' || name !== '') subject = `The ${kind} "${name}" is invalid`;
  else if (message !== '' && causes.length === 0) subject += `: ${message}`;
  const lines = [...new Set(causes.map((cause) => `${text(cause, 'field')}: ${text(cause, 'message')}`))];
  if (lines.length === 0) return subject;
  if (lines.length === 1) return `${subject}: ${lines[0]}\n`;
  return `${subject}: \n${lines.map((line) => `* ${line}\n`).join('')}`;
}

export function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

/**
 * Before it sends a manifest, kubectl asks the server whether it checks fields itself; that is the first request of
 * `create`, `apply` and `replace`, so theirs is the first complaint when there is no server.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/util/factory_client_access.go, pkg/validation/schema.go
 */
import { KubectlError, StatusError, UnreachableError } from './errors.ts';
import type { Session } from './session.ts';

const asked = new WeakSet<Session>();

/** @throws KubectlError when the server cannot be asked; asks once per run of kubectl. */
export async function askForSchema(session: Session, source: string): Promise<void> {
  if (asked.has(session)) return;
  try {
    await session.request({ method: 'GET', path: '/openapi/v2', query: { timeout: '32s' } });
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== undefined) throw notValid(source, `failed to download openapi: ${problem}`);
  }
  asked.add(session);
}

function problemOf(error: unknown): string | undefined {
  if (error instanceof UnreachableError) return error.message;
  if (!(error instanceof StatusError)) throw error;
  return error.reason === 'Unauthorized' ? 'the server has asked for the client to provide credentials' : undefined;
}

export function notValid(source: string, problem: string): KubectlError {
  const advice = 'if you choose to ignore these errors, turn validation off with --validate=false';
  return new KubectlError(`error validating "${source}": error validating data: ${problem}; ${advice}`);
}

/** How etcdctl ends badly. @source etcd:pkg/cobrautl/error.go */

export class EtcdctlError extends Error {
  readonly exitCode: number;
  /** The usage is printed too. */
  readonly withUsage: boolean;
  constructor(message: string, exitCode = 1, withUsage = false) {
    super(message);
    this.exitCode = exitCode;
    this.withUsage = withUsage;
  }
}

export const BAD_CONNECTION = 1;
export const INVALID_INPUT = 3;
export const BAD_FEATURE = 4;
export const INTERRUPTED_EXIT = 5;
export const BAD_ARGS = 128;

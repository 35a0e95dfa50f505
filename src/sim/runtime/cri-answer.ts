/** Answers of the CRI: results, and errors in gRPC's words. */
import type { CallId, Io } from '../kernel/io.ts';

export function ok(io: Io, call: CallId, result: object): void {
  io.reply(call, { ok: true, ...result });
}

export function failed(io: Io, call: CallId, code: string, description: string): void {
  io.reply(call, { ok: false, error: `rpc error: code = ${code} desc = ${description}` });
}

/** Log lines as Kubernetes' components print them: severity, date, time, thread, source, message. Models k8s.io/klog/v2. */
import { civilTime } from '../api/time.ts';
import type { Io } from '../kernel/io.ts';

export type Severity = 'I' | 'W' | 'E' | 'F';

/** One klog line into the process's own log: `I0101 09:00:00.000000       1 server.go:199] "Version info"`. */
export function klog(io: Io, severity: Severity, source: string, message: string): void {
  const ms = io.wallMs();
  const t = civilTime(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const micros = String((((ms % 1_000) + 1_000) % 1_000) * 1_000 + (io.now % 1_000)).padStart(6, '0');
  io.log(
    `${severity}${two(t.month)}${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${micros}       1 ${source}] ${message}`,
  );
}

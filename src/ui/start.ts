/** Opens the tutor on the real terminal and stays until the learner quits. */
import { type App, type AppOptions, createApp } from './app.ts';
import { openDevice } from './device.ts';
import type { OutsideEditor } from './outside-editor.ts';
import { createPainter, plainFrame } from './painter.ts';

export interface StartOptions extends Omit<AppOptions, 'onBug' | 'onQuit'> {
  readonly hasAlternateScreen: boolean;
  /** Given the terminal to hand over once there is one. */
  readonly outside?: OutsideEditor | undefined;
}

/** Our own bug: the status that says so. */
const bugStatus = 70;

/** Never returns: ends the process with the right status and the terminal as it was. */
export function startTutor(options: StartOptions): void {
  let app: App | undefined;
  let leave = () => {};
  const fail = (error: unknown) => {
    leave();
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `k8s-descompuesto: this is our bug, sorry: ${message}\nPlease report it with what makes it happen again: ${app?.repro() ?? 'the start'}\nYour progress is saved.\n`,
    );
    process.exit(bugStatus);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  const tutor = createApp({ ...options, onQuit: (status) => end(status), onBug: fail });
  app = tutor;
  let first: string[] = [];
  const device = openDevice(
    { hasAlternateScreen: options.hasAlternateScreen, onSignal: (status) => process.exit(status) },
    (width, height) => {
      tutor.resize(width, height);
      first = tutor.compose();
      return plainFrame(first);
    },
  );
  leave = () => device.leave();
  if (options.outside) options.outside.handOver = (action) => device.handOver(action);
  const painter = createPainter(device, first);
  const end = (status: number) => {
    painter.close();
    device.leave();
    process.exit(status);
  };
  tutor.start(device, painter);
  // The first frame is out; only now the rest is loaded.
  setTimeout(() => void painter.takeOver().catch(fail), 0);
}

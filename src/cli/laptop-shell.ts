/** The shell of a cluster's laptop for the screens: loaded only when it is needed, usable from the first key. */
import type { Shell } from '../shell/shell.ts';
import type { ShellSession } from '../ui/view.ts';

/** What the prompt will say once the shell is there. */
const firstPrompt = 'kubernetes-admin@laptop:~$ ';
/** Long enough after the screen opened that loading does not get in the way of the first keys. */
const warmUpAfterMs = 400;

export function laptopShell(load: () => Promise<Shell>): ShellSession {
  let shell: Shell | undefined;
  let loading: Promise<Shell> | undefined;
  const open = () => {
    loading ??= load().then((loaded) => {
      shell = loaded;
      return loaded;
    });
    return loading;
  };
  // A failure to warm up shows when the first command is run.
  setTimeout(
    () =>
      void open()
        .then((loaded) => loaded.warmUp())
        .catch(() => {}),
    warmUpAfterMs,
  ).unref();
  return {
    prompt: () => shell?.prompt() ?? firstPrompt,
    run: async (line, write, signal) => (await open()).run(line, write, signal),
    complete: async (line, cursor) => (await open()).complete(line, cursor),
  };
}

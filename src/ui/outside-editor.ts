/** `kubectl edit` in the tutor: hands the terminal to the learner's own $EDITOR for as long as it is open. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface OutsideEditor {
  /** Gives the terminal away while `action` runs; set once there is a terminal. */
  handOver: (action: () => void) => void;
  /** @returns the text as it was saved, undefined when the editor failed */
  edit(text: string, path: string): Promise<string | undefined>;
}

/** @param directory  where the file being edited may lie meanwhile: the tutor's own state directory */
export function createOutsideEditor(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): OutsideEditor {
  const outside: OutsideEditor = {
    handOver: (action) => action(),
    async edit(text, path) {
      // Loaded only now: the first frame is not to wait for it.
      const { spawnSync } = await import('node:child_process');
      const command = environment['KUBE_EDITOR'] || environment['VISUAL'] || environment['EDITOR'] || 'vi';
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const folder = mkdtempSync(join(directory, 'edit-'));
      const file = join(folder, basename(path) || 'object.yaml');
      try {
        writeFileSync(file, text, { mode: 0o600 });
        let status: number | null = 1;
        outside.handOver(() => {
          // $EDITOR may carry flags, as in `code --wait`: the user's shell takes it apart as it does everywhere.
          status = spawnSync(`${command} "$K8SD_FILE"`, {
            shell: true,
            stdio: 'inherit',
            env: { ...environment, K8SD_FILE: file },
          }).status;
        });
        return status === 0 ? readFileSync(file, 'utf8') : undefined;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
  return outside;
}

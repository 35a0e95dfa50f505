import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/shell/gateway.ts';
import { createShell } from '../../src/shell/shell.ts';
import { replaySession } from '../../src/sim/world.ts';
import { openStage, say } from './story.ts';

const stage = () => openStage({ cluster: 'single', seed: 1, bootSeconds: 60 });

/** Presses Ctrl-C when the output holds this text. */
async function interruptAt(shell: ReturnType<typeof stage>['shell'], line: string, text: string) {
  const controller = new AbortController();
  const pieces: string[] = [];
  const status = await shell.run(
    line,
    (piece) => {
      pieces.push(piece);
      if (pieces.join('').includes(text)) controller.abort();
    },
    controller.signal,
  );
  return { status, pieces };
}

describe('a terminal', () => {
  it('shows what comes as it comes, until Ctrl-C', async () => {
    const { shell } = stage();
    await say(shell, 'kubectl create deployment web --image=nginx');
    const { status, pieces } = await interruptAt(shell, 'kubectl get pods -w', 'Running');
    expect(status).toBe(130);
    expect(pieces.length).toBeGreaterThan(2);
    const loop = await interruptAt(shell, 'while true; do date +%s | cat; sleep 1; done', '\n17672580');
    expect(loop.status).toBe(130);
    expect(await say(shell, 'echo still here')).toBe('still here');
  });

  it('follows logs, journals and watched commands until Ctrl-C', async () => {
    const { shell } = stage();
    await say(shell, 'kubectl run ticker --image=busybox -- sh -c "while true; do echo tick; sleep 5; done"');
    await say(shell, 'kubectl wait --for=condition=Ready pod/ticker');
    const logs = await interruptAt(shell, 'kubectl logs -f ticker', 'tick\ntick\ntick');
    expect(logs.status).toBe(130);
    const watched = await interruptAt(
      shell,
      'watch -n 5 kubectl get pods --no-headers',
      'Every 5.0s: kubectl get pods',
    );
    expect(watched.status).toBe(130);
    await say(shell, 'ssh node-1');
    const followed = await interruptAt(shell, 'journalctl -fu kubelet', 'node-1 kubelet[');
    expect(followed.status).toBe(130);
    const container = await say(shell, 'crictl ps --name ticker -q');
    expect((await interruptAt(shell, `crictl logs -f --tail 1 ${container}`, 'tick\ntick')).status).toBe(130);
    expect(await say(shell, 'hostname')).toBe('node-1');
  });

  it('asks for the rest of an unfinished line', async () => {
    const { shell } = stage();
    expect(await say(shell, 'for i in 1 2')).toBe('');
    expect(shell.prompt()).toBe('> ');
    expect(await say(shell, 'do echo $i; done')).toBe('1\n2');
    expect(await say(shell, 'cat <<EOF')).toBe('');
    expect(await say(shell, 'one')).toBe('');
    expect(await say(shell, 'EOF')).toBe('one');
  });

  it('moves to machines and pods and comes back', async () => {
    const { shell } = stage();
    expect(shell.prompt()).toBe('kubernetes-admin@laptop:~$ ');
    await say(shell, 'ssh cp-1');
    await say(shell, 'cd /etc/kubernetes');
    expect(shell.prompt()).toBe('root@cp-1:/etc/kubernetes# ');
    await say(shell, 'exit');
    await say(shell, 'kubectl run web --image=nginx; kubectl wait --for=condition=Ready pod/web');
    await say(shell, 'kubectl exec -it web -- sh');
    expect(shell.prompt()).toBe('/ # ');
    expect(await say(shell, 'cd /etc; x=1; hostname')).toBe('web');
    expect(await say(shell, 'pwd; echo $x')).toBe('/etc\n1');
    expect(await say(shell, 'exit')).toBe('');
    expect(shell.prompt()).toBe('kubernetes-admin@laptop:~$ ');
  });

  it('loses its connection to a machine that loses power', async () => {
    const { shell } = stage();
    await say(shell, 'ssh node-1');
    await say(shell, 'fault inject power node-1');
    expect(await say(shell, 'hostname')).toContain('Broken pipe');
    expect(await say(shell, 'hostname')).toBe('laptop');
    expect(await say(shell, 'ssh node-1')).toContain('No route to host');
  });

  it('completes commands, kinds, names, machines, faults and files', async () => {
    const { shell } = stage();
    const candidates = async (line: string) => (await shell.complete(line, line.length)).candidates;
    expect(await candidates('kube')).toContain('kubectl');
    expect(await candidates('kubectl get po')).toContain('pods');
    expect(await candidates('kubectl describe node no')).toEqual(['node-1']);
    expect(await candidates('ssh no')).toEqual(['node-1']);
    expect(await candidates('fault inject pow')).toEqual(['power']);
    expect(await candidates('fault inject power no')).toEqual(['node-1']);
    expect(await candidates('cat /etc/host')).toEqual(['/etc/hostname', '/etc/hosts']);
    expect(await candidates('ls /etc/kub')).toEqual(['/etc/kubernetes/']);
    expect(await candidates('etcdctl mem')).toEqual(['member']);
  });

  it('edits with the editor it is given', async () => {
    const { world } = stage();
    const shell = createShell(createGateway(world), { edit: async (text) => `${text}10.0.0.9 printer\n` });
    await say(shell, 'vi /etc/hosts');
    expect(await say(shell, 'tail -1 /etc/hosts')).toBe('10.0.0.9 printer');
  });

  it('keeps what was typed', async () => {
    const { shell } = stage();
    await say(shell, 'echo one');
    expect(shell.history()).toEqual(['echo one']);
    expect(await say(shell, 'history')).toBe('    1  echo one\n    2  history');
    shell.forgetHistory();
    expect(shell.history()).toEqual([]);
  });
});

describe('a script', () => {
  it('keeps its two outputs apart and ends with its exit status', async () => {
    const { shell } = stage();
    const result = await shell.runScript('echo out; echo err >&2; kubectl get nothing; exit 3');
    expect(result.stdout).toBe('out\n');
    expect(result.stderr).toContain('err\nerror: the server doesn\'t have a resource type "nothing"');
    expect(result.exitCode).toBe(3);
  });

  it('reads standard input, and complains about an unfinished one', async () => {
    const { shell } = stage();
    expect((await shell.runScript('cat', { stdin: 'in\n' })).stdout).toBe('in\n');
    expect((await shell.runScript('if true; then')).exitCode).toBe(2);
  });

  it('says in one sentence that three megabytes are too many, and writes half a megabyte', async () => {
    const { shell } = stage();
    const script = (length: number) => `cat > /tmp/big <<'END'\n${'x'.repeat(length)}\nEND\nwc -c < /tmp/big`;
    const tooMuch = await shell.runScript(script(3_000_000));
    expect(tooMuch.stderr).toBe('bash: 3000044 bytes are too many for one command: at most 1000000\n');
    expect(tooMuch.exitCode).toBe(2);
    expect((await shell.runScript(script(500_000))).stdout.trim()).toBe('500001');
  });
});

describe('everything the shell does', () => {
  it('is in the log of inputs: a replay ends the same', async () => {
    const { world, shell } = stage();
    for (const line of [
      'kubectl create deployment web --image=nginx --replicas=2',
      'ssh node-1 "iptables -A INPUT -s 10.9.9.9 -j DROP; systemctl restart kubelet; echo x > /tmp/x; sysctl -w net.ipv4.ip_forward=0"',
      'ping -c 2 node-1; curl -s http://node-1:10256/healthz; fault inject kill node-1/kubelet; sleep 30',
      'ssh node-1 "kill -9 \\$(pgrep kube-proxy)"; ssh cp-1 rm /etc/kubernetes/manifests/kube-scheduler.yaml; sleep 20',
    ])
      await say(shell, line);
    const session = world.save();
    expect(replaySession(JSON.parse(JSON.stringify(session))).hashChain()).toBe(session.hash);
    expect(replaySession(session).hashState()).toBe(world.hashState());
  });
});

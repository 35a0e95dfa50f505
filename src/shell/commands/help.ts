/** `help`, `history` and what is said instead of "command not found" for programs of the real world that are not here. */
import { HELP } from '../bash-text.ts';
import { type CommandIo, notSimulated, type ShellCommand } from '../command.ts';
import { columns } from '../machine-state.ts';

const help: ShellCommand = {
  name: HELP,
  run(_args, io) {
    const rows = [
      ['kubectl', 'the cluster: get, describe, apply, logs, exec, …'],
      ['ssh NODE', 'to another machine; exit comes back. ssh NODE COMMAND runs one there'],
      ['etcdctl', 'the store, on a control plane: ssh cp-1'],
      ['systemctl, journalctl, crictl', 'services, logs and containers of a node'],
      ['iptables-save, conntrack, ip, ss', 'the network of a node'],
      ['curl, nslookup, dig, ping', 'asking over the network'],
      ['openssl x509, kubeadm certs', 'certificates'],
      ['fault list|inject|heal', 'breaks things and mends them'],
      ['sleep 30, advance 30s, clock', 'virtual time'],
      ['trace, why OBJECT, explain pod NAME', 'what happened, what caused it, why the scheduler chose so'],
      ['rewind 30s, fork COMMAND', 'goes back; tries something in a copy'],
      ['cat, grep, sed, awk, jq, …', 'the usual text tools, with pipes, loops and redirection'],
    ];
    io.stdout(columns(rows.map(([left = '', right = '']) => [`  ${left}`, right])));
    return 0;
  },
};

const history: ShellCommand = {
  name: 'history',
  run(args, io) {
    const lines = io.memory.history;
    const count = Number(args[0] ?? lines.length);
    if (args[0] === '-c') {
      lines.length = 0;
      return 0;
    }
    lines.slice(-count).forEach((line, i) => {
      io.stdout(`${String(lines.length - Math.min(count, lines.length) + i + 1).padStart(5)}  ${line}\n`);
    });
    return 0;
  },
};

/** Real programs that somebody may well try. */
const ELSEWHERE = [
  'apt',
  'apt-get',
  'apk',
  'docker',
  'ctr',
  'nerdctl',
  'helm',
  'kustomize',
  'k9s',
  'tcpdump',
  'strace',
  'nsenter',
  'nft',
  'ipset',
  'ipvsadm',
  'traceroute',
  'tracepath',
  'mtr',
  'nc',
  'telnet',
  'ifconfig',
  'route',
  'brctl',
  'ethtool',
  'lsof',
  'top',
  'htop',
  'free',
  'vmstat',
  'iostat',
  'mount',
  'umount',
  'lsblk',
  'scp',
  'rsync',
  'sftp',
  'git',
  'less',
  'more',
  'screen',
  'tmux',
  'crontab',
  'service',
  'timedatectl',
  'hostnamectl',
  'swapoff',
  'modprobe',
  'useradd',
  'passwd',
  'chown',
  'tc',
  'cilium',
  'calicoctl',
  'kubelet',
  'kube-apiserver',
  'kube-proxy',
  'kube-scheduler',
  'kube-controller-manager',
  'etcd',
  'containerd',
  'python3',
  'python',
  'node',
  'npm',
];

const pager = (name: string): ShellCommand => ({
  name,
  async run(args, io) {
    const path = args.filter((word) => !word.startsWith('-')).at(-1);
    const full = path === undefined ? undefined : io.fs.resolvePath(io.cwd, path);
    if (full !== undefined && !(await io.fs.exists(full))) {
      io.stderr(`${path}: No such file or directory\n`);
      return 1;
    }
    io.stdout(full === undefined ? io.stdin : await io.fs.readFile(full));
    return 0;
  },
});

const elsewhere = ELSEWHERE.filter((name) => name !== 'less' && name !== 'more').map(
  (name): ShellCommand => ({ name, run: (_args, io: CommandIo) => notSimulated(io, name) }),
);

export const helpCommands: readonly ShellCommand[] = [help, history, pager('less'), pager('more'), ...elsewhere];

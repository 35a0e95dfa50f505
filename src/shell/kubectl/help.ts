/** `--help` in kubectl's layout. */
import { commandFacts, subcommandsOf } from './command-facts.ts';
import { usageOf } from './flag-usage.ts';
import { type FlagSpec, globalFlags, parseSpecs } from './flags.ts';

const groups: readonly (readonly [title: string, commands: string])[] = [
  ['Basic Commands (Beginner):', 'create expose run set'],
  ['Basic Commands (Intermediate):', 'explain get edit delete'],
  ['Deploy Commands:', 'rollout scale autoscale'],
  ['Cluster Management Commands:', 'certificate cluster-info top cordon uncordon drain taint'],
  ['Troubleshooting and Debugging Commands:', 'describe logs attach exec port-forward proxy cp auth debug events'],
  ['Advanced Commands:', 'diff apply patch replace wait kustomize'],
  ['Settings Commands:', 'label annotate completion'],
  ['Subcommands provided by plugins:', ''],
  ['Other Commands:', 'alpha api-resources api-versions config plugin version'],
];

const examples: Readonly<Record<string, string>> = {
  get: 'kubectl get pods -o wide\nkubectl get deployments,services -n kube-system\nkubectl get pods -l app=web -o jsonpath={.items[*].metadata.name}',
  describe: 'kubectl describe nodes node-1\nkubectl describe pods/nginx',
  create: 'kubectl create -f ./pod.yaml\nkubectl create deployment web --image=nginx',
  apply: 'kubectl apply -f ./pod.yaml\ncat pod.yaml | kubectl apply -f -',
  delete: 'kubectl delete -f ./pod.yaml\nkubectl delete pod web --now',
  run: 'kubectl run nginx --image=nginx\nkubectl run -i --tty busybox --image=busybox -- sh',
  logs: 'kubectl logs nginx\nkubectl logs -f --tail=20 deploy/web',
  exec: 'kubectl exec mypod -- date\nkubectl exec mypod -c web -it -- sh',
  scale: 'kubectl scale --replicas=3 deployment/web',
  drain: 'kubectl drain node-1 --ignore-daemonsets',
  taint: 'kubectl taint nodes node-1 dedicated=special-user:NoSchedule\nkubectl taint nodes node-1 dedicated-',
  label: 'kubectl label pods web unhealthy=true\nkubectl label pods web unhealthy-',
  wait: 'kubectl wait --for=condition=Ready pod/web\nkubectl wait --for=delete pod/web --timeout=60s',
  rollout: 'kubectl rollout undo deployment/web\nkubectl rollout status daemonset/agent',
  patch: `kubectl patch node node-1 -p '{"spec":{"unschedulable":true}}'`,
  set: 'kubectl set image deployment/web nginx=nginx:1.29',
  explain: 'kubectl explain pods\nkubectl explain pods.spec.containers',
};

export function rootHelp(): string {
  const lines = ['kubectl controls the Kubernetes cluster manager.', ''];
  lines.push(' Find more information at: https://kubernetes.io/docs/reference/kubectl/', '');
  for (const [title, commands] of groups) {
    lines.push(title);
    for (const name of commands.split(' ').filter((each) => each !== '')) {
      lines.push(`  ${name.padEnd(15)} ${commandFacts(name)?.short ?? ''}`);
    }
    lines.push('');
  }
  lines.push('Usage:', '  kubectl [flags] [options]', '');
  lines.push('Use "kubectl <command> --help" for more information about a given command.', globalHint);
  return `${lines.join('\n')}\n`;
}

const globalHint = 'Use "kubectl options" for a list of global command-line options (applies to all commands).';

export function commandHelp(path: string): string {
  if (path === '') return rootHelp();
  const facts = commandFacts(path);
  const parts: string[] = [`${facts?.short ?? ''}.`, ''];
  if (facts !== undefined && facts.aliases.length > 0) {
    parts.push('Aliases:', [path.split(' ').at(-1), ...facts.aliases].join(', '), '');
  }
  const example = examples[path];
  if (example !== undefined) parts.push('Examples:', ...example.split('\n').map((line) => `  ${line}`), '');
  const children = subcommandsOf(path);
  if (children.length > 0) {
    const width = Math.max(11, ...children.map((child) => child.length)) + 2;
    parts.push('Available Commands:');
    for (const child of children)
      parts.push(`  ${child.padEnd(width)} ${commandFacts(`${path} ${child}`)?.short ?? ''}`);
    parts.push('');
  }
  const specs = parseSpecs(facts?.flags ?? '').filter((spec) => !spec.hidden);
  if (specs.length > 0) parts.push('Options:', ...optionLines(specs));
  parts.push('Usage:', `  ${facts?.usage ?? `kubectl ${path} [options]`}`, '');
  if (children.length > 0)
    parts.push(`Use "kubectl ${path} <command> --help" for more information about a given command.`);
  parts.push(globalHint);
  return `${parts.join('\n')}\n`;
}

export function optionsHelp(): string {
  const specs = parseSpecs(globalFlags).filter((spec) => spec.name !== 'help');
  return `${['The following options can be passed to any command:', '', ...optionLines(specs)].join('\n')}\n`;
}

function optionLines(specs: readonly FlagSpec[]): string[] {
  const sorted = [...specs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((spec) => {
    const short = spec.short === '' ? '' : `-${spec.short}, `;
    return [`    ${short}--${spec.name}=${spec.initial}:`, `\t${usageOf(spec.name)}`, ''];
  });
}

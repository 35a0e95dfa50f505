/** Every binary that a process in the world can run. */
import { corednsProgram } from './addons/dns.machine.ts';
import { apiserverProgram } from './apiserver/program.ts';
import { controllerManagerProgram } from './controllers/controller-manager.machine.ts';
import { etcdProgram } from './etcd/etcd.machine.ts';
import { haproxyProgram } from './host/haproxy.machine.ts';
import { networkPrograms } from './host/iptables.machine.ts';
import { systemdProgram } from './host/systemd.machine.ts';
import type { Program } from './kernel/kernel.ts';
import { kubeadmProgram } from './kubeadm/kubeadm.machine.ts';
import { kubeletProgram } from './kubelet/kubelet.machine.ts';
import { proxyProgram } from './proxy/proxy.machine.ts';
import { runtimePrograms } from './runtime/programs.ts';
import { schedulerProgram } from './scheduler/scheduler.machine.ts';

const all: readonly Program[] = [
  apiserverProgram,
  controllerManagerProgram,
  corednsProgram,
  etcdProgram,
  haproxyProgram,
  kubeadmProgram,
  kubeletProgram,
  proxyProgram,
  schedulerProgram,
  systemdProgram,
  ...networkPrograms,
  ...runtimePrograms,
];

export const programs: ReadonlyMap<string, Program> = new Map(all.map((program) => [program.name, program]));

/** Every flag of kubelet v1.36. Retired ones (`--network-plugin`, `--allow-privileged`, …) do not stand here: they are unknown. @source cmd/kubelet/app/options/options.go */
import type { FlagTable, FlagType } from '../client/flags.ts';

const BY_TYPE: Readonly<Record<FlagType, string>> = {
  string:
    'address authorization-mode bootstrap-kubeconfig cert-dir cgroup-driver cgroup-root client-ca-file cloud-provider cluster-domain config config-dir container-log-max-size container-runtime-endpoint cpu-manager-policy experimental-mounter-path hairpin-mode healthz-bind-address hostname-override image-credential-provider-bin-dir image-credential-provider-config image-service-endpoint kube-api-content-type kube-reserved-cgroup kubeconfig kubelet-cgroups lock-file logging-format manifest-url manifest-url-header memory-manager-policy node-ip node-labels pod-cidr pod-manifest-path provider-id register-with-taints reserved-cpus reserved-memory resolv-conf root-dir runtime-cgroups system-cgroups system-reserved-cgroup tls-cert-file tls-min-version tls-private-key-file topology-manager-policy topology-manager-scope version vmodule volume-plugin-dir',
  strings:
    'allowed-unsafe-sysctls cluster-dns cpu-manager-policy-options enforce-node-allocatable eviction-hard eviction-minimum-reclaim eviction-soft eviction-soft-grace-period feature-gates kube-reserved qos-reserved system-reserved tls-cipher-suites topology-manager-policy-options',
  bool: 'anonymous-auth authentication-token-webhook cgroups-per-qos contention-profiling cpu-cfs-quota enable-controller-attach-detach enable-debugging-handlers enable-server exit-on-lock-contention experimental-allocatable-ignore-eviction fail-cgroupv1 fail-swap-on help kernel-memcg-notification local-storage-capacity-isolation make-iptables-util-chains protect-kernel-defaults register-node rotate-certificates rotate-server-certificates runonce seccomp-default serialize-image-pulls',
  duration:
    'authentication-token-webhook-cache-ttl authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl cpu-cfs-quota-period cpu-manager-reconcile-period eviction-pressure-transition-period file-check-frequency http-check-frequency log-flush-frequency minimum-container-ttl-duration minimum-image-ttl-duration node-status-update-frequency runtime-request-timeout streaming-connection-idle-timeout sync-frequency volume-stats-agg-period',
  int: 'container-log-max-files event-burst event-qps eviction-max-pod-grace-period healthz-port image-gc-high-threshold image-gc-low-threshold kube-api-burst kube-api-qps max-open-files max-pods maximum-dead-containers maximum-dead-containers-per-container node-status-max-images oom-score-adj pod-max-pids pods-per-core port read-only-port registry-burst registry-qps v',
  map: '',
};

export const kubeletFlags: FlagTable = Object.fromEntries(
  (Object.entries(BY_TYPE) as [FlagType, string][]).flatMap(([type, names]) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => [name, { type }] as const),
  ),
);

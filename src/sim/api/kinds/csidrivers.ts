import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface CSIDriver extends KubeObject {
  readonly spec?: {
    readonly attachRequired?: boolean;
    readonly podInfoOnMount?: boolean;
    readonly storageCapacity?: boolean;
    readonly requiresRepublish?: boolean;
    readonly fsGroupPolicy?: string;
    readonly seLinuxMount?: boolean;
    readonly tokenRequests?: readonly { readonly audience?: string }[];
    readonly volumeLifecycleModes?: readonly string[];
  };
}

/** @source pkg/registry/storage/csidriver/strategy.go, pkg/apis/storage/v1/defaults.go */
export const csidrivers = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  schema: 'storage.CSIDriver',
  defaults(driver) {
    const spec = driver.spec ?? {};
    return withFields(driver, {
      spec: withFields(spec, {
        attachRequired: spec.attachRequired ?? true,
        podInfoOnMount: spec.podInfoOnMount ?? false,
        storageCapacity: spec.storageCapacity ?? false,
        fsGroupPolicy: spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType',
        volumeLifecycleModes:
          (spec.volumeLifecycleModes?.length ?? 0) > 0 ? (spec.volumeLifecycleModes ?? []) : PERSISTENT,
        requiresRepublish: spec.requiresRepublish ?? false,
        seLinuxMount: spec.seLinuxMount ?? false,
      }),
    });
  },
  raisesGeneration: specChanged,
  columns: columns('Name,?AttachRequired,?PodInfoOnMount,?StorageCapacity,TokenRequests,?RequiresRepublish,Modes,Age'),
  row: (driver, nowMs) => [
    driver.metadata.name,
    driver.spec?.attachRequired ?? true,
    driver.spec?.podInfoOnMount ?? false,
    driver.spec?.storageCapacity ?? false,
    driver.spec?.tokenRequests?.map(({ audience }) => audience ?? '').join(',') ?? '<unset>',
    driver.spec?.requiresRepublish ?? false,
    driver.spec?.volumeLifecycleModes?.join(',') || '<none>',
    age(driver, nowMs),
  ],
});

const PERSISTENT: readonly string[] = ['Persistent'];

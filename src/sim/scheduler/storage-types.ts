/**
 * Storage objects as far as the scheduler reads them.
 * @source staging/src/k8s.io/api/storage/v1/types.go
 */
import type { KubeObject, LabelSelector, Quantity, StringMap } from '../api/types.ts';

export interface StorageClass extends KubeObject {
  readonly provisioner?: string | undefined;
  readonly volumeBindingMode?: string | undefined;
  readonly allowedTopologies?:
    | readonly {
        readonly matchLabelExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
      }[]
    | undefined;
}

export interface CsiNode extends KubeObject {
  readonly spec?:
    | {
        readonly drivers?:
          | readonly {
              readonly name: string;
              readonly allocatable?: { readonly count?: number | undefined } | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

export interface CsiDriver extends KubeObject {
  readonly spec?:
    | {
        readonly storageCapacity?: boolean | undefined;
        readonly preventPodSchedulingIfMissing?: boolean | undefined;
      }
    | undefined;
}

export interface CsiStorageCapacity extends KubeObject {
  readonly storageClassName?: string | undefined;
  readonly nodeTopology?: LabelSelector | undefined;
  readonly capacity?: Quantity | undefined;
  readonly maximumVolumeSize?: Quantity | undefined;
}

export interface VolumeAttachment extends KubeObject {
  readonly spec?:
    | {
        readonly attacher?: string | undefined;
        readonly nodeName?: string | undefined;
        readonly source?: { readonly persistentVolumeName?: string | undefined } | undefined;
      }
    | undefined;
}

/** A StatefulSet or a ReplicationController, as far as its selector. */
export interface Selecting extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector | StringMap | undefined } | undefined;
}

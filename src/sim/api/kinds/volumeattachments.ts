import { type FieldError, required } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { validateImmutable } from '../metadata.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface VolumeAttachment extends KubeObject {
  readonly spec: {
    readonly attacher: string;
    readonly nodeName: string;
    readonly source: { readonly persistentVolumeName?: string };
  };
  readonly status?: { readonly attached?: boolean };
}

/** @source pkg/registry/storage/volumeattachment/strategy.go */
export const volumeattachments = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  subresources: ['status'],
  schema: 'storage.VolumeAttachment',
  initialStatus: { attached: false },
  validate(attachment) {
    const errors: FieldError[] = [];
    if (!attachment.spec.attacher) errors.push(required('spec.attacher'));
    if (!attachment.spec.source?.persistentVolumeName)
      errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
    if (!attachment.spec.nodeName) errors.push(required('spec.nodeName'));
    return errors;
  },
  validateUpdate(attachment, old) {
    const errors: FieldError[] = [];
    validateImmutable(errors, attachment.spec, old.spec, 'spec');
    return errors;
  },
  columns: columns('Name,Attacher,PV,Node,?Attached,Age'),
  row: (attachment, nowMs) => [
    attachment.metadata.name,
    attachment.spec?.attacher ?? '',
    attachment.spec?.source?.persistentVolumeName ?? '',
    attachment.spec?.nodeName ?? '',
    attachment.status?.attached ?? false,
    age(attachment, nowMs),
  ],
});

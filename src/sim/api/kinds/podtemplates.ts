import { semanticEqual } from '../equal.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { columns, containerCells, formatLabels } from '../table.ts';
import type { KubeObject, PodTemplateSpec } from '../types.ts';

interface PodTemplate extends KubeObject {
  readonly template?: PodTemplateSpec;
}

/** @source pkg/registry/core/podtemplate/strategy.go */
export const podtemplates = defineKind<PodTemplate>({
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  schema: 'core.PodTemplate',
  createOnUpdate: true,
  defaults: (object) =>
    object.template === undefined ? object : withFields(object, { template: defaultTemplate(object.template) }),
  raisesGeneration: (object, old) => !semanticEqual(object.template, old.template),
  columns: columns('Name,Containers,Images,Pod Labels'),
  row: (object) => [
    object.metadata.name,
    ...containerCells(object.template?.spec?.containers),
    formatLabels(object.template?.metadata?.labels),
  ],
});

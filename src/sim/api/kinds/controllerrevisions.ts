import { semanticEqual } from '../equal.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { FIELD_IMMUTABLE } from '../metadata.ts';
import { parseApiVersion } from '../path.ts';
import { age, columns } from '../table.ts';
import type { ControllerRevision } from '../types.ts';

/** @source pkg/registry/apps/controllerrevision/strategy.go */
export const controllerrevisions = defineKind<ControllerRevision>({
  group: 'apps',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  schema: 'apps.ControllerRevision',
  validate(revision) {
    const errors: FieldError[] = [];
    if (revision.revision < 0)
      errors.push(invalid('revision', revision.revision, 'must be greater than or equal to 0'));
    return errors;
  },
  validateUpdate: (revision, old) =>
    semanticEqual(revision.data, old.data) ? [] : [invalid('data', revision.data, FIELD_IMMUTABLE)],
  columns: columns('Name,Controller,Revision,Age'),
  row(revision, nowMs) {
    const owner = revision.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const { group } = parseApiVersion(owner?.apiVersion ?? 'v1');
    const kind = owner === undefined ? '' : group === '' ? owner.kind : `${owner.kind}.${group}`;
    const controller = owner === undefined ? '<none>' : `${kind.toLowerCase()}/${owner.name}`;
    return [revision.metadata.name, controller, revision.revision, age(revision, nowMs)];
  },
});

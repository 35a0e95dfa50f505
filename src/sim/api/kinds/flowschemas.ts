import { type FlowSchema, validateFlowSchema } from '../flow-control.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns, findCondition } from '../table.ts';

/** @source pkg/registry/flowcontrol/flowschema/strategy.go, pkg/apis/flowcontrol/v1/defaults.go */
export const flowschemas = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  subresources: ['status'],
  schema: 'flowcontrol.FlowSchema',
  initialStatus: {},
  defaults: (schema) =>
    schema.spec === undefined
      ? schema
      : withFields(schema, {
          spec: withFields(schema.spec, { matchingPrecedence: schema.spec.matchingPrecedence || 1000 }),
        }),
  raisesGeneration: specChanged,
  validate: validateFlowSchema,
  columns: columns('Name,PriorityLevel,MatchingPrecedence,DistinguisherMethod,Age,MissingPL'),
  row: (schema, nowMs) => [
    schema.metadata.name,
    schema.spec?.priorityLevelConfiguration?.name ?? '',
    schema.spec?.matchingPrecedence ?? 0,
    schema.spec?.distinguisherMethod?.type ?? '<none>',
    age(schema, nowMs),
    findCondition(schema.status?.conditions, 'Dangling')?.status ?? '?',
  ],
  compareRows: (left, right) => (left.spec?.matchingPrecedence ?? 0) - (right.spec?.matchingPrecedence ?? 0),
});

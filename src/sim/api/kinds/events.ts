import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { type Cell, type Column, columns } from '../table.ts';
import { ageOf } from '../time.ts';
import type { KubeEvent } from '../types.ts';

const wide = columns('|Subobject,Source,First Seen,Count,Name');
const [subobject, source, firstSeen, count, name] = wide as readonly [Column, Column, Column, Column, Column];
const [lastSeen, type, reason, object, message] = columns('Last Seen,Type,Reason,Object,Message') as readonly [
  Column,
  Column,
  Column,
  Column,
  Column,
];

/** @source pkg/registry/core/event/strategy.go */
export const events = defineKind<KubeEvent>({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: 'core.Event',
  createOnUpdate: true,
  validate: validateEvent,
  columns: [lastSeen, type, reason, object, subobject, source, message, firstSeen, count, name],
  row: eventCells,
  fieldLabels: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  selectableFields(event) {
    const { involvedObject } = event;
    return {
      'involvedObject.kind': involvedObject?.kind ?? '',
      'involvedObject.namespace': involvedObject?.namespace ?? '',
      'involvedObject.name': involvedObject?.name ?? '',
      'involvedObject.uid': involvedObject?.uid ?? '',
      'involvedObject.apiVersion': involvedObject?.apiVersion ?? '',
      'involvedObject.resourceVersion': involvedObject?.resourceVersion ?? '',
      'involvedObject.fieldPath': involvedObject?.fieldPath ?? '',
      reason: event.reason ?? '',
      reportingComponent: event.reportingComponent ?? '',
      source: event.source?.component || event.reportingComponent || '',
      type: event.type ?? '',
    };
  },
});

/** @source pkg/apis/core/validation/events.go legacyValidateEvent */
function validateEvent(event: KubeEvent): readonly FieldError[] {
  const errors: FieldError[] = [];
  const namespace = event.involvedObject?.namespace ?? '';
  const own = event.metadata.namespace ?? '';
  if (namespace === '' && own !== 'default' && own !== 'kube-system') {
    errors.push(invalid('involvedObject.namespace', namespace, 'does not match event.namespace'));
  } else if (namespace !== '' && namespace !== own) {
    errors.push(invalid('involvedObject.namespace', namespace, 'does not match event.namespace'));
  }
  return errors;
}

function eventCells(event: KubeEvent, nowMs: number): readonly Cell[] {
  const first = ageOf(event.firstTimestamp ?? event.eventTime, nowMs);
  const last = event.series
    ? ageOf(event.series.lastObservedTime, nowMs)
    : event.lastTimestamp
      ? ageOf(event.lastTimestamp, nowMs)
      : first;
  const { kind = '', name = '', fieldPath = '' } = event.involvedObject ?? {};
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event['reportingInstance'] || '';
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`,
    fieldPath,
    instance === '' ? component : `${component}, ${instance}`,
    (event.message ?? '').trim(),
    first,
    event.series ? event.series.count : event.count || 1,
    event.metadata.name,
  ];
}

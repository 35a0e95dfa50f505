import { defineKind } from '../kind.ts';
import type { Binding } from '../types.ts';

/** What the scheduler posts to put a pod on a node. */
export const bindings = defineKind<Binding>({
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  verbs: ['create'],
  stored: false,
  schema: 'core.Binding',
});

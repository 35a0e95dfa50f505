import { semanticEqual } from '../equal.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns } from '../table.ts';
import { defaultWebhooks, validateWebhooks, type WebhookConfiguration } from '../webhook-validation.ts';

/** @source pkg/registry/admissionregistration/mutatingwebhookconfiguration/strategy.go */
export const mutatingwebhookconfigurations = defineKind<WebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'admissionregistration.MutatingWebhookConfiguration',
  defaults: (configuration) => withFields(configuration, { webhooks: defaultWebhooks(configuration.webhooks, true) }),
  raisesGeneration: (configuration, old) => !semanticEqual(configuration.webhooks, old.webhooks),
  validate: validateWebhooks,
  columns: columns('Name,#Webhooks,Age'),
  row: (configuration, nowMs) => [
    configuration.metadata.name,
    configuration.webhooks?.length ?? 0,
    age(configuration, nowMs),
  ],
});

import { semanticEqual } from '../equal.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns } from '../table.ts';
import { defaultWebhooks, validateWebhooks, type WebhookConfiguration } from '../webhook-validation.ts';

/** @source pkg/registry/admissionregistration/validatingwebhookconfiguration/strategy.go */
export const validatingwebhookconfigurations = defineKind<WebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'admissionregistration.ValidatingWebhookConfiguration',
  defaults: (configuration) => withFields(configuration, { webhooks: defaultWebhooks(configuration.webhooks, false) }),
  raisesGeneration: (configuration, old) => !semanticEqual(configuration.webhooks, old.webhooks),
  validate: validateWebhooks,
  columns: columns('Name,#Webhooks,Age'),
  row: (configuration, nowMs) => [
    configuration.metadata.name,
    configuration.webhooks?.length ?? 0,
    age(configuration, nowMs),
  ],
});

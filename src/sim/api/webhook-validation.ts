/**
 * Webhook configurations: their defaults, and what they must say.
 * @source pkg/apis/admissionregistration/v1/defaults.go, pkg/apis/admissionregistration/validation/validation.go
 */
import { type FieldError, invalid, required } from './field-error.ts';
import { mapSame, withFields } from './map-same.ts';
import { pushComplaints, validateLabelSelector } from './metadata.ts';
import { isDnsSubdomain } from './names.ts';
import type { KubeObject, LabelSelector } from './types.ts';

export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly service?: {
      readonly namespace: string;
      readonly name: string;
      readonly path?: string;
      readonly port?: number;
    };
    readonly caBundle?: string;
  };
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly apiVersions?: readonly string[];
    readonly resources?: readonly string[];
    readonly operations?: readonly string[];
    readonly scope?: string;
  }[];
  readonly failurePolicy?: string;
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: string;
}

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[] | undefined;
}

const EVERYTHING: LabelSelector = Object.freeze({});

export function defaultWebhooks(
  webhooks: readonly Webhook[] | undefined,
  mutating: boolean,
): readonly Webhook[] | undefined {
  return (
    webhooks &&
    mapSame(webhooks, (webhook) =>
      withFields(webhook, {
        failurePolicy: webhook.failurePolicy ?? 'Fail',
        matchPolicy: webhook.matchPolicy ?? 'Equivalent',
        namespaceSelector: webhook.namespaceSelector ?? EVERYTHING,
        objectSelector: webhook.objectSelector ?? EVERYTHING,
        timeoutSeconds: webhook.timeoutSeconds ?? 10,
        ...(mutating && { reinvocationPolicy: webhook.reinvocationPolicy ?? 'Never' }),
        ...(webhook.rules !== undefined && {
          rules: mapSame(webhook.rules, (rule) => withFields(rule, { scope: rule.scope ?? '*' })),
        }),
        ...(webhook.clientConfig?.service !== undefined && {
          clientConfig: withFields(webhook.clientConfig, {
            service: withFields(webhook.clientConfig.service, { port: webhook.clientConfig.service.port ?? 443 }),
          }),
        }),
      }),
    )
  );
}

export function validateWebhooks(configuration: WebhookConfiguration): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  configuration.webhooks?.forEach((webhook, i) => {
    const field = `webhooks[${i}]`;
    validateWebhook(errors, webhook, field);
    if (seen.has(webhook.name)) errors.push(invalid(`${field}.name`, webhook.name, 'must be unique'));
    seen.add(webhook.name);
  });
  return errors;
}

function validateWebhook(errors: FieldError[], webhook: Webhook, field: string): void {
  const { name = '', sideEffects, timeoutSeconds, clientConfig } = webhook;
  if (name === '') errors.push(required(`${field}.name`));
  else {
    const wrong = isDnsSubdomain(name);
    pushComplaints(errors, `${field}.name`, name, wrong);
    if (wrong.length === 0 && name.split('.').length < 3) {
      errors.push(invalid(`${field}.name`, name, 'should be a domain with at least three segments separated by dots'));
    }
  }
  if (sideEffects === undefined)
    errors.push(required(`${field}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30)) {
    errors.push(
      invalid(`${field}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    );
  }
  validateLabelSelector(errors, webhook.namespaceSelector, `${field}.namespaceSelector`);
  validateLabelSelector(errors, webhook.objectSelector, `${field}.objectSelector`);
  if ((clientConfig?.url === undefined) === (clientConfig?.service === undefined)) {
    errors.push(required(`${field}.clientConfig`, 'exactly one of url or service is required'));
  }
  if ((webhook.admissionReviewVersions?.length ?? 0) === 0) {
    errors.push(required(`${field}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  }
}

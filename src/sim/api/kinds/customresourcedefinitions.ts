import { validateCustomResourceDefinition } from '../definition-validation.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import type { KubeObject } from '../types.ts';

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: {
      readonly plural: string;
      readonly singular?: string;
      readonly kind: string;
      readonly listKind?: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly schema?: { readonly openAPIV3Schema?: Readonly<Record<string, unknown>> };
      readonly [field: string]: unknown;
    }[];
    readonly conversion?: { readonly strategy: string };
    readonly [field: string]: unknown;
  };
}

/** Stored and listed like any other kind; what it defines is served by nobody yet. */
export const customresourcedefinitions = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  subresources: ['status'],
  storagePrefix: '/registry/apiextensions.k8s.io/customresourcedefinitions',
  schema: 'apiextensions.CustomResourceDefinition',
  defaults(definition) {
    const { names, scope } = definition.spec;
    return withFields(definition, {
      spec: withFields(definition.spec, {
        scope: scope ?? 'Namespaced',
        names: withFields(names, {
          singular: names.singular ?? (names.kind ?? '').toLowerCase(),
          listKind: names.listKind ?? `${names.kind ?? ''}List`,
        }),
        conversion: definition.spec.conversion ?? NO_CONVERSION,
      }),
    });
  },
  initialStatus: { conditions: null, acceptedNames: { plural: '', kind: '' } },
  prepareCreate: (definition) => ({
    ...definition,
    status: {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: (definition.spec.versions ?? []).filter(({ storage }) => storage).map(({ name }) => name),
    },
  }),
  raisesGeneration: specChanged,
  validate: validateCustomResourceDefinition,
});

const NO_CONVERSION = { strategy: 'None' };

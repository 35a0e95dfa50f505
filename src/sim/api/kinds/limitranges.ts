import { defineKind } from '../kind.ts';
import { validateLimitRange } from '../limit-validation.ts';
import { mapSame, withFields } from '../map-same.ts';
import { defaultResourceList } from '../pod-defaults.ts';
import type { LimitRange, LimitRangeItem, ResourceList } from '../types.ts';

/** @source pkg/registry/core/limitrange/strategy.go, pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem */
export const limitranges = defineKind<LimitRange>({
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  schema: 'core.LimitRange',
  createOnUpdate: true,
  defaults: (range) =>
    withFields(range, {
      spec: withFields(range.spec, { limits: mapSame(range.spec?.limits ?? [], defaultItem) }),
    }),
  validate: validateLimitRange,
});

const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function defaultItem(given: LimitRangeItem): LimitRangeItem {
  let item = given;
  for (const list of LISTS) {
    const quantities = item[list];
    if (quantities !== undefined) item = withFields(item, { [list]: defaultResourceList(quantities) });
  }
  if (item.type !== 'Container') return item;
  const limits = missingFrom(item.default, item.max);
  const requests = missingFrom(missingFrom(item.defaultRequest, limits), item.min);
  return withFields(item, { default: limits, defaultRequest: requests });
}

/** The list with what another one has and it has not; absent when both are empty. */
function missingFrom(list: ResourceList | undefined, source: ResourceList | undefined): ResourceList | undefined {
  const missing = Object.keys(source ?? {}).filter((resource) => list?.[resource] === undefined);
  return missing.length === 0 ? list : { ...source, ...list };
}

import { type PriorityLevelConfiguration, validatePriorityLevel } from '../flow-control.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns } from '../table.ts';

/** @source pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go, pkg/apis/flowcontrol/v1/defaults.go */
export const prioritylevelconfigurations = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  subresources: ['status'],
  schema: 'flowcontrol.PriorityLevelConfiguration',
  initialStatus: {},
  defaults(level) {
    const { limited, exempt } = level.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return withFields(level, {
      spec:
        level.spec &&
        withFields(level.spec, {
          limited:
            limited &&
            withFields(limited, {
              nominalConcurrencyShares: limited.nominalConcurrencyShares ?? 30,
              lendablePercent: limited.lendablePercent ?? 0,
              limitResponse:
                limited.limitResponse &&
                withFields(limited.limitResponse, {
                  queuing:
                    queuing &&
                    withFields(queuing, {
                      handSize: queuing.handSize || 8,
                      queues: queuing.queues || 64,
                      queueLengthLimit: queuing.queueLengthLimit || 50,
                    }),
                }),
            }),
          exempt:
            exempt &&
            withFields(exempt, {
              nominalConcurrencyShares: exempt.nominalConcurrencyShares ?? 0,
              lendablePercent: exempt.lendablePercent ?? 0,
            }),
        }),
    });
  },
  raisesGeneration: specChanged,
  validate: validatePriorityLevel,
  columns: columns('Name,Type,NominalConcurrencyShares,Queues,HandSize,QueueLengthLimit,Age'),
  row(level, nowMs) {
    const { type = '', limited } = level.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      level.metadata.name,
      type,
      limited?.nominalConcurrencyShares ?? '<none>',
      queuing?.queues ?? '<none>',
      queuing?.handSize ?? '<none>',
      queuing?.queueLengthLimit ?? '<none>',
      age(level, nowMs),
    ];
  },
});

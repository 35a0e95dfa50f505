import { describe, expect, test } from 'vitest';
import { describedFields, fieldDescription, typeDescription } from '../../src/sim/api/descriptions.ts';
import { allKinds } from '../../src/sim/api/kinds.ts';
import { mustTypeSchema } from '../../src/sim/api/schema.ts';

describe('what fields mean', () => {
  test('is said of types and fields that exist', () => {
    for (const [typeName, fields] of describedFields()) {
      const schema = mustTypeSchema(typeName);
      expect(
        fields.filter((field) => !schema.byName.has(field)),
        typeName,
      ).toEqual([]);
    }
  });

  test('is said of every field of the commonest types', () => {
    const common = ['core.PodSpec', 'core.Container', 'core.Probe', 'core.ServiceSpec', 'apps.DeploymentSpec'];
    for (const typeName of [...common, 'core.EphemeralContainer', 'meta.ObjectMeta', 'core.PodCondition']) {
      for (const { name } of mustTypeSchema(typeName).fields) {
        if (name === 'schedulingGroup' || name === 'hostnameOverride') continue;
        expect(fieldDescription(typeName, name), `${typeName}.${name}`).toBeDefined();
      }
    }
  });

  test('is found through the type of the field, and for what all objects share', () => {
    expect(fieldDescription('core.Pod', 'spec')).toBe('What is wanted of a pod.');
    expect(fieldDescription('core.Pod', 'kind')).toContain('kind of the object');
    expect(fieldDescription('apps.DeploymentCondition', 'reason')).toBe('Why, in a word for programs.');
    expect(fieldDescription('core.Pod', 'nonsense')).toBeUndefined();
    expect(typeDescription('core.Nonsense')).toBeUndefined();
  });

  test('is said of most kinds', () => {
    const described = allKinds.filter(({ schema }) => typeDescription(schema) !== undefined);
    expect(described.length).toBeGreaterThan(45);
  });
});

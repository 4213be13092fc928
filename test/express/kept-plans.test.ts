import { setImmediate as turn } from 'node:timers/promises';
import { Kind, parse } from 'graphql';
import { expect, it } from 'vitest';
import { planOperation } from '../../src/express/plan.ts';
import { planSelection } from '../../src/express/selection.ts';
import { createSelectionCache } from '../../src/express/selection-cache.ts';
import { createSchema } from '../../src/schema/schema.ts';
import { collectGarbage } from '../support/garbage.ts';

const schema = createSchema();

it('what is planned keeps nothing of the request that it was planned for', async () => {
  const document = parse('query ($keys: [ID!]!) { users(keys: $keys) { ...all } } fragment all on User { key name }');
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('Expected an operation.');
  const planFor = (variables: Record<string, unknown>) => {
    const selection = planSelection(schema, document, operation, variables);
    return { selection, variables: new WeakRef(variables) };
  };
  const { selection, variables } = planFor({ keys: ['7000000000000000001'] });
  await turn();
  collectGarbage();
  expect(variables.deref()).toBeUndefined();
  expect(selection).toHaveLength(1);
});

it('what is planned of a document that has far more fields than characters stays within bounds', () => {
  const conditions = ['a', 'b', 'c', 'd', 'e', 'f'];
  const names = Array.from({ length: 32 }, (_, index) => index);
  const document = parse(`
    query (${conditions.map((name) => `$${name}: Boolean!`).join(' ')}) {
      ...all ${conditions.map((name) => `... @skip(if: $${name}) { __typename }`).join(' ')}
    }
    fragment all on Query { ${names.map((name) => `r${name}: users(keys: []) { ...person }`).join(' ')} }
    fragment person on User { ${names.map((name) => `a${name}: name`).join(' ')} }`);
  const cache = createSelectionCache();
  const plan = planOperation(schema, document, undefined, { cache, name: '1' });
  for (let met = 0; met < 64; met++) {
    const variables = Object.fromEntries(conditions.map((name, bit) => [name, (met & (1 << bit)) !== 0]));
    // Without any, nobody is told their type.
    expect(plan?.selectionFor(variables)).toHaveLength(met === 63 ? 32 : 33);
  }
  // 64 times 1,056 of them.
  expect(cache.calculatedSize).toBeLessThanOrEqual(40_000);
  expect(cache.calculatedSize).toBeGreaterThan(30_000);
});

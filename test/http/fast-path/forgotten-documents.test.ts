import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { createPreparedOperations } from '../../../src/http/prepared-operation.ts';
import { createSchema } from '../../../src/schema/schema.ts';

const DOCUMENT = '{ usersByEmail(emails: ["zhangsan@example.com"]) { key } }';

async function isCollected(held: WeakRef<object>): Promise<boolean> {
  setFlagsFromString('--expose-gc');
  // What was read of a WeakRef is kept until the turn of the event loop ends.
  await delay(1);
  (runInNewContext('gc') as () => void)();
  return held.deref() === undefined;
}

it('a prepared operation keeps its document, and the identifiers in it, until it is cleared', async () => {
  const operations = createPreparedOperations(createSchema(), 1_000);
  const prepare = () => {
    const document = parse(DOCUMENT);
    expect(operations.bind(document, undefined, {})).toBeDefined();
    const operation = getOperationAST(document);
    // The location of the field leads to all of the text.
    return new WeakRef<object>(operation?.selectionSet.selections[0] ?? document);
  };
  const held = prepare();
  expect(await isCollected(held)).toBe(false);
  operations.clear();
  expect(await isCollected(held)).toBe(true);
});

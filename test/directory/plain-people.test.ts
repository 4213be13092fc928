import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDirectory, type Directory } from '../../src/directory/directory.ts';
import { createQuota } from '../../src/policies/quota.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { RowPerson } from '../../src/upstream/rows/row-person.ts';
import { createUpstream, type Upstream } from '../../src/upstream/upstream.ts';

let sandbox: Sandbox;
let upstream: Upstream;
let directory: Directory;
const keys = (...places: number[]) => places.map((place) => sandbox.people[place]?.user_key ?? '');

beforeAll(async () => {
  sandbox = await startSandbox({ people: 9, pluginId: 'MII_TEST', pluginSecret: 'secret' });
  upstream = createUpstream({ baseUrl: sandbox.url, pluginId: 'MII_TEST', pluginSecret: 'secret' });
  directory = createDirectory({ queryUsers: upstream.queryUsers, quotaOf: () => createQuota({ callsPerSecond: 100 }) });
});

afterAll(async () => {
  directory.dispose();
  await upstream.close();
  await sandbox.close();
});

/** From the second call on, rows are matched and not parsed. */
async function findMatched(...places: number[]) {
  await directory.find({ kind: 'key', identifiers: keys(0) });
  const [person] = await directory.find({ kind: 'key', identifiers: keys(...places) });
  expect(person).toBeInstanceOf(RowPerson);
}

it('people are given away as plain objects', async () => {
  await findMatched(1);
  const [person] = await directory.lookup({ kind: 'key', identifiers: keys(2) });
  const { user_key: key, email, name_cn: nameCn } = sandbox.people[2] ?? {};
  expect(Object.fromEntries(Object.entries(person ?? {}))).toMatchObject({ key, email, nameCn });
});

it('memory keeps no more of an answer than the person', async () => {
  await findMatched(3);
  const [remembered] = await directory.find({ kind: 'key', identifiers: keys(3) });
  expect(remembered).not.toBeInstanceOf(RowPerson);
  expect(remembered).toMatchObject({ key: sandbox.people[3]?.user_key, email: sandbox.people[3]?.email });
});

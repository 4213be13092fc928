import { describe, expect, it } from 'vitest';
import type { Answer } from '../src/gateway.ts';
import type { PeopleQuery, PeopleQueryVariables, UserCardFragment } from '../src/generated/graphql.ts';
import { type Identifier, readIdentifiers } from '../src/identifiers.ts';
import { type AskPeople, lookUp, type Progress } from '../src/look-up.ts';

const person = (key: string): UserCardFragment => ({
  key,
  email: null,
  nameCn: null,
  nameEn: null,
  avatarUrl: null,
  status: 'ACTIVATED',
});
const identifiers = (text: string) => readIdentifiers(text).identifiers;

async function last(asked: readonly Identifier[], askPeople: AskPeople): Promise<Progress | undefined> {
  let progress: Progress | undefined;
  for await (const step of lookUp(asked, askPeople)) progress = step;
  return progress;
}
const answering =
  (answer: Answer<PeopleQuery>): AskPeople =>
  async () =>
    answer;

describe('a look-up', () => {
  it('asks in one request for all kinds, and more requests only for more than 1,000', async () => {
    const asked: PeopleQueryVariables[] = [];
    const steps: number[] = [];
    const text = `a@b.c on_1 ${Array.from({ length: 1_000 }, (_, at) => at + 1).join(' ')}`;
    const everybody: AskPeople = async (variables) => {
      asked.push(variables);
      const all = (list: string | string[]) => [list].flat().map(person);
      return {
        data: { users: all(variables.keys), usersByEmail: all(variables.emails), usersByOutId: all(variables.outIds) },
        extensions: { receipt: { upstreamCalls: 12, cacheHits: 1 } },
      };
    };
    for await (const { answered } of lookUp(identifiers(text), everybody)) steps.push(answered);
    expect(asked.map(({ keys, emails, outIds }) => [keys.length, emails.length, outIds.length])).toEqual([
      [998, 1, 1],
      [2, 0, 0],
    ]);
    expect(steps).toEqual([1_000, 1_002]);
    expect(await last(identifiers(text), everybody)).toMatchObject({ upstreamCalls: 24, cacheHits: 2, missing: [] });
  });

  it('shows somebody once, whichever identifiers led to them', async () => {
    const progress = await last(
      identifiers('1 a@b.c'),
      answering({ data: { users: [person('1')], usersByEmail: [person('1')], usersByOutId: [] } }),
    );
    expect(progress?.people.map(({ key }) => key)).toEqual(['1']);
  });

  it('tells who is missing from who failed, by the path of the error, and joins equal errors', async () => {
    const refused = { message: 'No.', extensions: { code: 'UPSTREAM_REJECTED' } };
    const progress = await last(
      identifiers('1 2 3 a@b.c x@y.z'),
      answering({
        data: { users: [person('1'), null, null], usersByEmail: [null, null], usersByOutId: [] },
        errors: [
          { ...refused, path: ['users', 2] },
          { ...refused, path: ['usersByEmail', 1] },
        ],
      }),
    );
    expect(progress?.missing.map(({ value }) => value)).toEqual(['2', 'a@b.c']);
    expect(progress?.failures).toEqual([
      {
        code: 'UPSTREAM_REJECTED',
        message: 'No.',
        identifiers: [expect.objectContaining({ value: '3' }), expect.objectContaining({ value: 'x@y.z' })],
      },
    ]);
  });

  it('shows a person of whom one field was refused, and the error', async () => {
    const progress = await last(
      identifiers('1'),
      answering({
        data: { users: [person('1')], usersByEmail: [], usersByOutId: [] },
        errors: [{ message: 'Needs email:read.', path: ['users', 0, 'email'], extensions: { code: 'FORBIDDEN' } }],
      }),
    );
    expect(progress?.people).toHaveLength(1);
    expect(progress?.failures).toMatchObject([{ code: 'FORBIDDEN' }]);
  });

  it('has failed for everybody where the request was refused as a whole', async () => {
    const progress = await last(
      identifiers('1 a@b.c'),
      answering({ errors: [{ message: 'Who?', extensions: { code: 'UNAUTHENTICATED' } }] }),
    );
    expect(progress?.failures).toMatchObject([
      { code: 'UNAUTHENTICATED', identifiers: [{ value: '1' }, { value: 'a@b.c' }] },
    ]);
    expect(progress?.missing).toEqual([]);
  });
});

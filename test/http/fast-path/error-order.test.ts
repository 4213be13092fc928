import { expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';

const KEY = '7000000000000000001';
const user = (fields: Record<string, unknown>) => ({ __typename: 'User', ...fields });

it.each([
  [
    'of one _entities, for representations of several kinds',
    {
      query: 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { key } } }',
      variables: {
        of: [
          user({ email: 'nobody' }),
          user({ key: 'a b' }),
          { __typename: 'Team' },
          user({ key: KEY }),
          user({ outId: '' }),
        ],
      },
    },
    ['_entities.0', '_entities.1', '_entities.2', '_entities.4'],
  ],
  [
    'of several fields, for identifiers of several kinds',
    {
      query: `{ c: usersByEmail(emails: ["nobody", ""]) { key } a: user(key: "a b") { key } b: usersByOutId(outIds: [""]) { key } }`,
    },
    ['c.0', 'c.1', 'a', 'b.0'],
  ],
])(
  'errors are listed in the order of their places in the data, %s, on the fast path and in Yoga',
  async (_, asked, places) => {
    for (const fastPath of [true, false]) {
      const { send } = await listening({ fastPath });
      for (let n = 0; n < 2; n++) {
        const { errors } = JSON.parse(String((await send(posted(asked))).body));
        expect(errors.map(({ path }: { path: unknown[] }) => path.join('.'))).toEqual(places);
      }
    }
  },
);

import { describe, expect, it } from 'vitest';
import { UsersByEmailDocument } from './generated/graphql.ts';
import { forgetAt } from './support/forget.ts';
import { codesByPath, gatewayWithSandbox } from './support/gateway-with-sandbox.ts';
import { gatewaysWithRedis, keptIn, peopleKeys } from './support/gateways-with-redis.ts';
import { answerQueries, peopleReply } from './support/wire-replies.ts';

const COMPOSED = 'ren\u00e9@m\u00fcnchen.example';
const DECOMPOSED = 'rene\u0301@mu\u0308nchen.example';
const PUNYCODE = 'ren\u00e9@xn--mnchen-3ya.example';
const CAPITALS = 'REN\u00c9@M\u00dcNCHEN.EXAMPLE';
const FORMS = [COMPOSED, DECOMPOSED, PUNYCODE, CAPITALS];

/** A user API with one user, whose address is in this form; and with another, whom no call asks for. */
const rowsIn = (email: string) => () =>
  peopleReply([
    { user_key: '1', email },
    { user_key: '2', email: 'rene@munchen.example' },
  ]);

describe('an e-mail address has one user, whatever its letter case, Unicode form and form of domain', () => {
  it.each(FORMS.flatMap((asked) => FORMS.map((returned) => [asked, returned])))(
    'asked for as %j, returned as %j',
    async (asked, returned) => {
      const harness = await gatewayWithSandbox();
      answerQueries(harness, rowsIn(returned));
      expect(await harness.query(UsersByEmailDocument, { emails: [asked] })).toEqual({
        data: { usersByEmail: [{ key: '1', email: returned }] },
      });
      expect(harness.events).toContainEqual({ type: 'rows-dropped', malformed: 0, unrequested: 1 });
    },
  );

  it('asked for in four forms in one list is one identifier, sent as it is written first, in form NFC', async () => {
    const harness = await gatewayWithSandbox();
    answerQueries(harness, rowsIn(PUNYCODE));
    const { data } = await harness.query(UsersByEmailDocument, { emails: [DECOMPOSED, PUNYCODE, CAPITALS, COMPOSED] });
    expect(data?.usersByEmail).toEqual(FORMS.map(() => ({ key: '1', email: PUNYCODE })));
    expect(harness.upstreamCalls()).toEqual([{ emails: [COMPOSED] }]);
  });

  it('is coalesced with a lookup in flight, and a cache hit later', async () => {
    const harness = await gatewayWithSandbox();
    answerQueries(harness, rowsIn(COMPOSED));
    const ask = (email: string) => harness.query(UsersByEmailDocument, { emails: [email] });
    const answers = [...(await Promise.all([ask(PUNYCODE), ask(DECOMPOSED)])), await ask(CAPITALS)];
    expect(answers.map(({ data }) => data?.usersByEmail[0]?.key)).toEqual(['1', '1', '1']);
    expect(harness.upstreamCalls()).toEqual([{ emails: [PUNYCODE] }]);
  });

  it('in a list of 250, returned in reverse order and in other forms', async () => {
    const harness = await gatewayWithSandbox();
    const asked = Array.from({ length: 250 }, (_, n) => `${n}-${FORMS[n % 4]}`);
    const returned = new Map(asked.map((email, n) => [email.normalize('NFC'), `${n}-${FORMS[(n + 1) % 4]}`]));
    answerQueries(harness, ({ emails = [] }) =>
      peopleReply(
        emails
          .toReversed()
          .map((email) => ({ user_key: `k${Number.parseInt(email, 10)}`, email: returned.get(email) })),
      ),
    );
    const { data } = await harness.query(UsersByEmailDocument, { emails: asked });
    expect(data?.usersByEmail.map((user) => user?.key)).toEqual(asked.map((_, n) => `k${n}`));
    expect(harness.upstreamCalls()).toHaveLength(3);
  });

  it.each(FORMS)('is forgotten by its form %j', async (form) => {
    const harness = await gatewayWithSandbox();
    answerQueries(harness, rowsIn(COMPOSED));
    await harness.query(UsersByEmailDocument, { emails: [PUNYCODE] });
    expect((await forgetAt(harness.gateway, { email: form })).answer).toMatchObject({ forgotten: true, entries: 1 });
    await harness.query(UsersByEmailDocument, { emails: [PUNYCODE] });
    expect(harness.upstreamCalls()).toHaveLength(2);
  });

  it('is one entry in Redis: a hit for another replica, and forgotten there, in another form', async () => {
    const harness = await gatewaysWithRedis();
    const [first, second] = harness.gateways;
    harness.sandbox.setFault((call, answer) => (call.interface === 'user_query' ? rowsIn(COMPOSED)() : answer()));
    const ask = async (gateway: typeof first, email: string) =>
      (await gateway.directory.lookup({ kind: 'email', identifiers: [email] }))[0];
    expect(await ask(first, PUNYCODE)).toMatchObject({ key: '1' });
    await keptIn(harness.redis, 2);
    expect(await ask(second, DECOMPOSED)).toMatchObject({ key: '1' });
    expect(harness.upstreamCalls()).toHaveLength(1);
    await second.forget({ kind: 'email', identifier: CAPITALS });
    expect(await peopleKeys(harness.redis)).toEqual([]);
    await ask(first, PUNYCODE);
    expect(harness.upstreamCalls()).toHaveLength(2);
  });
});

it('an address of which only a compatible character is like another is another address, and never gets its user', async () => {
  const harness = await gatewayWithSandbox();
  answerQueries(harness, () => peopleReply([{ user_key: '1', email: 'kate@example.com' }]));
  const emails = ['\u212Aate@example.com', 'kate@\uFF45xample.com', '\uFF4Bate@example.com'];
  const { data } = await harness.query(UsersByEmailDocument, { emails });
  expect(data?.usersByEmail).toEqual([null, null, null]);
  expect(harness.upstreamCalls()).toEqual([{ emails }]);
});

it('an address of 150,000 combining marks is rejected, and takes no time that grows with their square', async () => {
  const { query, upstreamCalls } = await gatewayWithSandbox();
  const answer = await query(UsersByEmailDocument, { emails: [`\u00e9${'\u0301\u0316'.repeat(75_000)}@example.com`] });
  expect(codesByPath(answer)).toEqual(['usersByEmail.0: BAD_USER_INPUT']);
  expect(upstreamCalls()).toEqual([]);
});

import { expect, it } from 'vitest';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { recordedSpans } from '../support/recorded-spans.ts';
import { answerQueries } from '../support/wire-replies.ts';
import { API_KEY, CANARY, CREDENTIAL, PEOPLE, REQUESTS, WORDS } from './canaries.ts';

/** Whatever a span holds that is not a figure or an id of its own. */
const told = ({
  name,
  attributes,
  links,
  events,
  status,
}: ReturnType<ReturnType<typeof recordedSpans>['all']>[number]) =>
  JSON.stringify({ name, attributes, events, status, links: links.map((link) => [link.attributes, link.context]) });

async function singing() {
  const spans = recordedSpans();
  const harness = await gatewayWithSandbox({
    gateway: {
      metrics: true,
      callsPerSecond: 1_000,
      requestTimeoutMs: 900,
      retry: { baseMs: 1 },
      auth: { kind: 'api-key', keys: [API_KEY] },
    },
    sandbox: { people: PEOPLE, ...CREDENTIAL },
  });
  await harness.gateway.whenReady;
  const send = async (name: string) => {
    const { path = '/graphql', init } = REQUESTS[name] ?? { init: {} };
    await harness.gateway.fetch(new Request(`http://${CANARY}.test${path}`, init));
  };
  return {
    ...harness,
    spans,
    send,
    async leaks() {
      const all = [...spans.all().map(told), (await harness.gateway.metrics?.text()) ?? ''].join('\n');
      const tokens = harness.sandbox.calls().flatMap(({ token }) => token ?? []);
      const leaked = all.match(new RegExp(`.{0,80}(${CANARY}|127\\.0\\.0\\.1|localhost|example\\.com)`, 'gi')) ?? [];
      return [...leaked, ...tokens.filter((token) => all.includes(token))];
    },
  };
}

it('neither a span nor a metric holds personal data, whatever clients send', async () => {
  const { send, leaks, spans, gateway } = await singing();
  for (const name of Object.keys(REQUESTS)) await send(name);
  expect(await leaks()).toEqual([]);
  const requests = Object.values(REQUESTS).filter(({ path = '/graphql' }) => path.startsWith('/graphql')).length;
  expect(spans.all().filter(({ name }) => name.endsWith(' /graphql'))).toHaveLength(requests);
  expect(await gateway.metrics?.text()).toContain('outcome="BAD_USER_INPUT"');
});

it.each([10301, 10429, 20006, 777, CANARY])(
  'nor while the user API tells of people itself, with err_code %j',
  async (code) => {
    const harness = await singing();
    answerQueries(harness, () => ({
      status: 400,
      headers: { 'x-tt-logid': `${CANARY} of ${CANARY}@example.com` },
      body: { data: [PEOPLE[1]], err_msg: WORDS, err_code: code, err: { code, msg: WORDS, log_id: WORDS } },
    }));
    await harness.send('all kinds of look-up');
    expect(await harness.leaks()).toEqual([]);
    expect(harness.spans.named('POST /open_api/user/query').length).toBeGreaterThan(0);
  },
);

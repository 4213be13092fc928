import { expect, it } from 'vitest';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { changes, scrape } from '../support/scrape.ts';

/** Series of requests that counted one up, without the scrape's own. */
async function seriesOf(path: string, init: RequestInit = {}) {
  const { gateway } = await gatewayWithSandbox({ gateway: { metrics: true } });
  const before = await scrape(gateway);
  const { status } = await gateway.fetch(new Request(`http://gateway.test${path}`, init));
  const counted = Object.entries(changes(before, await scrape(gateway)));
  return {
    status,
    series: counted.filter(([name]) => name.startsWith('requests_total{') && !name.includes('endpoint="metrics"')),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

it('lark_gateway_requests_total counts a response without an error code by the class of its status: HTTP_5xx', async () => {
  expect(await seriesOf('/readiness')).toEqual({
    status: 503,
    series: [['requests_total{endpoint="readiness",outcome="HTTP_5xx"}', 1]],
  });
});

it.each<[string, RequestInit, number, string]>([
  ['/nothing', {}, 404, 'endpoint="other",outcome="NOT_FOUND"'],
  ['/graphql?query={__typename}', {}, 403, 'endpoint="graphql",outcome="FORBIDDEN"'],
  ['/graphql', { method: 'PUT' }, 405, 'endpoint="graphql",outcome="BAD_USER_INPUT"'],
  ['/graphql', { method: 'POST', body: '{}', headers: JSON_TYPE }, 400, 'endpoint="graphql",outcome="BAD_USER_INPUT"'],
  [
    '/graphql',
    { method: 'POST', body: '{}', headers: { ...JSON_TYPE, accept: 'image/png' } },
    406,
    'endpoint="graphql",outcome="BAD_USER_INPUT"',
  ],
])(
  'lark_gateway_requests_total counts a refused request by its error code: %s %o',
  async (path, init, status, labels) => {
    expect(await seriesOf(path, init)).toEqual({ status, series: [[`requests_total{${labels}}`, 1]] });
  },
);

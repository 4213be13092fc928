import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { listening, posted } from '../../support/listening.ts';

describe('GraphQL over HTTP, by the 61 audits of graphql-http, each request sent several times', () => {
  it.each([
    ['all are passed with introspection on and GET allowed', { introspection: true, csrfPrevention: false }, 0],
    ['by default all are but those that want a GET without a header', {}, 3],
  ])('%s', async (_, options, notPassed) => {
    const { url, send } = await listening(options);
    let known = 0;
    const audits = serverAudits({
      url: `${url}/graphql`,
      fetchFn: async (address: string, init: RequestInit = {}) => {
        const query = queryOf(address, init);
        const warmUps = query === undefined ? [] : [posted({ query }), posted({ query })];
        for (const warmUp of warmUps) if ((await send(warmUp)).status === 200) known++;
        const answers = [await fetch(address, init), await fetch(address, init), await fetch(address, init)];
        const [first, ...others] = await Promise.all(answers.map(shown));
        for (const other of others) expect(other).toEqual(first);
        return fetch(address, init);
      },
    });
    const results = [];
    for (const audit of audits) results.push(await audit.fn());
    expect(results).toHaveLength(61);
    expect(results.filter(({ status }) => status !== 'ok')).toHaveLength(notPassed);
    expect(known).toBeGreaterThan(50);
  });
});

/** The document of a request, where there is one. */
function queryOf(address: string, { body }: RequestInit): string | undefined {
  const inAddress = new URL(address).searchParams.get('query');
  if (inAddress !== null) return inAddress;
  try {
    const { query } = JSON.parse(body as string);
    return typeof query === 'string' ? query : undefined;
  } catch {
    return undefined;
  }
}

const shown = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('content-type'),
  body: await response.text(),
});

import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { productionDefaults } from '../support/production.ts';

/** @returns the names of the audits that a gateway does not pass. */
async function notPassed(options: Partial<GatewayOptions>): Promise<string[]> {
  const { gateway } = await gatewayWithSandbox({ gateway: options });
  const fetchFn = (url: string, init?: RequestInit) => gateway.fetch(new Request(url, init));
  const audits = serverAudits({ url: 'http://gateway.test/graphql', fetchFn });
  const results = await Promise.all(audits.map((audit) => audit.fn()));
  expect(results).toHaveLength(61);
  return results.filter(({ status }) => status !== 'ok').map(({ name }) => name);
}

/** A GET that sends no header of its own: a page of any site could send it. */
const REFUSED_BY_DEFAULT = [
  'MAY accept application/x-www-form-urlencoded formatted GET requests',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
];

/** Two audits about variables happen to ask for the name of a type. */
const ASKING_ABOUT_THE_SCHEMA = [
  'SHOULD allow map {variables} parameter when accepting application/graphql-response+json',
  'MUST allow map {variables} parameter when accepting application/json',
];

describe('GraphQL over HTTP, by the 61 audits of graphql-http', () => {
  it('passes all with introspection on and GET allowed', async () => {
    expect(await notPassed({ introspection: true, csrfPrevention: false })).toEqual([]);
  });

  it('by default refuses a GET without a header, which the specification only says a server may answer', async () => {
    expect(await notPassed({})).toEqual(REFUSED_BY_DEFAULT);
  });

  it('in production refuses questions about the schema, too', async () => {
    const refused = [...REFUSED_BY_DEFAULT, ...ASKING_ABOUT_THE_SCHEMA];
    expect((await notPassed(productionDefaults())).toSorted()).toEqual(refused.toSorted());
  });
});

import { request, STATUS_CODES } from 'node:http';
import { expect, it } from 'vitest';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { listening } from '../support/listening.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ofK = { ...JSON_TYPE, ...bearer('k') };
const query = '{"query":"{ __typename }"}';

interface Row {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

it.each<[number, Row]>([
  [200, { method: 'GET', path: '/health' }],
  [200, { method: 'POST', path: '/graphql', headers: ofK, body: query }],
  [200, { method: 'POST', path: '/forget', headers: ofK, body: '{"key":"1"}' }],
  [400, { method: 'POST', path: '/graphql', headers: ofK, body: '{' }],
  [401, { method: 'POST', path: '/graphql', headers: JSON_TYPE, body: query }],
  [403, { method: 'POST', path: '/graphql', headers: { ...ofK, 'x-lookup-cache': 'refresh' }, body: query }],
  [404, { method: 'GET', path: '/nowhere' }],
  [405, { method: 'PUT', path: '/graphql', headers: ofK, body: query }],
  [405, { method: 'PUT', path: '/forget', headers: ofK, body: '{"key":"1"}' }],
  [406, { method: 'POST', path: '/graphql', headers: { ...ofK, accept: 'image/png' }, body: query }],
  [413, { method: 'POST', path: '/graphql', headers: ofK, body: ' '.repeat(2_000) }],
  [415, { method: 'POST', path: '/graphql', headers: bearer('k'), body: query }],
])('the status line of a %i has its phrase', async (status, { method, path, headers = {}, body }) => {
  const keys = [apiKeyOf('k', { scopes: ['cache:forget'] })];
  const { url } = await listening({ auth: { kind: 'api-key', keys }, maxBodyBytes: 1_000 });
  const told = await new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve([response.statusCode, response.statusMessage]);
    });
    asked.on('error', reject).end(body);
  });
  expect(told).toEqual([status, STATUS_CODES[status]]);
});

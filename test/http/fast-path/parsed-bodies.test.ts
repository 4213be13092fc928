import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { listening } from '../../support/listening.ts';
import { usedFastPath } from './response.ts';

const QUERY = 'query ($key: ID!) { user(key: $key) { key } }';
const key = '7000000000000000001';

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

async function ask(url: string) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query: QUERY, variables: { key } }),
  });
  return response.json();
}

const answer = { data: { user: { key } } };

it('a body that a framework has parsed before is taken as parsed', async () => {
  const { gateway, events } = await listening({});
  const url = await served((request: IncomingMessage & { body?: unknown }, response) => {
    const parse = async () => {
      request.body = await json(request);
      gateway.requestListener(request, response);
    };
    void parse();
  });
  for (let n = 0; n < 3; n++) expect(await ask(url)).toEqual(answer);
  expect(usedFastPath(events)).toBe(false);
});

it('a gateway that a framework mounts below a path gives the same response, cached document or not', async () => {
  const { gateway, events } = await listening({});
  const url = await served((request: IncomingMessage & { originalUrl?: string }, response) => {
    request.originalUrl = request.headers.host?.startsWith('localhost') ? '/below/graphql' : '/graphql';
    gateway.requestListener(request, response);
  });
  for (let n = 0; n < 2; n++) expect(await ask(url)).toEqual(answer);
  expect(usedFastPath(events)).toBe(true);
  const below = await ask(url.replace('127.0.0.1', 'localhost'));
  expect(below).toEqual(answer);
});

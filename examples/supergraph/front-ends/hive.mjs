/** Hive Gateway as a library, on a supergraph that the open composition of The Guild makes when it starts. */
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { composeServices, compositionHasErrors } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { forwardedHeaders } from './forwarded-headers.mjs';
import { listen } from './listening.mjs';
import { ownHeaders, subgraphs } from './subgraphs.mjs';

const services = await Promise.all(
  subgraphs().map(async ({ name, url }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...ownHeaders(name) },
      body: JSON.stringify({ query: '{ service: _service { sdl } }' }),
    });
    const { data } = await response.json();
    return { name, url, typeDefs: parse(data.service.sdl) };
  }),
);
const composed = composeServices(services);
if (compositionHasErrors(composed)) throw new AggregateError(composed.errors, 'The subgraphs do not compose.');

const runtime = createGatewayRuntime({
  supergraph: composed.supergraphSdl,
  propagateHeaders: {
    fromClientToSubgraphs: ({ subgraphName, request }) =>
      forwardedHeaders(subgraphName, (name) => request.headers.get(name)),
  },
  logging: 'error',
});
const server = createServer((request, response) => void runtime(request, response));
await listen(server, async () => runtime[Symbol.asyncDispose]());

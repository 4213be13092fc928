/** Schema stitching, served by GraphQL Yoga. */
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { forwardedHeaders } from './forwarded-headers.mjs';
import { listen } from './listening.mjs';
import { stitchedSchema } from './stitched-schema.mjs';
import { ownHeaders, subgraphs } from './subgraphs.mjs';

const schema = await stitchedSchema(
  subgraphs().map(({ name, url }) => ({
    url,
    // Without a request from outside, the front end asks for itself, for the SDL.
    headers: (request) =>
      request?.context
        ? forwardedHeaders(name, (header) => request.context.request.headers.get(header))
        : ownHeaders(name),
  })),
);
const yoga = createYoga({ schema, landingPage: false, logging: 'error' });
await listen(createServer((request, response) => void yoga(request, response)));

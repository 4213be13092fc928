/** Apollo Gateway: composes when it starts, with Apollo's own composition. */
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { forwardedHeaders } from './forwarded-headers.mjs';
import { announce, PORT } from './listening.mjs';
import { ownHeaders, subgraphs } from './subgraphs.mjs';

class Subgraph extends RemoteGraphQLDataSource {
  /** @param {{ name: string, url?: string }} definition */
  constructor({ name, url = '' }) {
    super({ url });
    this.name = name;
  }

  /** @override @param {import('@apollo/gateway').GraphQLDataSourceProcessOptions} options */
  willSendRequest({ request, context }) {
    const headers = forwardedHeaders(this.name, (name) => context.headers?.[name]);
    for (const [name, value] of Object.entries(headers)) request.http?.headers.set(name, value);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: new IntrospectAndCompose({
    subgraphs: subgraphs(),
    introspectionHeaders: ({ name }) => ownHeaders(name),
  }),
  buildService: (definition) => new Subgraph(definition),
});
const server = new ApolloServer({ gateway, introspection: true });
const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: PORT },
  context: async ({ req }) => ({ headers: req.headers }),
});
announce(url, () => server.stop());

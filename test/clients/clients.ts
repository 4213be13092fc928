import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import * as apollo3 from 'apollo-client-3/core/index.js';
import { createPersistedQueryLink } from 'apollo-client-3/link/persisted-queries/index.js';
import { ClientError, GraphQLClient } from 'graphql-request';
import type { RunningGateway } from './gateway.ts';

/** An error as the application gets it from its client. */
export interface ClientSideError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What the application gets. */
export interface Outcome {
  readonly data?: unknown;
  readonly errors?: readonly ClientSideError[] | undefined;
}

export type Ask = (document: string, variables?: Record<string, unknown>) => Promise<Outcome>;

/** A client of an application, with no more configuration than it needs. */
export type MakeClient = (gateway: RunningGateway, options?: { headers?: Record<string, string> }) => Ask;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const apolloClient4 =
  (linkOptions?: { useGETForHashedQueries: boolean }): MakeClient =>
  ({ url, fetch }, { headers = {} } = {}) => {
    const http = new HttpLink({ uri: url, fetch, headers });
    const link = linkOptions ? new PersistedQueryLink({ sha256, ...linkOptions }).concat(http) : http;
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    return async (document, variables = {}) => {
      try {
        const { data } = await client.query({ query: gql(document), variables });
        return { data };
      } catch (error) {
        if (CombinedGraphQLErrors.is(error)) return { errors: error.errors };
        throw error;
      }
    };
  };

const apolloClient3 =
  (linkOptions?: { useGETForHashedQueries: boolean }): MakeClient =>
  ({ url, fetch }, { headers = {} } = {}) => {
    const http = new apollo3.HttpLink({ uri: url, fetch, headers });
    const link = linkOptions ? createPersistedQueryLink({ sha256, ...linkOptions }).concat(http) : http;
    const client = new apollo3.ApolloClient({ link, cache: new apollo3.InMemoryCache() });
    return async (document, variables = {}) => {
      try {
        const { data } = await client.query({ query: apollo3.gql(document), variables });
        return { data };
      } catch (error) {
        if (!(error instanceof apollo3.ApolloError)) throw error;
        const { graphQLErrors, networkError } = error;
        // With a status that is no 2xx, version 3 keeps the body here.
        const { result } = (networkError ?? {}) as { result?: { errors?: readonly ClientSideError[] } };
        return { errors: graphQLErrors.length > 0 ? graphQLErrors : (result?.errors ?? []) };
      }
    };
  };

interface UrqlOptions {
  /** @default urql's own: a GET, where the address is short enough. */
  readonly preferGetMethod?: false;
  readonly persisted?: Parameters<typeof persistedExchange>[0];
}

export const urql =
  ({ persisted, ...options }: UrqlOptions = {}): MakeClient =>
  ({ url, fetch }, { headers = {} } = {}) => {
    const exchanges = [...(persisted ? [persistedExchange(persisted)] : []), fetchExchange];
    const client = new UrqlClient({ url, fetch, exchanges, fetchOptions: { headers }, ...options });
    return async (document, variables = {}) => {
      const { data, error } = await client.query(document, variables).toPromise();
      if (error?.networkError) throw error;
      return { data, errors: error?.graphQLErrors };
    };
  };

const graphqlRequest: MakeClient = ({ url, fetch }, { headers = {} } = {}) => {
  const client = new GraphQLClient(url, { fetch, headers });
  return async (document, variables = {}) => {
    try {
      return { data: await client.request(document, variables) };
    } catch (error) {
      if (error instanceof ClientError) return { errors: error.response.errors as unknown as ClientSideError[] };
      throw error;
    }
  };
};

/** Clients that work without a setting for this gateway, but for urql, which has to send a POST. */
export const CLIENTS: readonly { readonly name: string; readonly make: MakeClient }[] = [
  { name: 'Apollo Client 4', make: apolloClient4() },
  { name: 'Apollo Client 3', make: apolloClient3() },
  { name: 'urql with preferGetMethod: false', make: urql({ preferGetMethod: false }) },
  { name: 'graphql-request', make: graphqlRequest },
];

/** The same with persisted queries. */
export const PERSISTED_QUERY_CLIENTS: readonly {
  readonly name: string;
  readonly make: MakeClient;
  /** Of the request with the hash alone. */
  readonly method: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
}[] = [
  {
    name: "Apollo Client 4's PersistedQueryLink",
    make: apolloClient4({ useGETForHashedQueries: false }),
    method: 'POST',
  },
  {
    name: "Apollo Client 4's PersistedQueryLink with useGETForHashedQueries",
    make: apolloClient4({ useGETForHashedQueries: true }),
    method: 'GET',
  },
  {
    name: "Apollo Client 3's createPersistedQueryLink",
    make: apolloClient3({ useGETForHashedQueries: false }),
    method: 'POST',
  },
  {
    name: "Apollo Client 3's createPersistedQueryLink with useGETForHashedQueries",
    make: apolloClient3({ useGETForHashedQueries: true }),
    method: 'GET',
  },
  {
    name: "urql's persistedExchange with POST",
    make: urql({ preferGetMethod: false, persisted: { preferGetForPersistedQueries: false } }),
    method: 'POST',
  },
  {
    name: "urql's persistedExchange with GET, and the header that a GET needs",
    make: urql({ persisted: {} }),
    method: 'GET',
    headers: { 'x-graphql-yoga-csrf': 'true' },
  },
];

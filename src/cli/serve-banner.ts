import type { Config } from '../config/config.ts';
import { graphqlString } from '../http/browsers/literals.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { exampleToken } from './example-token.ts';
import { shellQuoted } from './shell-quoted.ts';

export interface ServeBanner {
  readonly version: string;
  /** Where the gateway listens. */
  readonly url: string;
  /** Where `/metrics` is: there, or on a port of its own. */
  readonly metricsUrl: string;
  readonly config: Config;
  readonly embedded: Sandbox | undefined;
  readonly exampleKey: string;
}

/** What people see after `npm start`: where to go, whose people these are, and one line to try. */
export function serveBanner({ version, url, metricsUrl, config, embedded, exampleKey }: ServeBanner): string {
  const lines = [
    `lark-user-gateway ${version}`,
    '',
    `  GraphQL   ${url}/graphql${config.exposure.showsGraphiql ? '   (in a browser: GraphiQL)' : ''}`,
    `  Health    ${url}/health   ${url}/readiness`,
    `  Metrics   ${metricsUrl}/metrics`,
    embedded
      ? `  Sandbox   ${embedded.url}   (the user API with ${sandboxPeople(config, embedded)})`
      : `  User API  ${hostOf(config)}`,
  ];
  if (config.workers > 1) lines.push(`  Workers   ${config.workers}   (one quota and one token for all of them)`);
  if (embedded && config.upstream.kind === 'sandbox') {
    const { isExplicit, identity } = config.upstream;
    if (!isExplicit) lines.push('', ...HOW_TO_SERVE_REAL_PEOPLE[identity]);
    const userToken = identity === 'caller' ? exampleToken(embedded) : undefined;
    lines.push('', 'Try it:', `  ${curlLine(url, exampleKey, config, userToken)}`);
  }
  return `${lines.join('\n')}\n`;
}

const HOW_TO_SERVE_REAL_PEOPLE = {
  plugin: [
    'No credentials are configured, so these are made-up people. To serve real ones, set LARK_BASE_URL,',
    'LARK_PLUGIN_ID and LARK_PLUGIN_SECRET (see the README).',
  ],
  caller: ['No user API is configured, so these are made-up people. To serve real ones, set LARK_BASE_URL.'],
} as const;

function sandboxPeople(config: Config, { people }: Sandbox): string {
  const isLoaded = config.upstream.kind === 'sandbox' && typeof config.upstream.people === 'string';
  return `${people.length.toLocaleString('en')} ${isLoaded ? `people from ${config.upstream.people}` : 'made-up people'}`;
}

function curlLine(url: string, key: string, { callers }: Config, userToken: string | undefined): string {
  const body = JSON.stringify({ query: `{ user(key: ${graphqlString(key)}) { name nameEn email status } }` });
  const credential = callers.auth?.kind === 'none' ? '' : ` -H 'authorization: Bearer <credential>'`;
  const acting = userToken === undefined ? '' : ` -H 'x-lark-user-token: ${userToken}'`;
  return `curl -s ${url}/graphql -H 'content-type: application/json'${credential}${acting} -d ${shellQuoted(body)}`;
}

function hostOf({ upstream }: Config): string {
  return upstream.kind === 'real' ? new URL(upstream.credential.baseUrl).origin : '';
}

import type { SandboxPerson } from '../../src/sandbox/sandbox.ts';
import { apiKeyOf } from '../support/callers.ts';

/** Stands in everything that belongs to a person, a client or the user API, and so in nothing that the gateway writes down. */
export const CANARY = 'kanarie';

const KEY = `lug_${CANARY.padEnd(43, '-')}`;
export const API_KEY = apiKeyOf(KEY, { name: 'frontend', scopes: ['email:read', 'cache:refresh', 'cache:forget'] });
export const CREDENTIAL = { pluginId: `MII_${CANARY}`, pluginSecret: `${CANARY}-secret` };

export const PEOPLE: SandboxPerson[] = [1, 2].map((n) => ({
  user_key: `70000000000000000${n}${CANARY}`,
  out_id: `on_${CANARY}${n}`,
  email: `${CANARY}${n}@${CANARY}.example.com`,
  name_en: `Ms ${CANARY} ${n}`,
  name_cn: `${CANARY}${n}`,
  username: `${CANARY}-user-${n}`,
  avatar_url: `https://${CANARY}.example.com/${n}.png`,
  status: 'activated',
}));
const { user_key: key, out_id: outId, email } = PEOPLE[0] as SandboxPerson;

/** As the user API, or a fault, might tell of somebody; with a line that looks like one of a stack. */
export const WORDS = `${CANARY} of ${email}\n    at lookup (/app/${CANARY}.ts:1:2)`;

const HEADERS = {
  authorization: `Bearer ${KEY}`,
  cookie: `session=${CANARY}`,
  'user-agent': CANARY,
  traceparent: `00-${CANARY}-${CANARY}-01`,
  tracestate: `${CANARY}=1`,
  baggage: `person=${CANARY}`,
  referer: `https://${CANARY}.example.com/`,
  'x-forwarded-for': CANARY,
  'x-request-id': CANARY,
  'x-lookup-cache': CANARY,
  'x-lookup-receipt': CANARY,
};

const ALL_KINDS = `query ${CANARY}($${CANARY}: [ID!]!) {
  ${CANARY}: user(key: "${key}") { key name nameEn email avatarUrl }
  users(keys: $${CANARY}) { key name }
  usersByEmail(emails: ["${email}", "nobody-${CANARY}@example.com"]) { email }
  byTenant: usersByEmail(emails: ["${email}"], tenantKey: "${CANARY}") { email }
  usersByOutId(outIds: ["${outId}", "on_nobody_${CANARY}"]) { outId }
}`;

/** A request to `/graphql`, with as many canaries as it can carry. */
interface Sung {
  readonly path?: string;
  readonly init: RequestInit & { headers: Record<string, string> };
}

const posted = (body: unknown, headers: Record<string, string> = {}): Sung => ({
  path: `/graphql?${CANARY}=${CANARY}`,
  init: {
    method: 'POST',
    headers: { ...HEADERS, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  },
});
const toForget = (body: string, headers?: Record<string, string>): Sung => ({
  ...posted(body, headers),
  path: `/forget?${CANARY}=${CANARY}`,
});
const got = (path: string): Sung => ({ path, init: { headers: HEADERS } });

/** What clients send, by what is the matter with it. */
export const REQUESTS: Readonly<Record<string, Sung>> = {
  'all kinds of look-up': posted({ query: ALL_KINDS, variables: { [CANARY]: [key, `nobody-${CANARY}`] } }),
  'people who are in memory': posted({ query: ALL_KINDS, variables: { [CANARY]: [key] } }),
  'fresh people': posted({ query: `{ user(key: "${key}") { name } }` }, { 'x-lookup-cache': 'refresh' }),
  'a GET': got(`/graphql?query=${encodeURIComponent(`{ user(key: "${key}") { email } }`)}`),
  'malformed identifiers': posted({
    query: `{ user(key: " ${CANARY.repeat(100)}") { key } usersByEmail(emails: ["${CANARY}", ""]) { key } }`,
  }),
  'a document that does not parse': posted({ query: `{ ${CANARY}(` }),
  'a document that does not fit': posted({ query: `{ ${CANARY}(${CANARY}: "${email}") }` }),
  'variables that do not fit': posted({ query: ALL_KINDS, variables: { [CANARY]: { [CANARY]: email } } }),
  'an operation that is not there': posted({ query: ALL_KINDS, operationName: `${CANARY}2` }),
  'too many identifiers': posted({
    query: `{ users(keys: ${JSON.stringify(Array.from({ length: 1_001 }, (_, n) => `${CANARY}${n}`))}) { key } }`,
  }),
  'several operations': posted([{ query: ALL_KINDS }, { query: ALL_KINDS }]),
  'a body that is not JSON': posted(`{"query": "${CANARY}`),
  'a body of another type': posted(CANARY, { 'content-type': `text/${CANARY}` }),
  'no credential': posted({ query: ALL_KINDS }, { authorization: '' }),
  'another credential': posted({ query: ALL_KINDS }, { authorization: `Bearer another-${CANARY}` }),
  'somebody to forget': toForget(JSON.stringify({ email })),
  'nobody to forget': toForget(JSON.stringify({ key: ` ${CANARY} ${CANARY}` })),
  'forgetting without sense': toForget(`{"${CANARY}": "${email}`),
  'forgetting in a form': toForget(`key=${CANARY}`, { 'content-type': `text/${CANARY}` }),
  'forgetting without a credential': toForget(JSON.stringify({ email }), { authorization: '' }),
  'another path': got(`/${CANARY}/${encodeURIComponent(email ?? '')}?${CANARY}`),
  'another method': { path: '/graphql', init: { method: 'DELETE', headers: HEADERS } },
  'the health check': got(`/health?${CANARY}`),
  readiness: got(`/readiness?${CANARY}`),
};

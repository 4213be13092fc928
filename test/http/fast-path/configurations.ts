import type { GatewayOptions } from '../../../src/gateway-options.ts';
import type { ApiKey } from '../../../src/http/callers/api-keys.ts';
import { makePeople } from '../../../src/sandbox/people.ts';
import type { FaultSpec, SandboxPerson } from '../../../src/sandbox/sandbox.ts';
import { apiKeyOf, bearer, keyNamed } from '../../support/callers.ts';
import { productionDefaults } from '../../support/production.ts';
import type { RequestOptions } from './requests.ts';

/** How both gateways of a pair are set up, and what is sent to them. */
export interface Configuration {
  readonly name: string;
  /** How many documents are tried, each with several requests. */
  readonly documents: number;
  readonly gateway: Partial<GatewayOptions>;
  /** What may be wrong with the user API, one of these for each document. @default nothing */
  readonly faults: readonly (readonly FaultSpec[])[];
  readonly requests: Omit<RequestOptions, 'documentIds'>;
  /** The only documents that are run are made before. @default false */
  readonly hasTrustedDocuments?: boolean;
}

/** With every kind of text that JSON writes in a way of its own. */
export const PEOPLE: readonly SandboxPerson[] = [
  ...makePeople(40, { avatarUrl: (key) => `https://avatars.example.com/${key}.png` }),
  {
    user_key: '7100000000000000001',
    username: 'quote"d@example.com',
    email: 'quote"d@example.com',
    name_cn: '引"号\\\u0001\n\u2028😀',
    name_en: '</script>&amp;',
    out_id: 'on_quoted',
    status: 'on_sabbatical',
  },
  {
    user_key: '7100000000000000002',
    name_cn: '\ud800 alone \udc00',
    name_en: '',
    email: 'Ünï@example.com',
    status: null,
  },
  { user_key: '7100000000000000003' },
];

const USUAL: RequestOptions = {
  callers: [{}],
  userTokens: [],
  documentIds: new Map(),
  origins: [],
  tooLarge: 1_100_000,
  pauses: [0, 0, 0, 0, 0, 0, 1, 0, 1_000, 6_000, 61_000, 3_700_000],
};

const EXAMPLES = { key: '7000000000000000001', email: 'zhangsan@example.com', outId: 'on_quoted' };

/** Callers with rights of their own; some have none at all, or an unknown key. */
function knownCallers(count: number) {
  const rights: Partial<ApiKey>[] = [
    {},
    { scopes: ['email:read', 'cache:refresh'] },
    { scopes: ['email:read'], tenantKeys: ['tenant_example_org'] },
    { tenantKeys: ['tenant_example_com', 'elsewhere'] },
  ];
  const names = Array.from({ length: count }, (_, n) => `caller${n}`);
  const keys = names.map((name, n) => apiKeyOf(`secret-${name}`, { name, ...rights[n % rights.length] }));
  const callers = names.map((name) => bearer(`secret-${name}`));
  const strangers = [
    {},
    bearer('wrong'),
    { authorization: 'Basic YTpi' },
    { authorization: `bearer   ${keyNamed('secret-caller1')}` },
  ];
  return { keys, callers: [...callers, ...callers, ...strangers] };
}

const four = knownCallers(4);
const twenty = knownCallers(20);
const ORIGINS = ['https://app.example.com', 'https://other.example.com:8443'];

/** Each is the same for both sandboxes, whenever their calls come. */
const ROW_FAULTS: readonly FaultSpec[] = [
  { name: 'rows-reordered' },
  { name: 'rows-duplicated' },
  { name: 'rows-missing' },
  { name: 'rows-unasked', rows: 2 },
  { name: 'rows-without', field: 'email' },
  { name: 'rows-without', field: 'out_id', as: 'null' },
  { name: 'rows-without', field: 'name_en', as: 'empty' },
  { name: 'rows-without', field: 'status' },
  { name: 'email-case', case: 'mixed' },
  { name: 'unknown-status' },
  { name: 'malformed-rows', shape: 'null' },
  { name: 'malformed-rows', shape: 'numeric-key', rows: 2 },
  { name: 'malformed-rows', shape: 'proto', rows: 5 },
  { name: 'poison', identifiers: ['7000000000000000001', 'zhangsan@example.com', '7000000000000000005'] },
];

const CALL_FAULTS: readonly FaultSpec[] = [
  { name: 'error', code: 50006 },
  { name: 'error', code: 10301 },
  { name: 'error', code: 20042, kind: 'user_keys' },
  { name: 'error', code: 99999, kind: 'emails' },
  { name: 'error', code: 50006, onHttp200: true, calls: 1 },
  { name: 'rate-limit', retryAfter: 'absurd' },
  { name: 'html', status: 502, kind: 'out_ids' },
  { name: 'html', status: 200 },
  { name: 'truncate' },
  { name: 'empty' },
  { name: 'redirect' },
  { name: 'wrong-content-type' },
  { name: 'malformed-envelope', shape: 'data-object' },
  { name: 'malformed-envelope', shape: 'code-text' },
  { name: 'reset-before-headers', kind: 'user_keys' },
  { name: 'token-expiry', calls: 1 },
  { name: 'poison', identifiers: ['7000000000000000002', 'on_quoted', 'lisi@example.com'] },
];

const alone = (faults: readonly FaultSpec[]) => faults.map((fault) => [fault]);

export const CONFIGURATIONS: readonly Configuration[] = [
  { name: 'with all defaults', documents: 360, gateway: { graphiql: EXAMPLES }, faults: [], requests: USUAL },
  {
    name: 'without memory, while rows are wrong',
    documents: 70,
    gateway: { cache: { ttlMs: 0, negativeTtlMs: 0, staleMs: 0 } },
    faults: [[], ...alone(ROW_FAULTS)],
    requests: USUAL,
  },
  {
    name: 'while the user API fails',
    documents: 90,
    gateway: { retry: { maxAttempts: 2 } },
    faults: alone(CALL_FAULTS),
    requests: USUAL,
  },
  {
    name: 'while the user API is silent',
    documents: 12,
    gateway: { timeoutMs: 20, retry: { maxAttempts: 1 }, breaker: { failures: 1_000_000 } },
    faults: [[{ name: 'hang' }]],
    requests: { ...USUAL, isAlwaysStruck: true },
  },
  {
    name: 'while requests outlast their deadline',
    documents: 12,
    gateway: { requestTimeoutMs: 20, cache: { ttlMs: 0 } },
    faults: [[{ name: 'hang' }]],
    requests: { ...USUAL, isAlwaysStruck: true },
  },
  {
    name: 'while the queue is full',
    documents: 60,
    gateway: { queueLimit: 2, maxBatchedOperations: 2 },
    faults: [],
    // Half of the requests come when nothing is cached any more.
    requests: { ...USUAL, pauses: [3_700_000, 0] },
  },
  {
    name: 'for callers with rights of their own',
    documents: 90,
    gateway: { auth: { kind: 'api-key', keys: four.keys }, emailNeedsScope: true, tenantKeys: ['tenant_example_com'] },
    faults: [],
    requests: { ...USUAL, callers: four.callers },
  },
  {
    name: 'for callers who ask for too much',
    documents: 50,
    gateway: { auth: { kind: 'api-key', keys: twenty.keys }, identifiersPerMinute: 25 },
    faults: [],
    requests: { ...USUAL, callers: twenty.callers },
  },
  { name: 'in production', documents: 50, gateway: productionDefaults(), faults: [], requests: USUAL },
  {
    name: 'for pages of other sites',
    documents: 50,
    gateway: { corsOrigins: ORIGINS },
    faults: [],
    requests: { ...USUAL, origins: ORIGINS },
  },
  {
    name: 'for pages of this machine',
    documents: 20,
    gateway: { people: 'made-up', corsAllowedHeaders: ['x-app-version'] },
    faults: [],
    requests: { ...USUAL, origins: ['http://localhost:5173', 'http://[::1]:8080', 'http://localhost.example.com'] },
  },
  {
    name: 'with trusted documents',
    documents: 50,
    gateway: { introspection: false },
    hasTrustedDocuments: true,
    faults: [],
    requests: USUAL,
  },
  {
    name: 'with narrow limits',
    documents: 60,
    gateway: { maxIdentifiers: 4, maxBodyBytes: 2_000, maxBatchedOperations: 2, csrfPrevention: false },
    faults: [],
    requests: { ...USUAL, tooLarge: 2_500 },
  },
  {
    name: 'for supergraphs that are trusted',
    documents: 40,
    gateway: { trustReferences: true, subgraphSdl: false },
    faults: [],
    requests: USUAL,
  },
  {
    name: 'on behalf of callers',
    documents: 50,
    gateway: { identity: 'caller' },
    faults: [],
    requests: {
      ...USUAL,
      userTokens: ['7000000000000000001', '7000000000000000002', 'u-nobody', 'p-plugin', '', '7000000000000000001'],
    },
  },
];

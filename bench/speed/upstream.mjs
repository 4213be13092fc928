/**
 * The user API as the sandbox serves it, with the sandbox's people, cut down to what costs almost nothing: rows are bytes made
 * beforehand. Tokens are checked, calls and identifiers counted; there is no quota, and every answer takes 2 ms.
 *
 *   node bench/speed/upstream.mjs <dist> <people>
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { makePeople } from './people.mjs';

const LATENCY_MS = 2;
const MAX_IDENTIFIERS = 100;
const TOKEN_SECONDS = 7_200;
const CREDENTIAL = { plugin_id: 'MII_SANDBOX', plugin_secret: 'sandbox-secret' };

const rows = await indexRows(...process.argv.slice(2));
const tokens = new Set();
let counts = { pluginToken: 0, userQuery: 0, identifiers: 0 };

/** @type {Record<string, (request: import('node:http').IncomingMessage, body: string) => { status: number, body: string }>} */
const ROUTES = {
  'POST /open_api/user/query': answerUserQuery,
  'POST /open_api/authen/plugin_token': answerPluginToken,
  'GET /_sandbox/calls': () => json(200, { total: counts.pluginToken + counts.userQuery, ...counts, calls: [] }),
  'DELETE /_sandbox/calls': () => {
    counts = { pluginToken: 0, userQuery: 0, identifiers: 0 };
    return json(200, {});
  },
};

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const route = ROUTES[`${request.method} ${request.url}`];
    const text = chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString();
    const { status, body } = route ? route(request, text) : json(404, {});
    setTimeout(() => {
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': body.length,
      });
      response.end(body, 'latin1');
    }, LATENCY_MS);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`User API without limits: http://127.0.0.1:${address?.port}\n`);
});

/** @param {import('node:http').IncomingMessage} request @param {string} body */
function answerUserQuery({ headers }, body) {
  counts.userQuery += 1;
  if (!tokens.has(headers['x-plugin-token'])) return refusal(401, 10022, 'Check Token Failed');
  const { user_keys, out_ids, emails } = JSON.parse(body);
  const asked = user_keys ?? out_ids ?? emails;
  counts.identifiers += asked.length;
  if (asked.length > MAX_IDENTIFIERS) return refusal(400, 20004, 'Search User Limit');
  const find = user_keys ? rows.byKey : out_ids ? rows.byOutId : rows.byEmail;
  const found = [];
  // Backwards: whoever takes rows by their places gets the wrong people.
  for (let index = asked.length - 1; index >= 0; index -= 1) {
    const row = find(asked[index]);
    if (row) found.push(row);
  }
  if (found.length === 0) return refusal(404, 30006, 'User Not Found');
  return { status: 200, body: `{"data":[${found.join(',')}],"err":{},"err_msg":"","err_code":0}` };
}

/** @param {import('node:http').IncomingMessage} _request @param {string} body */
function answerPluginToken(_request, body) {
  counts.pluginToken += 1;
  const { plugin_id, plugin_secret } = JSON.parse(body);
  if (plugin_id !== CREDENTIAL.plugin_id || plugin_secret !== CREDENTIAL.plugin_secret) {
    return json(200, { data: {}, error: { code: 10001, msg: 'No Permission' } });
  }
  const token = `p-${randomUUID()}`;
  tokens.add(token);
  return json(200, { data: { token, expire_time: TOKEN_SECONDS }, error: { code: 0, msg: 'success' } });
}

/** @param {number} status @param {number} code @param {string} message */
function refusal(status, code, message) {
  return json(status, { data: null, err: { code, msg: message }, err_msg: message, err_code: code });
}

/** @param {number} status @param {unknown} content */
function json(status, content) {
  return { status, body: JSON.stringify(content) };
}

/**
 * Everybody's row as the bytes of its JSON, a character each, which is what joins and leaves fastest; found by what people are
 * asked for.
 * @param {string} [dist]
 * @param {string} [count]
 */
async function indexRows(dist = '', count = '') {
  const { everybody } = await makePeople(dist, Number(count));
  /** @type {Record<'user_key' | 'out_id' | 'email', Map<string, string>>} */
  const indexes = { user_key: new Map(), out_id: new Map(), email: new Map() };
  for (const person of everybody) {
    const row = Buffer.from(JSON.stringify(person)).toString('latin1');
    indexes.user_key.set(person.user_key, row);
    indexes.out_id.set(person.out_id, row);
    indexes.email.set(person.email.toLowerCase(), row);
  }
  return {
    byKey: (/** @type {string} */ key) => indexes.user_key.get(key),
    byOutId: (/** @type {string} */ outId) => indexes.out_id.get(outId),
    byEmail: (/** @type {string} */ email) => indexes.email.get(email) ?? indexes.email.get(email.toLowerCase()),
  };
}

/**
 * What is left when everything is left out: one POST for each request, by the plain stack's client, without GraphQL, checks or
 * joining. It reads the key out of `single` and writes the answer to it, and is there to tell how near to it the others come.
 *
 *   PORT=4300 LARK_BASE_URL=http://127.0.0.1:4100 LARK_PLUGIN_ID=… LARK_PLUGIN_SECRET=… node bench/speed/bare-proxy.mjs
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const { PORT = '0', LARK_BASE_URL = '', LARK_PLUGIN_ID = '', LARK_PLUGIN_SECRET = '' } = process.env;

const pool = new Pool(LARK_BASE_URL);
const headers = ['content-type', 'application/json', 'x-plugin-token', await fetchToken()];

const server = createServer((request, response) => {
  request.once('data', (/** @type {Buffer} */ body) => {
    const { key } = JSON.parse(body.latin1Slice()).variables;
    post(JSON.stringify({ user_keys: [key] }), ({ data: [{ user_key, name, email, status }] }) => {
      const user = { key: user_key, name: name.default, email, status: status.toUpperCase() };
      const answer = Buffer.from(JSON.stringify({ data: { user } }));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    });
  });
});
server.keepAliveTimeout = 600_000;
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`Bare proxy: http://127.0.0.1:${address?.port}/graphql\n`);
});

async function fetchToken() {
  const credential = { plugin_id: LARK_PLUGIN_ID, plugin_secret: LARK_PLUGIN_SECRET, type: 0 };
  const body = JSON.stringify(credential);
  const response = await pool.request({ path: '/open_api/authen/plugin_token', method: 'POST', body });
  const { data } = /** @type {{ data: { token: string } }} */ (await response.body.json());
  return data.token;
}

/**
 * By `dispatch`, without undici's streams: of its ways to call, the one that takes least.
 * @param {string} body
 * @param {(answer: any) => void} onAnswer
 */
function post(body, onAnswer) {
  /** @type {Buffer[]} */
  const chunks = [];
  pool.dispatch(
    { path: '/open_api/user/query', method: 'POST', headers, body },
    {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        onAnswer(JSON.parse(Buffer.concat(chunks).toString()));
      },
      onResponseError(_controller, error) {
        throw error;
      },
    },
  );
}

import { GraphQLError } from 'graphql';
import { Pool } from 'undici';

/**
 * @typedef {{ [field: string]: any }} Row a person as the user API tells of them
 * @typedef {{ user_keys?: string[], out_ids?: string[], emails?: string[], tenant_key?: string }} Question
 * @typedef {{ queryUsers(question: Question): Promise<Row[]> }} UserApi
 */

const NOT_FOUND = 30006;

/**
 * @param {{ baseUrl: string, pluginId: string, pluginSecret: string }} options
 * @returns {UserApi}
 */
export function createUserApi({ baseUrl, pluginId, pluginSecret }) {
  const pool = new Pool(new URL(baseUrl).origin);
  /** @type {Promise<{ value: string, endsAt: number }> | undefined} */
  let token;

  return {
    async queryUsers(question) {
      const { status, body } = await post('/open_api/user/query', question, { 'x-plugin-token': await currentToken() });
      if (body.err_code === NOT_FOUND) return [];
      if (status !== 200 || body.err_code !== 0) throw upstreamError(status, body);
      return body.data;
    },
  };

  async function currentToken() {
    token ??= fetchToken();
    try {
      const { value, endsAt } = await token;
      if (Date.now() < endsAt) return value;
    } catch (error) {
      token = undefined;
      throw error;
    }
    token = fetchToken();
    return (await token).value;
  }

  async function fetchToken() {
    const credential = { plugin_id: pluginId, plugin_secret: pluginSecret, type: 0 };
    const { body } = await post('/open_api/authen/plugin_token', credential);
    if (body.error.code !== 0) throw new GraphQLError(`No token: ${body.error.msg}`);
    return { value: body.data.token, endsAt: Date.now() + body.data.expire_time * 1000 };
  }

  /**
   * @param {string} path
   * @param {object} content
   * @param {Record<string, string>} [headers]
   */
  async function post(path, content, headers) {
    const response = await pool.request({
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(content),
    });
    return { status: response.statusCode, body: /** @type {any} */ (await response.body.json()) };
  }
}

/**
 * @param {number} status
 * @param {{ err_code: number, err_msg: string }} body
 */
function upstreamError(status, { err_code, err_msg }) {
  const code = status === 429 ? 'RATE_LIMITED' : 'UPSTREAM_ERROR';
  return new GraphQLError(`The user API answered ${err_code}: ${err_msg}`, { extensions: { code } });
}

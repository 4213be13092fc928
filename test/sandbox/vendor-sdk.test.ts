import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { FIRST, openSandbox, SECOND, THIRD } from './sandbox-client.ts';

/**
 * Requests of the vendor's Go SDK (project-oapi-sdk-golang v1.0.22, Go 1.19) as recorded on the wire: header names, their order and
 * letter case, field order of the bodies. V1 sends every field, also those that are null; V2 only what is set.
 */
const TOKEN_BODY = '{"plugin_id":"MII_SANDBOX","plugin_secret":"sandbox-secret","type":0}';
const VIRTUAL_BODY = '{"plugin_id":"MII_SANDBOX","plugin_secret":"sandbox-secret","type":1}';
/** Not of the SDK: as many other programs in Go send it. */
const TYPELESS_BODY = '{"plugin_id":"MII_SANDBOX","plugin_secret":"sandbox-secret"}';

const v1 = (fields: {
  userKeys?: readonly string[];
  outIds?: readonly string[];
  emails?: readonly string[];
  tenantKey?: string;
}) => {
  const list = (texts: readonly string[] | undefined) => JSON.stringify(texts ?? null);
  const { userKeys, outIds, emails, tenantKey = '' } = fields;
  return `{"user_keys":${list(userKeys)},"usernames":null,"out_ids":${list(outIds)},"emails":${list(emails)},"tenant_key":"${tenantKey}"}`;
};

function requestOf(url: string, path: string, body: string, headers: readonly string[] = []): string {
  return [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'User-Agent: oapi-sdk-go/v1.0.22',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Content-Type: application/json; charset=utf-8',
    ...headers,
    'Accept-Encoding: gzip',
    '',
    body,
  ].join('\r\n');
}

interface Reply {
  readonly status: number;
  /** As they are written on the wire. */
  readonly headerLines: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape.
  readonly json: any;
}

/** Go keeps its connection: one request after the other, each answered with a length. */
async function openAsGo(options: SandboxOptions = {}) {
  const { sandbox } = await openSandbox(options);
  const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
  const send = async (path: string, body: string, headers: readonly string[] = []): Promise<Reply> => {
    const reply = nextReply(socket);
    socket.write(requestOf(sandbox.url, path, body, headers));
    return reply;
  };
  const requestToken = (body: string) => send('/open_api/authen/plugin_token', body);
  const query = (token: string, body: string, headers: readonly string[] = []) =>
    send('/open_api/user/query', body, [`X-Plugin-Token: ${token}`, ...headers]);
  const newToken = async (body = TOKEN_BODY): Promise<string> => (await requestToken(body)).json.data.token;
  return { sandbox, requestToken, query, newToken };
}

function nextReply(socket: Socket): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const done = () => socket.off('data', onData).off('error', reject).off('end', onEnd);
    const onEnd = () => reject(new Error(`The connection ended after ${bytes.toString()}`));
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const headEnd = bytes.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [statusLine = '', ...headerLines] = bytes.subarray(0, headEnd).toString().split('\r\n');
      const length = Number(/^content-length: (\d+)$/im.exec(headerLines.join('\n'))?.[1]);
      const body = bytes.subarray(headEnd + 4);
      if (body.length < length) return;
      done();
      resolve({ status: Number(statusLine.split(' ')[1]), headerLines, json: JSON.parse(body.toString()) });
    };
    socket.on('data', onData).on('error', reject).on('end', onEnd);
  });
}

const keysIn = ({ json }: Reply): string[] =>
  json.data.map(({ user_key }: { user_key: string }) => user_key).toSorted();

describe("The vendor's Go SDK, replayed byte for byte", () => {
  it.each([
    ['official', TOKEN_BODY],
    ['virtual', VIRTUAL_BODY],
    ['without a type', TYPELESS_BODY],
  ])('gets a token (%s), with an envelope and a content type that it decodes', async (_, body) => {
    const { requestToken } = await openAsGo();
    const { status, headerLines, json } = await requestToken(body);
    expect(status).toBe(200);
    expect(json).toEqual({
      data: { token: expect.stringMatching(/^p-/), expire_time: 7200 },
      error: { code: 0, msg: 'success' },
    });
    // It decodes JSON only where the header says so, and does not decompress what it has not been told.
    expect(headerLines.join('\n')).toMatch(/^content-type: application\/json/im);
    expect(headerLines.join('\n')).not.toMatch(/^content-encoding/im);
  });

  it('finds the log id under the name that it looks for, in its letter case', async () => {
    const { requestToken, query, newToken } = await openAsGo();
    const replies = [
      await requestToken(TOKEN_BODY),
      await query(await newToken(), v1({ userKeys: [FIRST] })),
      await query('p-1', v1({})),
    ];
    for (const { headerLines } of replies)
      expect(headerLines).toContainEqual(expect.stringMatching(/^X-Tt-Logid: SANDBOX\d+$/));
  });

  it('finds users by key, out id and e-mail, in both versions of its body', async () => {
    const { sandbox, query, newToken } = await openAsGo();
    const token = await newToken();
    const { out_id: outId = '', email = '' } = sandbox.people.find(({ user_key }) => user_key === FIRST) ?? {};
    expect(keysIn(await query(token, v1({ userKeys: [FIRST, THIRD] })))).toEqual([FIRST, THIRD]);
    expect(keysIn(await query(token, v1({ outIds: [String(outId)] }), [`X-User-Key: ${SECOND}`]))).toEqual([FIRST]);
    expect(keysIn(await query(token, v1({ emails: [String(email)], tenantKey: 'tenant_example_com' })))).toEqual([
      FIRST,
    ]);
    expect(keysIn(await query(token, JSON.stringify({ user_keys: [FIRST] })))).toEqual([FIRST]);
    expect(keysIn(await query(token, JSON.stringify({ out_ids: [outId] })))).toEqual([FIRST]);
    expect(keysIn(await query(token, JSON.stringify({ emails: [email], tenant_key: 'tenant_example_com' })))).toEqual([
      FIRST,
    ]);
  });

  it.each([
    ['a user who does not exist', v1({ userKeys: ['7999999999999999999'] }), 404, 30006, 'User Not Found'],
    ['101 keys', v1({ userKeys: Array.from({ length: 101 }, (_, n) => `7${n}`) }), 400, 20004, 'Search User Limit'],
    ['no identifiers', v1({}), 400, 20005, 'Missing Param'],
  ])('gets the error of %s in the envelope that it decodes', async (_, body, status, errCode, message) => {
    const { query, newToken } = await openAsGo();
    const reply = await query(await newToken(), body);
    expect([reply.status, reply.json.err_code, reply.json.err_msg]).toEqual([status, errCode, message]);
    expect(reply.json.err).toEqual({
      code: errCode,
      msg: expect.any(String),
      log_id: expect.stringMatching(/^SANDBOX/),
    });
  });

  it('is refused with a wrong token, an expired token, and a wrong secret, over one connection', async () => {
    const { sandbox, query, newToken, requestToken } = await openAsGo();
    const wrong = await query('p-wrong', v1({ userKeys: ['1'] }));
    expect([wrong.status, wrong.json.err_code]).toEqual([401, 10022]);
    const token = await newToken();
    sandbox.expireTokens();
    const expired = await query(token, v1({ userKeys: [FIRST] }));
    expect([expired.status, expired.json.err_code]).toEqual([401, 10022]);
    const secret = await requestToken('{"plugin_id":"MII_SANDBOX2","plugin_secret":"wrong","type":0}');
    expect([secret.status, secret.json.error.code]).toEqual([200, 10001]);
    expect(keysIn(await query(await newToken(), v1({ userKeys: [FIRST] })))).toEqual([FIRST]);
  });

  it('sees only collaborators with a virtual token', async () => {
    const people = [{ user_key: '1', collaborator: false }, { user_key: '2' }];
    const { query, newToken } = await openAsGo({ people });
    expect(keysIn(await query(await newToken(VIRTUAL_BODY), v1({ userKeys: ['1', '2'] })))).toEqual(['2']);
  });
});

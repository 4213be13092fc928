import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { FIRST, keysOf, openSandbox, SECOND, stoppedClock } from './sandbox-client.ts';

const ASK = { user_keys: [FIRST] };

describe('The sandbox', () => {
  it('says on its first page what it is, whom it has and how to get in', async () => {
    const { sandbox } = await openSandbox({ people: 42, pluginId: 'MII_1', pluginSecret: 'hush' });
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toMatch(/sandbox of the Lark Project/);
    for (const fact of ['42 people', 'MII_1', 'hush', 'POST /open_api/user/query', '/_sandbox/calls']) {
      expect(page).toContain(fact);
    }
    expect(await (await fetch(`${sandbox.url}/_sandbox?x=1`)).text()).toBe(page);
  });

  it('draws a picture for everybody with an avatar', async () => {
    const people = [
      { user_key: '1', name_cn: '<张>', avatar_url: 'x' },
      { user_key: '2', name_en: 'Ann', avatar_url: '' },
    ];
    const { sandbox } = await openSandbox({ people });
    const avatar = await fetch(`${sandbox.url}/_sandbox/avatars/1.svg`);
    expect(avatar.headers.get('content-type')).toMatch('image/svg+xml');
    const svg = await avatar.text();
    expect(svg).toMatch(/^<svg [^>]+>\n<circle [^>]+\/>\n<text [^>]+>&#60;<\/text>\n<\/svg>\n$/);
    for (const path of ['2.svg', '3.svg', '1.png', '%.svg', '.svg']) {
      expect((await fetch(`${sandbox.url}/_sandbox/avatars/${path}`)).status).toBe(404);
    }
  });

  it('serves made-up people’s avatars where their rows say', async () => {
    const { query } = await openSandbox();
    const { json } = await query(ASK);
    expect(await (await fetch(json.data[0].avatar_url)).text()).toContain('>张</text>');
  });

  it('answers unknown paths with 404 and wrong methods with 405, saying what there is', async () => {
    const { sandbox } = await openSandbox();
    const unknown = await fetch(`${sandbox.url}/open_api/user/search`, { method: 'POST', body: '{}' });
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('/open_api/user/search')]);
    const wrong = await fetch(`${sandbox.url}/open_api/user/query`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await wrong.text()).toBe('Expected POST, got GET. GET / lists what there is.\n');
    expect((await fetch(`${sandbox.url}/toString`, { method: 'PUT' })).status).toBe(404);
  });

  it('survives whatever a client sends', async () => {
    const { sandbox, query } = await openSandbox();
    const port = Number(new URL(sandbox.url).port);
    const garbage = [
      'no http at all\r\n\r\n',
      'POST /open_api/user/query HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"user',
      'GET // HTTP/1.1\r\nhost: x\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      'POST /open_api/user/query HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ];
    for (const text of garbage) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      socket.end(text);
      await once(socket.resume(), 'close');
    }
    expect((await query(ASK)).status).toBe(200);
  });

  it('answers 500/50006 when it fails itself', async () => {
    let broken = false;
    const now = () => {
      if (broken) throw new Error('no clock');
      return 0;
    };
    const { queryWith, newToken } = await openSandbox({ now });
    const token = await newToken();
    broken = true;
    const { status, json } = await queryWith(token, ASK);
    expect([status, json.err_code]).toEqual([500, 50006]);
  });

  it('waits latencyMs before each reply', async () => {
    const { query } = await openSandbox({ latencyMs: 40 });
    const start = performance.now();
    await query(ASK);
    expect(performance.now() - start).toBeGreaterThan(75);
  });

  it('explains why it cannot listen', async () => {
    const { sandbox } = await openSandbox();
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandbox({ port, people: 0 })).rejects.toThrow(`127.0.0.1:${port}: another program listens there`);
  });
});

describe('The list of calls', () => {
  it('shows tests each call with its body, in the order they came', async () => {
    const { sandbox, queryWith, newToken } = await openSandbox({ now: stoppedClock().now });
    const token = await newToken();
    await queryWith(token, ASK, { 'x-user-key': SECOND });
    await queryWith(token, '{');
    expect(sandbox.calls().slice(1)).toEqual([
      {
        at: 0,
        interface: 'user_query',
        body: ASK,
        token,
        userKey: SECOND,
        status: 200,
        errCode: 0,
        logId: 'SANDBOX000000000002',
      },
      { at: 0, interface: 'user_query', body: '{', token, status: 400, errCode: 20006, logId: 'SANDBOX000000000003' },
    ]);
    sandbox.clearCalls();
    expect(sandbox.calls()).toEqual([]);
  });

  it('shows over HTTP kinds and counts, and names nobody', async () => {
    const { sandbox, query } = await openSandbox({ now: stoppedClock().now });
    await query({ emails: ['zhangsan@example.com', 'nobody@example.com'] });
    const text = await (await fetch(`${sandbox.url}/_sandbox/calls`)).text();
    const common = { at: 0, status: 200, errCode: 0 };
    expect(JSON.parse(text)).toEqual({
      total: 2,
      pluginToken: 1,
      userQuery: 1,
      identifiers: 2,
      calls: [
        { ...common, interface: 'plugin_token', asked: {}, logId: 'SANDBOX000000000001' },
        { ...common, interface: 'user_query', asked: { emails: 2 }, logId: 'SANDBOX000000000002' },
      ],
    });
    expect(text).not.toMatch(/@|secret|p-/);
  });

  it('is emptied by DELETE', async () => {
    const { sandbox, query } = await openSandbox();
    await query(ASK);
    expect((await fetch(`${sandbox.url}/_sandbox/calls`, { method: 'DELETE' })).status).toBe(204);
    expect(sandbox.calls()).toEqual([]);
    expect(await (await fetch(`${sandbox.url}/_sandbox/calls`)).json()).toMatchObject({ total: 0, calls: [] });
  });
});

describe('Closing', () => {
  it('finishes replies under way, and takes no new ones', async () => {
    const { sandbox, queryWith, newToken } = await openSandbox({ latencyMs: 30 });
    const token = await newToken();
    const underWay = queryWith(token, ASK);
    while (sandbox.calls().length < 2) await new Promise(setImmediate);
    const closed = sandbox.close();
    expect(keysOf(await underWay)).toEqual([FIRST]);
    await closed;
    await expect(fetch(sandbox.url)).rejects.toThrow('fetch failed');
  });

  it('ends connections without a request, and may be asked twice', async () => {
    const { sandbox } = await openSandbox();
    const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await (await fetch(sandbox.url)).text();
    const ended = once(socket, 'close');
    await Promise.all([sandbox.close(), sandbox.close()]);
    await ended;
    expect(socket.destroyed).toBe(true);
  });
});

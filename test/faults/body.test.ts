import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/sandbox/sandbox.ts';
import { codesByPath } from '../support/gateway-with-sandbox.ts';
import { failure, noFailure, outcomeOf, quickGateway, strike, THREE } from './strike.ts';

describe('truncated, empty, over-long or non-JSON body, HTML with 200: one retry, then UPSTREAM_BAD_RESPONSE', () => {
  const unreadable: FaultSpec[] = [
    { name: 'truncate' },
    { name: 'truncate', keep: 0 },
    { name: 'truncate', keep: 1 },
    { name: 'empty' },
    { name: 'trailing-text' },
    { name: 'html', status: 200 },
    { name: 'html', status: 404 },
  ];

  it.each(unreadable)('%o twice is UPSTREAM_BAD_RESPONSE', async (spec) => {
    expect(await outcomeOf(await strike(spec))).toEqual(failure('UPSTREAM_BAD_RESPONSE', 2));
  });

  it.each(unreadable)('%o once is made good by the retry', async (spec) => {
    expect(await outcomeOf(await strike({ ...spec, calls: 1 }))).toEqual(noFailure(2));
  });
});

describe('wrong content-type with a good body: shape decides', () => {
  it.each<FaultSpec>([
    { name: 'wrong-content-type' },
    { name: 'wrong-content-type', type: 'application/octet-stream' },
    { name: 'wrong-content-type', type: 'not a type' },
    { name: 'wrong-encoding' },
    { name: 'wrong-encoding', encoding: 'br' },
  ])('%o is accepted', async (spec) => {
    expect(await outcomeOf(await strike(spec))).toEqual(noFailure(1));
  });
});

describe('10 MB body, gzip bomb, 40 KB headers, garbage instead of HTTP, 302: UPSTREAM_BAD_RESPONSE', () => {
  it.each<FaultSpec>([
    { name: 'oversized' },
    { name: 'oversized', chunked: true },
    { name: 'gzip-bomb' },
    { name: 'huge-headers' },
    { name: 'garbage' },
    { name: 'redirect' },
  ])('%o is UPSTREAM_BAD_RESPONSE', async (spec) => {
    expect(await outcomeOf(await strike(spec))).toEqual(failure('UPSTREAM_BAD_RESPONSE', 2));
  });

  it.each([301, 302, 303, 307, 308])(
    'a redirect with %i to the very same interface is not followed',
    async (status) => {
      const struck = await strike({ name: 'redirect', status, location: '/open_api/user/query', calls: 2 });
      // Two calls were redirected; a third would have been answered well.
      expect(await outcomeOf(struck)).toEqual(failure('UPSTREAM_BAD_RESPONSE', 2));
    },
  );

  it('bounded memory: a body without an end is cut off after little more than 4 MiB', async () => {
    const { query, sandbox } = await quickGateway();
    const CHUNK = Buffer.alloc(64 * 1024, ' ');
    const sent: Promise<number>[] = [];
    sandbox.setFault((call, answer) => {
      if (call.interface !== 'user_query' || !('user_keys' in (call.body as object))) return answer();
      return (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        let bytes = 0;
        const more = () => {
          do bytes += CHUNK.length;
          while (response.write(CHUNK) && !response.destroyed);
        };
        sent.push(new Promise((resolve) => response.on('drain', more).on('close', () => resolve(bytes))));
        more();
      };
    });
    expect(codesByPath(await query(THREE))).toEqual(['struck: UPSTREAM_BAD_RESPONSE']);
    expect(sent).toHaveLength(2);
    // What the sockets of both sides hold is sent, too.
    for (const bytes of await Promise.all(sent)) expect(bytes).toBeLessThan(32 * 1024 * 1024);
  });
});

import { describe, expect, it } from 'vitest';
import { PERSISTED_QUERY_CLIENTS } from './clients.ts';
import { startGateway } from './gateway.ts';

const USER = 'query User($key: ID!) { user(key: $key) { id nameEn } }';
const OTHER = 'query Other($key: ID!) { user(key: $key) { id nameCn } }';
const variables = { key: '7000000000000000001' };

const shown = (sent: Readonly<Record<string, unknown>>) => ({
  hasText: typeof sent.query === 'string',
  hasHash: JSON.stringify(sent.extensions ?? '').includes('sha256Hash'),
});

describe.each(PERSISTED_QUERY_CLIENTS)('$name', ({ make, method, headers = {} }) => {
  it('sends the hash once, then the text by itself, and no hash again', async () => {
    const gateway = await startGateway();
    const ask = make(gateway, { headers });
    expect(await ask(USER, variables)).toMatchObject({ data: { user: { nameEn: 'Zhang San' } } });
    expect(gateway.exchanges.map(({ sent }) => shown(sent))).toEqual([
      { hasText: false, hasHash: true },
      { hasText: true, hasHash: false },
    ]);
    expect(gateway.exchanges.map(({ status }) => status)).toEqual([200, 200]);
    expect(gateway.exchanges[0]?.method).toBe(method);

    expect(await ask(OTHER, variables)).toMatchObject({ data: { user: { nameCn: '张三' } } });
    expect(gateway.exchanges.slice(2).map(({ sent }) => shown(sent))).toEqual([{ hasText: true, hasHash: false }]);
  });
});

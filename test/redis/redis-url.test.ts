import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/redis/redis-url.ts';

describe('the address of a Redis', () => {
  it.each([
    ['redis://localhost', { kind: 'server', isTls: false, hosts: [{ host: 'localhost', port: 6379 }] }],
    ['valkey://10.0.0.5:6380/3', { kind: 'server', isTls: false, hosts: [{ host: '10.0.0.5', port: 6380 }], db: 3 }],
    ['rediss://redis.example.com:80', { isTls: true, hosts: [{ host: 'redis.example.com', port: 80 }] }],
    ['valkeys://v', { isTls: true }],
    ['redis://:p%40ss@r', { username: undefined, password: 'p@ss' }],
    ['redis://alice:secret@r', { username: 'alice', password: 'secret' }],
    ['redis://[::1]:7000', { hosts: [{ host: '::1', port: 7000 }] }],
    [
      'redis+sentinel://:pw@s1,s2:26380/mymaster/2',
      {
        kind: 'sentinel',
        masterName: 'mymaster',
        db: 2,
        password: 'pw',
        hosts: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 26380 },
        ],
      },
    ],
    [
      'rediss+cluster://c1:7001,c2:7002',
      {
        kind: 'cluster',
        isTls: true,
        hosts: [
          { host: 'c1', port: 7001 },
          { host: 'c2', port: 7002 },
        ],
      },
    ],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toMatchObject(address);
  });

  it.each([
    'localhost:6379',
    'http://localhost:6379',
    'redis://',
    'redis://a,b',
    'redis://a/zero',
    'redis://a/0/1',
    'redis+sentinel://a',
    'redis+cluster://a/1',
    'redis+other://a',
    'redis://a:99999',
    'redis://:50%off@a',
  ])('%s is none', (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });
});

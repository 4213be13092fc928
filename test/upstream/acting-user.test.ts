import { expect, it } from 'vitest';
import { createGateway } from '../../src/gateway.ts';

const CREDENTIAL = { baseUrl: 'http://127.0.0.1:1', pluginId: 'MII_1', pluginSecret: 's3cret' };

it.each(['7000\n001', '张三', 'two words'])(
  'an acting person whom no header can name (%j) is refused at once',
  (userKey) => {
    expect(() => createGateway({ ...CREDENTIAL, userKey })).toThrow(
      new TypeError(`Expected a userKey of visible ASCII without spaces, got ${JSON.stringify(userKey)}.`),
    );
  },
);

import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { gatewayWithSandbox } from '../../support/gateway-with-sandbox.ts';

const TYPO = '{ user(kez: "1") { nam } }';
const ENUM_TYPO = 'query Q($l: UserNameLocale) { user(key: "1") { name(locale: $l) } }';

describe('INTROSPECTION=false', () => {
  const hidden = { gateway: { introspection: false } };

  it('answers no question about the schema', async () => {
    const { query } = await gatewayWithSandbox(hidden);
    const { data, errors } = await query(getIntrospectionQuery());
    expect(data).toBeUndefined();
    expect(errors?.[0]?.message).toContain('introspection has been disabled');
    expect((await query('{ __type(name: "User") { name } }')).errors).toHaveLength(1);
  });

  it('still answers __typename, which clients add to every selection', async () => {
    const { query } = await gatewayWithSandbox(hidden);
    expect(await query('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });

  it('suggests no names in errors, neither of fields nor of values', async () => {
    const { query } = await gatewayWithSandbox(hidden);
    const answers = [await query(TYPO), await query(ENUM_TYPO, { l: 'ZH_CM' })];
    for (const { errors } of answers) expect(errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answers)).not.toMatch(/did you mean/i);
  });
});

it('INTROSPECTION=true answers, and suggests', async () => {
  const { query } = await gatewayWithSandbox();
  expect((await query(getIntrospectionQuery())).errors).toBeUndefined();
  expect(JSON.stringify(await query(TYPO))).toContain('Did you mean');
  expect(JSON.stringify(await query(ENUM_TYPO, { l: 'ZH_CM' }))).toContain('Did you mean');
});

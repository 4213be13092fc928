import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GatewayError } from '../../src/errors.ts';
import { decodeUserQuery } from '../../src/upstream/envelope.ts';
import { decodeUser } from '../../src/upstream/lark-user.ts';

/** What a row is, as a schema: slower than decoding by hand, and easier to be sure of. */
const text = z
  .string()
  .transform((value) => value || null)
  .nullish()
  .catch(null);
const userRow = z
  .object({
    user_key: z.string().min(1),
    out_id: text,
    username: text,
    email: text,
    name_cn: text,
    name_en: text,
    avatar_url: text,
    status: text,
    name: z.object({ default: text, zh_cn: text, en_us: text }).nullish().catch(null),
  })
  .transform(({ user_key, name, ...row }) => ({
    key: user_key,
    outId: row.out_id ?? null,
    username: row.username ?? null,
    email: row.email ?? null,
    nameCn: row.name_cn ?? name?.zh_cn ?? null,
    nameEn: row.name_en ?? name?.en_us ?? null,
    nameDefault: name?.default ?? null,
    avatarUrl: row.avatar_url ?? null,
    status: row.status ?? null,
  }));
const envelope = z.object({
  err_code: z.number().int(),
  data: z.unknown().optional(),
  err: z.object({ log_id: z.string() }).partial().nullish().catch(null),
});

/** Mostly what belongs there, and often something else. */
const field = fc.oneof(fc.string(), fc.constantFrom('', 'a@b.c', '张三', null, 0, 7, true, [], {}), fc.jsonValue());
const name = fc.oneof(
  fc.record({ default: field, zh_cn: field, en_us: field }, { requiredKeys: [] }),
  fc.constantFrom(null, '', 'text', [], 1),
);
const fields = {
  out_id: field,
  username: field,
  email: field,
  name_cn: field,
  name_en: field,
  avatar_url: field,
  status: field,
  name,
};
const row = fc.oneof(
  { weight: 5, arbitrary: fc.record({ user_key: fc.string(), ...fields }, { requiredKeys: ['user_key'] }) },
  { weight: 2, arbitrary: fc.record({ user_key: field, ...fields }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
/** As it comes: `__proto__` is a field like any other in JSON. */
const asReceived = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('decoding by hand', () => {
  it('reads every row as the schema does', () => {
    fc.assert(
      fc.property(row, (one) => {
        const received = asReceived(one);
        expect(decodeUser(received)).toEqual(userRow.safeParse(received).data);
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows an envelope where the schema does, with its rows and the id of the call', () => {
    const answer = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record(
          {
            err_code: fc.oneof(fc.constant(0), field, fc.double()),
            data: fc.oneof(fc.array(row, { maxLength: 4 }), field),
            err: fc.oneof(fc.record({ log_id: fc.oneof(fc.constant('abc.1-2'), field) }, { requiredKeys: [] }), field),
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.jsonValue() },
    );
    fc.assert(
      fc.property(answer, (one) => {
        const body = Buffer.from(JSON.stringify(one));
        const known = envelope.safeParse(JSON.parse(body.toString())).data;
        const told = attempt(() => decodeUserQuery({ status: 200, headers: {}, body }));
        const logId = /^[\w.-]+$/.exec(known?.err?.log_id ?? '')?.[0].slice(0, 128);
        const isList = known?.err_code === 0 && Array.isArray(known.data);
        const people = isList ? (known.data as unknown[]).map((each) => userRow.safeParse(each).data) : [];
        const found = people.filter((person) => person !== undefined);
        const list = { outcome: 'people', people: found, malformedRows: people.length - found.length, logId };
        // Nobody found, or a token refused, is no failure either.
        const isNoFailure = [30006, 10021, 10022, 10211].includes(known?.err_code ?? 0);
        const failure = { upstream: known ? { code: known.err_code, logId } : {} };
        expect(told).toMatchObject(isList ? list : isNoFailure ? {} : failure);
        expect(told instanceof GatewayError).toBe(!isList && !isNoFailure);
      }),
      { numRuns: 2_000 },
    );
  });
});

function attempt<T>(act: () => T): T | GatewayError {
  try {
    return act();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

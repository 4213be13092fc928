import { z } from 'zod';

/** A SPIFFE ID, the longest subject of any standard, has at most 2,048 characters. */
const MAX_SUBJECT_LENGTH = 2_048;
/** Seconds. A token that hardly ever ends cannot be withdrawn; an `exp` in milliseconds would end in the year 50,000. */
const MAX_LIFETIME_SECONDS = 10 * 366 * 24 * 60 * 60;

/** A NumericDate of RFC 7519. JSON can write numbers that JavaScript reads as Infinity. */
const numericDate = z
  .number()
  .nonnegative()
  .refine((seconds) => seconds <= Date.now() / 1_000 + MAX_LIFETIME_SECONDS);

const scopeList = z.union([z.string().transform((text) => text.split(' ')), z.array(z.string())]).nullish();

const claimsShape = z
  .object({
    sub: z.string().max(MAX_SUBJECT_LENGTH).regex(/\S/),
    aud: z.union([z.string(), z.array(z.string())]),
    // A token that never ends could not be withdrawn.
    exp: numericDate,
    iat: numericDate.optional(),
    nbf: numericDate.optional(),
    // As in RFC 9068, or as some issuers write it.
    scope: scopeList,
    scp: scopeList,
  })
  .transform(({ sub, scope, scp }) => ({ sub, scopes: scope ?? scp ?? [] }));

/**
 * Checks the form of the claims that the gateway goes by; jose checks the values of `iss`, `aud`, `exp` and `nbf`, and lets any `sub`
 * pass that is there.
 * @returns `undefined` where one of them is malformed, so that the token is refused.
 */
export function readClaims(payload: unknown): z.output<typeof claimsShape> | undefined {
  return claimsShape.safeParse(payload).data;
}

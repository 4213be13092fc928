import { parseIdentifier } from '../../directory/identifiers.ts';
import { decodeUser, type LarkUser } from '../../upstream/lark-user.ts';
import type { EntityReference } from './entity-reference.ts';

/** As a row without fields: `null` each. */
const NOTHING_KNOWN = { ...decodeUser({ user_key: 'unknown' }), key: '' } as LarkUser;

/**
 * A user with the fields of a reference; `undefined` where a query selects others.
 * @param wanted the names of the fields that are selected.
 * @throws GatewayError BAD_USER_INPUT where an identifier of the reference is malformed.
 */
export function referencedUser({ given }: EntityReference, wanted: ReadonlySet<string>): LarkUser | undefined {
  const isGiven = (name: string) => name === '__typename' || Object.hasOwn(given, name);
  if (![...wanted].every(isGiven)) return undefined;
  const { key, outId, email } = given;
  return {
    ...NOTHING_KNOWN,
    ...(key !== undefined && { key: parseIdentifier('key', key) }),
    ...(outId !== undefined && { outId: parseIdentifier('outId', outId) }),
    ...(email !== undefined && { email: parseIdentifier('email', email) }),
  };
}

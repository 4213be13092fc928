import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** One thing that is kept in Redis: under a name that does not tell what it is, sealed with a key of its own. */
export interface SealedEntry {
  /** 24 characters. Whoever sees it cannot find out of whom it is without the secret. */
  readonly name: string;
  /** Encrypts with AES-256-GCM. */
  seal(plain: Buffer): Buffer;
  /** @returns `undefined` for what was not sealed under this name with this secret, or was changed since. */
  open(sealed: Buffer): Buffer | undefined;
}

/** Finds the entry of a text, for everybody who has the same secret. */
export type Seal = (text: string) => SealedEntry;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NAME_BYTES = 18;

/**
 * One HMAC gives each entry both its name and its key. A key for each entry, so that chance never gives one nonce twice to the same
 * key, however long the secret is in use.
 */
export function createSeal(secret: string): Seal {
  const root = Buffer.from(hkdfSync('sha256', secret, '', 'lark-user-gateway redis', 32));

  return function entryOf(text) {
    const derived = createHmac('sha512', root).update(text).digest();
    const key = derived.subarray(32);
    return {
      name: derived.subarray(0, NAME_BYTES).toString('base64url'),
      seal(plain) {
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv(CIPHER, key, nonce);
        const sealed = cipher.update(plain);
        return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
      },
      open(sealed) {
        if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
        try {
          const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
          decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
          const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
          return Buffer.concat([plain, decipher.final()]);
        } catch {
          return undefined;
        }
      },
    };
  };
}

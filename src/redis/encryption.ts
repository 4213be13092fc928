import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** One entry in Redis: under a name that does not reveal its content, encrypted with a key of its own. */
export interface EncryptedEntry {
  /** 24 characters. Without the secret, it cannot be linked to a user. */
  readonly name: string;
  /** Encrypts with AES-256-GCM. */
  encrypt(plain: Buffer): Buffer;
  /** @returns `undefined` for what was not encrypted under this name with this secret, or was changed since. */
  decrypt(encrypted: Buffer): Buffer | undefined;
}

/** Finds the entry of a text: the same for all gateways with the same secret. */
export type Encryption = (text: string) => EncryptedEntry;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NAME_BYTES = 18;

/**
 * One HMAC gives each entry both its name and its key. A key for each entry, so that chance never gives one nonce twice to the same
 * key, however long the secret is in use.
 */
export function createEncryption(secret: string): Encryption {
  const root = Buffer.from(hkdfSync('sha256', secret, '', 'lark-user-gateway redis', 32));

  return function entryOf(text) {
    const derived = createHmac('sha512', root).update(text).digest();
    const key = derived.subarray(32);
    return {
      name: derived.subarray(0, NAME_BYTES).toString('base64url'),
      encrypt(plain) {
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv(CIPHER, key, nonce);
        const encrypted = cipher.update(plain);
        return Buffer.concat([nonce, encrypted, cipher.final(), cipher.getAuthTag()]);
      },
      decrypt(encrypted) {
        if (encrypted.length < NONCE_BYTES + TAG_BYTES) return undefined;
        try {
          const decipher = createDecipheriv(CIPHER, key, encrypted.subarray(0, NONCE_BYTES), {
            authTagLength: TAG_BYTES,
          });
          decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
          const plain = decipher.update(encrypted.subarray(NONCE_BYTES, -TAG_BYTES));
          return Buffer.concat([plain, decipher.final()]);
        } catch {
          return undefined;
        }
      },
    };
  };
}

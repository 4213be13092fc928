import { API_KEY_NAME } from '../config/callers.ts';
import { createApiKey, sha256Hex } from '../http/callers/api-keys.ts';

/** Makes a key for one caller and prints it, once, with its entry for API_KEYS. */
export function apiKey(name: string): void {
  if (!API_KEY_NAME.test(name)) {
    throw new Error(
      `Expected a name of at most 64 letters, digits, "-", "_" and ".", got ${JSON.stringify(name)}. It appears in logs.`,
    );
  }
  const key = createApiKey();
  process.stdout.write(`The key of "${name}". It is shown only now; its caller sends it as "Authorization: Bearer …":

  ${key}

Its entry for API_KEYS, which does not show the key:

  ${name}:${sha256Hex(key)}
`);
}

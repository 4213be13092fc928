import { setTimeout as sleep } from 'node:timers/promises';
import type { PluginToken } from './plugin-token.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Gets the first token, however long the user API is away. Resolves with false where `signal` aborted before that. */
export async function warmUp(pluginToken: PluginToken, signal: AbortSignal): Promise<boolean> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await pluginToken.get(signal);
      return true;
    } catch {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

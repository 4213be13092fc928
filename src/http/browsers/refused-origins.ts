import type { Log } from '../../telemetry/log.ts';

/** Anyone can make up origins. */
const MOST_ORIGINS = 100;
/** A host name has at most 253 characters. */
const MAX_LENGTH = 270;

const NOT_LISTED =
  'A page of another origin may not send requests. To allow it, add its origin to CORS_ORIGINS (option corsOrigins).';
const WITHOUT_SITE =
  'A page without an http origin may not send requests: a local file, a sandboxed frame or an app. Serve it from a site, and add that to CORS_ORIGINS (option corsOrigins).';
const NO_MORE = 'Further origins that may not send requests are not logged.';

/** Logs each refused origin once, for the operator to add it to the settings. */
export function createRefusedOriginLog(log: Log): (origin: string) => void {
  const logged = new Set<string | undefined>();

  return (sent) => {
    const origin = isSite(sent) ? sent : undefined;
    if (logged.has(origin) || logged.size > MOST_ORIGINS) return;
    logged.add(origin);
    if (logged.size > MOST_ORIGINS) log('warn', NO_MORE);
    else log('warn', origin === undefined ? WITHOUT_SITE : NOT_LISTED, { origin });
  };
}

const isSite = (text: string): boolean =>
  text.length <= MAX_LENGTH && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** What to do next, in one sentence. @param code of the gateway's error, or why it was not reached. */
export function forgetAdvice(code: string | undefined, origin: string, hasCredential: boolean): string {
  const byCode: Readonly<Record<string, string>> = {
    UNAUTHENTICATED: hasCredential
      ? 'Check the credential: the gateway does not know it, or it has ended. They are not forgotten.'
      : 'Put an API key or a token with the scope cache:forget into GATEWAY_CREDENTIAL, or name its file with --credential-file.',
    FORBIDDEN:
      'Use a credential with the scope cache:forget (to name an e-mail address also email:read), for a tenant that it may name; or, where the gateway has no AUTH, ask on its own machine.',
    BAD_USER_INPUT: 'Check what you gave: they are not forgotten.',
    RATE_LIMITED: 'Run this again in a minute: they are not forgotten.',
    FORGET_INCOMPLETE: 'Run this again until it succeeds: it is harmless to forget somebody twice.',
    AUTHENTICATION_UNAVAILABLE: 'Run this again in a minute: they are not forgotten.',
    INTERNAL_SERVER_ERROR: 'Look at the log of the gateway, and run this again: they may not be forgotten.',
    ECONNREFUSED: `Nothing listens at ${origin}: check --url, and that the gateway runs.`,
    ENOTFOUND: `There is no host of this name: check --url (${origin}).`,
    BAD_PORT: `Have the gateway listen on another port: Node, as browsers, asks nothing of this one (https://fetch.spec.whatwg.org/#port-blocking). They are not forgotten.`,
    TIMEOUT: 'Run this again: whether they are forgotten is not known.',
  };
  return (
    byCode[code ?? ''] ??
    `Check --url (${origin}), that a gateway of this version is there, and any proxy on the way: whether they are forgotten is not known.`
  );
}

import type { Plugin } from 'graphql-yoga';
import { z } from 'zod';
import type { ForgetEverywhere } from '../directory/forget.ts';
import type { UserIdentifier } from '../directory/identifiers.ts';
import { GatewayError } from '../errors.ts';
import { SCOPES, scopeChallenge } from './callers/authentication.ts';
import type { Caller, CallerOf } from './callers/caller.ts';
import type { OperationCheckOptions } from './limits/operation-check.ts';
import { refusalResponse } from './refusal.ts';

interface ForgetEndpointOptions {
  forget: ForgetEverywhere;
  callerOf: CallerOf;
  /** Decides by the caller. */
  admit: OperationCheckOptions['admit'];
  /** Called with a fault of the gateway. */
  onFault(error: unknown): void;
}

const EMAIL_SCOPES = `${SCOPES.forget} ${SCOPES.email}`;

const METHOD_NOT_ALLOWED = 405;
const TOO_LARGE = 413;
const UNSUPPORTED = 415;

/**
 * Answers `POST /forget`, with a body such as `{"key":"…"}`, when that user is forgotten everywhere. Without a call to the user API, so
 * that it never shows whether there is such a user. Always JSON: a page of another site cannot send that without a preflight.
 */
export function useForget({ forget, callerOf, admit, onFault }: ForgetEndpointOptions): Plugin {
  return {
    async onRequest({ request, url, endResponse }) {
      if (url.pathname !== '/forget') return;
      try {
        endResponse(refuseUnread(request, callerOf(request)) ?? (await answer(request)));
      } catch (error) {
        if (!(error instanceof GatewayError)) onFault(error);
        endResponse(refusalResponse(error instanceof GatewayError ? error : failedInside()));
      }
    },
  };

  async function answer(request: Request): Promise<Response> {
    const name = await readForgetBody(request.body);
    if (name === 'too large') return tooLarge();
    if (name instanceof GatewayError) return refusalResponse(name);
    // How many entries there are of an address shows whose it is.
    if (name.kind === 'email' && !callerOf(request).mayReadEmail) return emailScopeMissing();
    const refusal = await admit({ identifiers: 1, addresses: 0, tenants: tenantsOf(name) }, request);
    if (refusal) return refusalResponse(refusal);
    const { entries, replicas } = await forget(name);
    return Response.json({ forgotten: true, entries, replicas }, { statusText: 'OK' });
  }
}

/** @returns why a request is refused before its body is read. */
function refuseUnread(request: Request, caller: Caller): Response | undefined {
  if (request.method !== 'POST') {
    return refusalResponse(badInput('Expected a POST.'), { allow: 'POST' }, METHOD_NOT_ALLOWED);
  }
  if (!caller.mayForget) {
    return refusalResponse(scopeMissing(), { 'www-authenticate': scopeChallenge(SCOPES.forget) });
  }
  if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    return refusalResponse(badInput('Expected "content-type: application/json".'), {}, UNSUPPORTED);
  }
  if ((request.headers.get('content-encoding') ?? 'identity') !== 'identity') {
    const uncompressed = badInput('Expected a body that is not compressed. Send it without content-encoding.');
    return refusalResponse(uncompressed, { 'accept-encoding': 'identity' }, UNSUPPORTED);
  }
  return Number(request.headers.get('content-length')) > MAX_FORGET_BYTES ? tooLarge() : undefined;
}

const tenantsOf = ({ tenantKey }: UserIdentifier): ReadonlySet<string> =>
  new Set(tenantKey === undefined ? [] : [tenantKey]);

const badInput = (message: string) => new GatewayError('BAD_USER_INPUT', message);

/** What is still to come is not read, so the connection is of no further use. */
const tooLarge = () =>
  refusalResponse(
    badInput(`The body of a request to forget may have at most ${MAX_FORGET_BYTES} bytes; this one has more.`),
    { connection: 'close' },
    TOO_LARGE,
  );

const scopeMissing = () =>
  new GatewayError(
    'FORBIDDEN',
    `Expected a credential with the scope ${SCOPES.forget}, got one without it. Use another credential.`,
  );

const emailScopeMissing = () =>
  refusalResponse(
    new GatewayError(
      'FORBIDDEN',
      `Expected a credential with the scopes ${EMAIL_SCOPES}, got one without ${SCOPES.email}. Name the user by "key" or "outId", or use another credential.`,
    ),
    { 'www-authenticate': scopeChallenge(EMAIL_SCOPES) },
  );

const failedInside = () =>
  new GatewayError('INTERNAL_SERVER_ERROR', 'The gateway failed inside. Its operator finds the cause in the log.');

/** A name takes at most some hundred bytes. */
const MAX_FORGET_BYTES = 4_096;

/** A JSON number could not hold a user key, so each of them is text. */
const bodyShape = z.union([
  z.strictObject({ key: z.string() }).transform(({ key }): UserIdentifier => ({ kind: 'key', identifier: key })),
  z
    .strictObject({ outId: z.string() })
    .transform(({ outId }): UserIdentifier => ({ kind: 'outId', identifier: outId })),
  z
    .strictObject({ email: z.string(), tenantKey: z.string().optional() })
    .transform(({ email, tenantKey }): UserIdentifier => ({ kind: 'email', identifier: email, tenantKey })),
]);

/** @returns the identifier in a body, or why there is none; `too large` where the rest is not read. */
async function readForgetBody(body: ReadableStream<Uint8Array> | null) {
  // Nothing but its client ends a body before it is whole.
  const bytes = await readAtMost(MAX_FORGET_BYTES, body).catch(() => 'cut off' as const);
  if (bytes === 'cut off')
    return new GatewayError('BAD_USER_INPUT', 'Expected a whole body, got a part of it. Send the request again.');
  if (!bytes) return 'too large';
  const parsed = bodyShape.safeParse(jsonOf(bytes));
  return parsed.success
    ? parsed.data
    : new GatewayError(
        'BAD_USER_INPUT',
        'Expected JSON with one of "key", "outId" and "email" as text, beside an e-mail address "tenantKey" or nothing, got something else.',
      );
}

/** @returns `undefined` where there is more. */
async function readAtMost(most: number, body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | undefined> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    chunks.push(part.value);
    size += part.value.byteLength;
    if (size <= most) continue;
    void reader?.cancel().catch(() => {});
    return undefined;
  }
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

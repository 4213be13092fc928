import type { TypedDocumentString } from './generated/graphql.ts';

/** What one request took: `extensions.receipt`, of which this page shows a part. */
export interface Receipt {
  readonly upstreamCalls: number;
  readonly cacheHits: number;
}

export interface GatewayFault {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

export interface Answer<Data> {
  /** `null` where the request was refused as a whole; then `errors` say why. */
  readonly data?: Data | null;
  readonly errors?: readonly GatewayFault[];
  readonly extensions?: { readonly receipt?: Receipt };
}

export interface GatewayOptions {
  /** Where it is. @default '/graphql', of the page's own site */
  readonly url?: string | undefined;
  /** For gateways with `AUTH`: an API key, or a token. @default none */
  readonly credential?: string | undefined;
  /** Names documents by their hash: a gateway with `TRUSTED_DOCUMENTS` runs no others. @default false */
  readonly sendsHashes?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks one operation. It never throws but for `signal`: what kept it from an answer is an error like those of the gateway. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { url = '/graphql', credential, sendsHashes = false, signal }: GatewayOptions = {},
): Promise<Answer<Data>> {
  const { __meta__: about } = document;
  const named = sendsHashes ? { documentId: about?.hash } : { query: document.toString() };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        'x-lookup-receipt': 'true',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ ...named, variables }),
      ...(signal && { signal }),
    });
    return await answerOf(response);
  } catch (error) {
    if (signal?.aborted) throw error;
    return unanswered(error instanceof Error ? error.message : String(error));
  }
}

async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer)) {
      return answer as Answer<Data>;
    }
  } catch {
    // A page of a proxy, for example: told below.
  }
  return unanswered(`Expected an answer in JSON, got status ${response.status}.`);
}

/** A code of this page's own, beside those of the gateway. */
const unanswered = (message: string): Answer<never> => ({ errors: [{ message, extensions: { code: 'NO_ANSWER' } }] });

/** Ties what all services do for one request together, in their logs and traces. */
const TRACE = ['traceparent', 'tracestate'];
/** Who asks: a key or token for lark-user-gateway, and on whose behalf, with LARK_IDENTITY=caller. For nobody else's eyes. */
const CREDENTIALS = ['authorization', 'x-lark-user-token'];

/**
 * What a request to a subgraph takes over from the one that came in.
 * @param {string} subgraph
 * @param {(name: string) => string | null | undefined} incoming
 * @returns {Record<string, string>}
 */
export function forwardedHeaders(subgraph, incoming) {
  const names = subgraph === 'users' ? [...TRACE, ...CREDENTIALS] : TRACE;
  return Object.fromEntries(names.flatMap((name) => (incoming(name) ? [[name, String(incoming(name))]] : [])));
}

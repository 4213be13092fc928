/** W3C Trace Context: version, trace id, parent id, flags. Only versions after 00 may have more behind. */
const TRACE_PARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-[\w.-]*)?$/;

/** The trace id of a `traceparent` header; `undefined` where there is none, or not a valid one. */
export function traceIdOf(header: string | null): string | undefined {
  const [, version, traceId, more] = TRACE_PARENT.exec(header ?? '') ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}

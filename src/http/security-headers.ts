/** What is no page must not be taken for one, whatever is in it. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/** Say to browsers and caches that an answer is data, for whoever asked only. On every answer, also on what is refused early. */
export const SECURITY_HEADERS = {
  'content-security-policy': NO_PAGE,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // People are nobody else's: no cache between here and the caller keeps them.
  'cache-control': 'no-store',
} as const;

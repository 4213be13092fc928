/** Says of each text whether it comes for the first time. Only the latest `limit` texts are remembered. */
export function onceOnly(limit = 10_000): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => {
    if (seen.has(text)) return false;
    seen.add(text);
    const [oldest] = seen;
    if (seen.size > limit && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}

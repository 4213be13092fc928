/**
 * The same text, for what keeps it longer than a request. A text that was cut out of another, as identifiers are out of documents and
 * answers, keeps all of that in memory: megabytes, and whoever else is in it.
 */
export const ownText = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

import { z } from 'zod';
import type { GatewayOptions } from '../gateway-options.ts';
import { mistakesIn, type TrustedDocuments } from '../http/documents/trusted-documents.ts';
import { createSchema } from '../schema/schema.ts';
import { readTextFile, whyUnreadable } from '../text-file.ts';
import { got } from './setting.ts';
import type { Settings } from './settings.ts';

/** What is shown to browsers and to strangers. */
export interface ExposureConfig
  extends Pick<
    GatewayOptions,
    | 'corsOrigins'
    | 'corsAllowedHeaders'
    | 'csrfPrevention'
    | 'introspection'
    | 'subgraphSdl'
    | 'trustReferences'
    | 'trustedDocuments'
  > {
  readonly showsGraphiql: boolean;
}

/** Mistakes are added to `mistakes`. */
export function exposureConfig(values: Settings, isProduction: boolean, mistakes: string[]): ExposureConfig {
  const { TRUSTED_DOCUMENTS: path, GRAPHIQL: graphiql } = values;
  if (path !== undefined && graphiql === true) {
    mistakes.push(
      'GRAPHIQL: GraphiQL sends documents of its own, and TRUSTED_DOCUMENTS refuses them. Set one of them.',
    );
  }
  return {
    corsOrigins: values.CORS_ORIGINS === undefined ? undefined : originsOf(values.CORS_ORIGINS, mistakes),
    corsAllowedHeaders: values.CORS_ALLOWED_HEADERS,
    csrfPrevention: values.CSRF_PREVENTION ?? true,
    introspection: values.INTROSPECTION ?? !isProduction,
    subgraphSdl: values.SUBGRAPH_SDL,
    trustReferences: values.TRUST_REFERENCES ?? false,
    trustedDocuments: path === undefined ? undefined : readDocuments(path, mistakes),
    showsGraphiql: graphiql ?? (!isProduction && path === undefined),
  };
}

function originsOf(text: string, mistakes: string[]): string[] {
  const origins = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const origin of origins.filter((one) => !isOrigin(one))) {
    mistakes.push(
      `CORS_ORIGINS: expected sites as browsers name them, such as https://app.example.com, ${got(origin)}. A "*" or "null" would let in any page.`,
    );
  }
  return origins;
}

const isOrigin = (text: string) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;

const documentsFile = z.record(z.string(), z.string());
/** The first few show what is wrong. */
const MAX_REPORTED = 5;

function readDocuments(path: string, mistakes: string[]): TrustedDocuments {
  const refuse = (why: string) => {
    mistakes.push(`TRUSTED_DOCUMENTS names ${path}, ${why}.`);
    return {};
  };
  let json: unknown;
  try {
    json = JSON.parse(readTextFile(path));
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'which is not JSON' : `which ${whyUnreadable(error)}`);
  }
  const documents = documentsFile.safeParse(json);
  if (!documents.success) return refuse('where an object of ids and documents was expected');
  if (Object.keys(documents.data).length === 0) return refuse('which has no document');
  const wrong = mistakesIn(documents.data, createSchema());
  for (const why of wrong.slice(0, MAX_REPORTED)) mistakes.push(`TRUSTED_DOCUMENTS: ${why}`);
  if (wrong.length > MAX_REPORTED) mistakes.push(`TRUSTED_DOCUMENTS: ${wrong.length - MAX_REPORTED} more of the kind.`);
  return documents.data;
}

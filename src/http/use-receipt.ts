import type { Plugin } from 'graphql-yoga';
import type { Receipt } from '../directory/receipt.ts';
import type { SchemaContext } from '../schema/builder.ts';
import { type AskedHeaders, wantsReceipt } from './request-headers.ts';
import { isAsyncIterable } from './yoga-library.ts';

/** Adds `extensions.receipt` to the answer, where the request asks for it, and a header where people are stale. */
export function useReceipt(): Plugin<SchemaContext> {
  return {
    onExecute({ args }) {
      const { request, receipt } = args.contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          const told = receiptExtensions(request.headers, receipt);
          if (told) setResult({ ...result, extensions: { ...result.extensions, ...told } });
        },
      };
    },
  };
}

/** What an answer tells of its receipt; `undefined` for nothing. `http` is not sent, but makes a header. */
export function receiptExtensions(headers: AskedHeaders, receipt: Receipt): Record<string, unknown> | undefined {
  const isWanted = wantsReceipt(headers);
  if (!isWanted && receipt.stale === 0) return undefined;
  return {
    ...(isWanted && { receipt }),
    ...(receipt.stale > 0 && { http: { headers: { 'x-lookup-stale': String(receipt.stale) } } }),
  };
}

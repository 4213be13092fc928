import type { Plugin } from 'graphql-yoga';
import type { Receipt } from '../directory/receipt.ts';
import type { SchemaContext } from '../schema/builder.ts';
import type { AskedHeaders } from './request-headers.ts';
import { isAsyncIterable } from './yoga-library.ts';

/** Adds `extensions.receipt` to responses whose request sends `x-lookup-receipt: true`, and a header where users are stale. */
export function useReceipt(): Plugin<SchemaContext> {
  return {
    onExecute({ args }) {
      const { request, receipt } = args.contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          const extensions = receiptExtensions(request.headers, receipt);
          if (extensions) setResult({ ...result, extensions: { ...result.extensions, ...extensions } });
        },
      };
    },
  };
}

/** @returns the extensions of a response; `undefined` for none. `http` is not sent, but makes a header. */
export function receiptExtensions(headers: AskedHeaders, receipt: Receipt): Record<string, unknown> | undefined {
  const isWanted = headers.get('x-lookup-receipt') === 'true';
  if (!isWanted && receipt.stale === 0) return undefined;
  return {
    ...(isWanted && { receipt }),
    ...(receipt.stale > 0 && { http: { headers: { 'x-lookup-stale': String(receipt.stale) } } }),
  };
}

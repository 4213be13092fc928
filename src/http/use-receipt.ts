import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { SchemaContext } from '../schema/builder.ts';
import { wantsReceipt } from './request-headers.ts';

/** Adds `extensions.receipt` to the answer, where the request asks for it, and a header where people are stale. */
export function useReceipt(): Plugin<SchemaContext> {
  return {
    onExecute({ args }) {
      const { request, receipt } = args.contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          const extensions = {
            ...result.extensions,
            ...(wantsReceipt(request) && { receipt }),
            ...(receipt.stale > 0 && { http: { headers: { 'x-lookup-stale': String(receipt.stale) } } }),
          };
          if (Object.keys(extensions).length > 0) setResult({ ...result, extensions });
        },
      };
    },
  };
}

import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { SchemaContext } from '../schema/builder.ts';
import { wantsReceipt } from './request-headers.ts';

/** Adds `extensions.receipt` to the answer, where the request asks for it. */
export function useReceipt(): Plugin<SchemaContext> {
  return {
    onExecute({ args }) {
      const { request, receipt } = args.contextValue;
      if (!wantsReceipt(request)) return undefined;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          setResult({ ...result, extensions: { ...result.extensions, receipt } });
        },
      };
    },
  };
}

import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isAsyncIterable } from './yoga-library.ts';

/**
 * Lists errors in the order of their places in the data, as the fast path does: the executor lists them as they come, which depends on
 * which lookup ends first.
 */
export function useErrorOrder(): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone({ result, setResult }) {
        if (isAsyncIterable(result) || !result.errors || result.errors.length < 2) return;
        setResult({ ...result, errors: inOrder(result.errors, result.data) });
      },
    }),
  };
}

function inOrder(errors: readonly GraphQLError[], data: unknown): GraphQLError[] {
  const places = new Map(errors.map((error) => [error, placeOf(error, data)]));
  return errors.toSorted((one, other) => compare(places.get(one) ?? [], places.get(other) ?? []));
}

/** The path as numbers: which item of a list, which field of an object. It ends where the data does, at what is null. */
function placeOf({ path = [] }: GraphQLError, data: unknown): number[] {
  const place: number[] = [];
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) break;
    place.push(typeof step === 'number' ? step : Object.keys(value).indexOf(step));
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return place;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let depth = 0; depth < Math.min(one.length, other.length); depth++) {
    const difference = (one[depth] ?? 0) - (other[depth] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { isAcceptable } from './accept.ts';
import { refusalResponse } from './refusal.ts';

const NOT_ACCEPTABLE = 406;

/** Answers 406 to whoever accepts no answer that there can be: Yoga would find out when it has one, after the calls for it. */
export function useAcceptable(): Plugin {
  return {
    onRequestParse({ request, endResponse }) {
      if (isAcceptable(request.headers.get('accept'))) return;
      const message =
        'Expected "accept: application/graphql-response+json" or "accept: application/json", in UTF-8, got neither.';
      endResponse(refusalResponse(new GatewayError('BAD_USER_INPUT', message), {}, NOT_ACCEPTABLE));
    },
  };
}

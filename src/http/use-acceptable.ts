import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { refusalResponse } from './refusal.ts';

/** What Yoga can answer with. The first two are for answers in parts, of which there are none here; it takes them all the same. */
const ANSWERED = [
  ['text', 'event-stream'],
  ['multipart', 'mixed'],
  ['application', 'graphql-response+json'],
  ['application', 'json'],
] as const;

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

/** By Yoga's rules, which know no weights. */
function isAcceptable(accept: string | null): boolean {
  const ranges = (accept || '*/*').replaceAll(/\s/g, '').toLowerCase().split(',');
  return ranges.some((range) => {
    const [name = '', ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset=')) ?? 'charset=utf-8';
    const [type, subtype] = name.split('/');
    const isAsked = (asked: string | undefined, answered: string) => asked === '*' || asked === answered;
    return charset === 'charset=utf-8' && ANSWERED.some((one) => isAsked(type, one[0]) && isAsked(subtype, one[1]));
  });
}

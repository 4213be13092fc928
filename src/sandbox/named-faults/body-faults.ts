import type { Reply } from '../reply.ts';
import { encodeBody } from '../send-reply.ts';
import { defineFault } from './named-fault.ts';
import { headerText, share, wholeNumber } from './parameter.ts';

const HTML = { 'content-type': 'text/html; charset=utf-8' };

/** Replies of sound HTTP that are not what the API would say. */
export const bodyFaults = {
  truncate: defineFault({
    about: 'a whole reply whose JSON breaks off: keep is the share that is left',
    parameters: { keep: share(0.5) },
    strike: ({ keep }, { answer }) => {
      const reply = answer();
      const { bytes } = encodeBody(reply.body);
      // At least the last byte goes, or nothing would be broken.
      return asJson(reply, bytes.subarray(0, Math.min(Math.floor(bytes.length * keep), bytes.length - 1)));
    },
  }),

  'trailing-text': defineFault({
    about: 'the true answer with something behind its end',
    parameters: { text: headerText('<!-- served by proxy-7 -->') },
    strike: ({ text }, { answer }) => {
      const reply = answer();
      return asJson(reply, Buffer.concat([encodeBody(reply.body).bytes, Buffer.from(text)]));
    },
  }),

  empty: defineFault({
    about: 'no body at all',
    parameters: { status: wholeNumber(200, 599, 200) },
    strike: ({ status }) => ({ status, headers: { 'content-type': 'application/json' }, body: '' }),
  }),

  html: defineFault({
    about: "a proxy's or a login's page: status 502, 503, 200 …",
    parameters: { status: wholeNumber(200, 599, 502) },
    strike: ({ status }) => ({
      status,
      headers: HTML,
      body: `<!doctype html>\n<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>nginx</body></html>\n`,
    }),
  }),

  'wrong-content-type': defineFault({
    about: 'the true answer under another content-type',
    parameters: { type: headerText('text/html; charset=utf-8') },
    strike: ({ type }, { answer }) => withHeader(answer(), 'content-type', type),
  }),

  'wrong-encoding': defineFault({
    about: 'the true answer, which only says that it is compressed: encoding gzip, br …',
    parameters: { encoding: headerText('gzip') },
    strike: ({ encoding }, { answer }) => withHeader(answer(), 'content-encoding', encoding),
  }),

  redirect: defineFault({
    about: 'a redirect to location, which nobody should follow',
    parameters: { status: wholeNumber(300, 399, 302), location: headerText('/') },
    strike: ({ status, location }) => ({ status, headers: { location }, body: '' }),
  }),
};

function asJson(reply: Reply, body: Buffer): Reply {
  const headers = { 'content-type': encodeBody(reply.body).contentType, ...reply.headers };
  return { ...reply, headers, body };
}

function withHeader(reply: Reply, name: string, value: string): Reply {
  return { ...reply, headers: { ...reply.headers, [name]: value } };
}

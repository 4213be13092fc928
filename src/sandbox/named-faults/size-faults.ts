import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeBody } from '../send-reply.ts';
import { defineFault } from './named-fault.ts';
import { wholeNumber, yesNo } from './parameter.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * Replies that are too much. The JSON in them is the true answer behind blanks, which are valid: whoever refuses it does so
 * for its size. They are made while they are sent, so that they cost the sandbox no memory.
 */
export const sizeFaults = {
  oversized: defineFault({
    about: 'the true answer blown up to bytes; chunked=true does not announce how long it is',
    parameters: { bytes: wholeNumber(1, 1_000_000_000, 10_000_000), chunked: yesNo(false) },
    strike: ({ bytes, chunked }, { call, answer }) => {
      const reply = answer();
      const body = encodeBody(reply.body);
      return (response) => {
        const length = Math.max(bytes, body.bytes.length);
        response.writeHead(reply.status, {
          'content-type': body.contentType,
          'x-tt-logid': call.logId,
          ...(chunked ? {} : { 'content-length': length }),
        });
        return pipeline(Readable.from(padded(body.bytes, length)), response);
      };
    },
  }),

  'gzip-bomb': defineFault({
    about: 'the true answer blown up to bytes and compressed to about a thousandth',
    parameters: { bytes: wholeNumber(1, 1_000_000_000, 100_000_000) },
    strike: ({ bytes }, { call, answer }) => {
      const reply = answer();
      const body = encodeBody(reply.body);
      return (response) => {
        const headers = { 'content-type': body.contentType, 'content-encoding': 'gzip', 'x-tt-logid': call.logId };
        response.writeHead(reply.status, headers);
        return pipeline(Readable.from(padded(body.bytes, bytes)), createGzip(), response);
      };
    },
  }),

  'huge-headers': defineFault({
    about: 'the true answer with a header of bytes',
    parameters: { bytes: wholeNumber(1, 10_000_000, 40_000) },
    strike: ({ bytes }, { answer }) => {
      const reply = answer();
      return { ...reply, headers: { ...reply.headers, 'x-huge': 'x'.repeat(bytes) } };
    },
  }),
};

/** `content` behind as many blanks as it takes to make `length` bytes. */
function* padded(content: Buffer, length: number): Generator<Buffer> {
  const blanks = Buffer.alloc(CHUNK_BYTES, ' ');
  for (let left = length - content.length; left > 0; left -= CHUNK_BYTES) yield blanks.subarray(0, left);
  yield content;
}

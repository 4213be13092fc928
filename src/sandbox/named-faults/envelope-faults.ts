import type { InterfaceName } from '../faults.ts';
import { defineFault } from './named-fault.ts';
import { choice, wholeNumber } from './parameter.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where each interface keeps its error code, and what `data` cannot do without. */
const PLACES: Readonly<Record<InterfaceName, { code(body: Fields, code: unknown): Fields; readonly key: string }>> = {
  user_query: { code: (body, code) => ({ ...body, err_code: code }), key: 'user_key' },
  plugin_token: { code: (body, code) => ({ ...body, error: { ...(body.error as Fields), code } }), key: 'token' },
};

const ENVELOPE_SHAPES = [
  'code-text',
  'no-code',
  'no-data',
  'data-null',
  'data-object',
  'data-text',
  'proto',
  'null',
  'list',
] as const;

/** An own property, as `JSON.parse` makes it; an object literal would set the prototype instead. */
const withProto = (fields: Fields): Fields => ({
  ...Object.fromEntries([['__proto__', { isAdmin: true, user_key: 'polluted' }]]),
  ...fields,
});

const ROW_SHAPES = ['null', 'number', 'list', 'no-key', 'numeric-key', 'empty-key', 'proto'] as const;

/** A row, or the data of a token reply, in a shape of its own. */
function misshape(row: unknown, shape: (typeof ROW_SHAPES)[number], key: string): unknown {
  const fields = row as Fields;
  const { [key]: _value, ...others } = fields;
  const shapes: Readonly<Record<typeof shape, () => unknown>> = {
    null: () => null,
    number: () => 7,
    list: () => [fields[key]],
    'no-key': () => others,
    'numeric-key': () => ({ ...fields, [key]: Number(fields[key]) || 7 }),
    'empty-key': () => ({ ...fields, [key]: '' }),
    proto: () => withProto(fields),
  };
  return shapes[shape]();
}

/** JSON, but not in the shape that was promised. Errors are left as they are: there is no data in them to spoil. */
export const envelopeFaults = {
  'malformed-envelope': defineFault({
    about: 'the true answer in another shape, the envelope as a whole',
    parameters: { shape: choice(ENVELOPE_SHAPES, 'code-text') },
    strike: ({ shape }, { call, answer }) => {
      const reply = answer();
      if (reply.status !== 200) return undefined;
      const body = reply.body as Fields;
      const { code } = PLACES[call.interface];
      const shapes: Readonly<Record<typeof shape, () => unknown>> = {
        'code-text': () => code(body, '0'),
        'no-code': () => code(body, undefined),
        'no-data': () => ({ ...body, data: undefined }),
        'data-null': () => ({ ...body, data: null }),
        'data-object': () => ({ ...body, data: { 0: body.data } }),
        'data-text': () => ({ ...body, data: JSON.stringify(body.data) }),
        proto: () => withProto(body),
        null: () => null,
        list: () => [body],
      };
      return { ...reply, body: shapes[shape]() };
    },
  }),

  'malformed-rows': defineFault({
    about: 'the first rows of the answer (or the data of a token) in another shape',
    parameters: { shape: choice(ROW_SHAPES, 'null'), rows: wholeNumber(1, 100, 1) },
    strike: ({ shape, rows }, { call, answer }) => {
      const reply = answer();
      if (reply.status !== 200) return undefined;
      const body = reply.body as Fields;
      const { key } = PLACES[call.interface];
      const { data } = body;
      const spoilt = Array.isArray(data)
        ? data.map((row: unknown, at) => (at < rows ? misshape(row, shape, key) : row))
        : misshape(data, shape, key);
      return { ...reply, body: { ...body, data: spoilt } };
    },
  }),
};

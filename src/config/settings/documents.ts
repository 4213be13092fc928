import { z } from 'zod';
import { onOff, setting } from '../setting.ts';

export const documentSettings = {
  INTROSPECTION: setting(onOff, {
    about:
      'Answers questions about the schema, and tells in errors what somebody may have meant. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  SUBGRAPH_SDL: setting(onOff, {
    about: 'Tells supergraphs the schema as text, by _service and _sdl. Without it, as INTROSPECTION.',
    value: 'true|false',
    isSwitch: true,
  }),
  TRUST_REFERENCES: setting(onOff, {
    about:
      'Looks nobody up of whom a query of a supergraph wants only what its reference tells already; so such a person need not exist.',
    default: 'false',
    value: 'true|false',
    isSwitch: true,
  }),
  TRUSTED_DOCUMENTS: setting(z.string(), {
    about:
      'A JSON file of documents by their ids, as the client preset of GraphQL Code Generator writes it: only these are run.',
    value: 'file',
  }),
} as const;

import { z } from 'zod';
import { onOff, setting } from '../setting.ts';

export const documentSettings = {
  INTROSPECTION: setting(onOff, {
    about: 'Answers introspection, and suggests names in errors. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  SUBGRAPH_SDL: setting(onOff, {
    about: 'Serves the schema as text to supergraphs, by _service and _sdl. Without it, as INTROSPECTION.',
    value: 'true|false',
    isSwitch: true,
  }),
  TRUST_REFERENCES: setting(onOff, {
    about:
      'Answers entities of a supergraph without a lookup where only fields of the reference are selected; such a user need not exist.',
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

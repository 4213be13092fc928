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
  TRUSTED_DOCUMENTS: setting(z.string(), {
    about:
      'A JSON file of documents by their ids, as the client preset of GraphQL Code Generator writes it: only these are run.',
    value: 'file',
  }),
} as const;

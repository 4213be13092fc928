import { z } from 'zod';
import { expected, onOff, setting } from '../setting.ts';

export const browserSettings = {
  GRAPHIQL: setting(onOff, {
    about: 'Serves GraphiQL to browsers at /graphql. Off by default with NODE_ENV=production.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
  CORS_ORIGINS: setting(z.string(), {
    about:
      'Origins whose scripts may send requests and read responses, separated by commas: https://app.example.com. Without it, pages of this host only; with made-up users also those of localhost, 127.0.0.1 and [::1], on any port.',
    value: 'origins',
  }),
  CORS_ALLOWED_HEADERS: setting(
    z
      .string()
      .refine(
        (text) => text.split(',').every((name) => /^ *[\w.-]{1,100} *$/.test(name)),
        expected('names of headers such as x-app-version, separated by commas'),
      )
      .transform((text) => text.split(',').map((name) => name.trim())),
    {
      about:
        "Request headers that scripts of CORS_ORIGINS may set, separated by commas, beside the gateway's own, those of Apollo Client and those of W3C tracing.",
      value: 'names',
    },
  ),
  CSRF_PREVENTION: setting(onOff, {
    about:
      'Refuses requests that a page of any site could send without a preflight: those that are neither JSON nor have a header of their own.',
    default: 'true',
    value: 'true|false',
    isSwitch: true,
  }),
} as const;

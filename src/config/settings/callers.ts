import { z } from 'zod';
import { expected, httpUrl, list, onOff, setting, wholeNumber } from '../setting.ts';

export const callerSettings = {
  AUTH: setting(z.enum(['none', 'api-key', 'jwt'], expected('none, api-key or jwt')), {
    about:
      'How callers authenticate: none (not at all; only on a loopback HOST or with the sandbox), api-key or jwt, sent as "Authorization: Bearer …".',
    default: 'none',
    value: 'none|api-key|jwt',
  }),
  API_KEYS: setting(z.string(), {
    about:
      'With AUTH=api-key: name:sha256, separated by commas, or in its file a line each, where a line that begins with # is a comment; the command "api-key <name>" makes one. Behind a semicolon what it may do: name:sha256;scopes=email:read+cache:refresh;tenants=t1+t2.',
    value: 'name:sha256hex,…',
    isSecret: true,
  }),
  JWT_JWKS_URL: setting(httpUrl, {
    about: 'With AUTH=jwt: where the issuer publishes its keys; https, or http on a loopback address.',
    value: 'url',
  }),
  JWT_ISSUER: setting(z.string(), { about: 'With AUTH=jwt: "iss" must equal it.', value: 'text' }),
  JWT_AUDIENCE: setting(z.string(), { about: 'With AUTH=jwt: "aud" must hold it.', value: 'text' }),
  JWT_ALGORITHMS: setting(list('names of algorithms'), {
    about: 'With AUTH=jwt: signatures that are accepted, separated by commas; never with a shared secret.',
    default: 'RS256,PS256,ES256,EdDSA',
    value: 'names',
  }),
  JWT_CLOCK_TOLERANCE_SECONDS: setting(wholeNumber(0, 300), {
    about: 'With AUTH=jwt: how far the clocks of issuer and gateway may differ.',
    default: '5',
    value: 'seconds',
  }),
  EMAIL_NEEDS_SCOPE: setting(onOff, {
    about: 'E-mail addresses, and lookups by them, are only for callers with the scope email:read.',
    default: 'false',
    value: 'true|false',
    isSwitch: true,
  }),
  IDENTIFIERS_PER_MINUTE: setting(wholeNumber(1, 100_000_000), {
    about:
      'Identifiers that one caller may ask for in each minute, cache hits included. Without AUTH there is no limit.',
    default: '30000',
    value: 'number',
  }),
  LARK_TENANT_KEYS: setting(list('keys of tenants'), {
    about:
      'The tenants that lookups by e-mail may name, separated by commas. Without it, any that the plugin is installed in. Lookups by key or out id find users of all of them.',
    value: 'keys',
  }),
} as const;

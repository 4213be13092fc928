// The tables of docs/library.md: the options of createGateway, as their interfaces in src/ tell them.
import { readFileSync } from 'node:fs';

/** Options that have options of their own, with where those are told and which of them count. */
const INNER = {
  auth: [
    ["With `kind: 'api-key'`, `keys` is a list of", 'src/http/callers/api-keys.ts', 'ApiKey'],
    ["With `kind: 'jwt'`:", 'src/http/callers/jwt.ts', 'JwtOptions'],
  ],
  cache: [['', 'src/directory/user-cache.ts', 'UserCacheOptions', ['clock']]],
  redis: [['', 'src/redis/redis-options.ts', 'RedisOptions']],
  retry: [['', 'src/policies/retry.ts', 'RetryOptions', ['clock', 'random']]],
  breaker: [['', 'src/policies/breaker.ts', 'BreakerOptions', ['clock']]],
  log: [['', 'src/telemetry/log.ts', 'LogOptions']],
};

/** Before its tables. */
const ABOUT = {
  auth: "`{ kind: 'none' }` accepts requests for host names of this machine only; `{ kind: 'none', hosts: 'any' }` accepts all.",
};

const OPTIONS = [
  ['src/upstream/transport.ts', 'TransportOptions'],
  ['src/upstream/upstream.ts', 'UpstreamOptions'],
  ['src/gateway-options.ts', 'GatewayOptions'],
];

/** @param table makes a table of Markdown out of a head and rows. */
export function optionsTables(table) {
  const head = ['option', 'type', 'default', 'what it does'];
  const all = table(head, OPTIONS.flatMap(([file, name]) => fieldsOf(file, name)).map(rowOf));
  const inner = Object.entries(INNER).map(([option, tables]) => {
    const parts = tables.map(([intro, file, name, without = []]) => {
      const fields = fieldsOf(file, name).filter((field) => !without.includes(field.name));
      return [intro, table(head, fields.map(rowOf))].filter(Boolean).join('\n\n');
    });
    return [`### ${option}`, ABOUT[option], ...parts].filter(Boolean).join('\n\n');
  });
  return [all, ...inner].join('\n\n');
}

const rowOf = ({ name, type, isNeeded, about, preset }) => [
  `\`${name}\``,
  name in INNER && type !== 'string' ? `[${name}](#${name})` : `\`${type}\``,
  isNeeded ? 'needed' : preset,
  about,
];

const FIELD = /^ {2}(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+)?(?:readonly )?(\w+)(\?)?(?:: ([^;{]+);|\()/gm;

/** @throws Error where there is no such interface, or a field of it has no docstring. */
function fieldsOf(file, name) {
  const [, body] =
    new RegExp(`interface ${name}(?: extends \\w+)? \\{\\n([\\s\\S]*?)\\n\\}`).exec(readFileSync(file, 'utf8')) ?? [];
  if (body === undefined) throw new Error(`${file}: expected an interface ${name}.`);
  return [...body.matchAll(FIELD)].map(([, doc, field, optional, type = 'function']) => {
    const words = (doc ?? '')
      .replace(/^\s*\* ?/gm, '')
      .replace(/\s+/g, ' ')
      .trim();
    if (words === '') throw new Error(`${file}: ${name}.${field} has no docstring.`);
    const [about = '', preset = ''] = words.split(/ ?@(?:default|param) /);
    return { name: field, type: type.replace(/ \| undefined$/, ''), isNeeded: optional === undefined, about, preset };
  });
}

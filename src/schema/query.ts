import type { Builder } from './builder.ts';
import { loadByEmail } from './email-access.ts';
import type { defineUser } from './user.ts';

const LIST_ANSWER =
  'Answers one entry for each identifier, in the order asked, repeats included: `null` for people not found. An identifier that is malformed or fails is `null` with an error at its own path; the others are not affected.';
const KEYS_ARE_TEXT = 'Always text, never a JSON number: 19 digits do not fit one.';

export function defineQuery(builder: Builder, User: ReturnType<typeof defineUser>): void {
  builder.queryType({
    description:
      'Look people up by what you know of them. All look-ups of a request leave together, up to 100 in one call.',
    fields: (t) => ({
      user: t.field({
        type: User,
        description:
          'One person by user key. `null` without an error means that there is no such person.\n\nExample: `{ user(key: "7000000000000000001") { name email } }`',
        args: { key: t.arg.id({ required: true, description: `The user key. ${KEYS_ARE_TEXT}` }) },
        extensions: { countIdentifiers: () => 1 },
        resolve: (_, { key }, { users }) => users.byKey.load(key),
      }),
      users: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `People by user key. ${LIST_ANSWER}`,
        args: { keys: t.arg.idList({ required: true, description: `The user keys. ${KEYS_ARE_TEXT}` }) },
        extensions: { countIdentifiers: (args) => lengthOf(args.keys) },
        resolve: (_, { keys }, { users }) => keys.map((key) => users.byKey.load(key)),
      }),
      usersByEmail: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `People by e-mail address, in any letter case. An address is found only if it is linked to Lark. ${LIST_ANSWER}`,
        args: {
          emails: t.arg.stringList({ required: true, description: 'Enterprise e-mail addresses.' }),
          tenantKey: t.arg.id({
            description:
              'The `saas_tenant_key` of the tenant to search. Without it, the own tenant of the plugin. An operation may name five at most.',
          }),
        },
        extensions: {
          countIdentifiers: (args) => lengthOf(args.emails),
          tenantKeyOf: ({ tenantKey }) => (typeof tenantKey === 'string' ? tenantKey : undefined),
        },
        resolve: (_, { emails, tenantKey }, context) => emails.map((email) => loadByEmail(context, email, tenantKey)),
      }),
      usersByOutId: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `People by out id, the Lark union id (\`on_…\`). ${LIST_ANSWER}`,
        args: { outIds: t.arg.idList({ required: true, description: 'The out ids.' }) },
        extensions: { countIdentifiers: (args) => lengthOf(args.outIds) },
        resolve: (_, { outIds }, { users }) => outIds.map((outId) => users.byOutId.load(outId)),
      }),
    }),
  });
}

const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);

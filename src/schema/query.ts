import type { Builder, UserContext } from './builder.ts';
import { loadUsers, type RequestedUsers, rejectedUsers, requestList } from './requested-users.ts';
import { type defineUser, emailForbidden } from './user.ts';

const LIST_RESULT =
  'One entry for each identifier, in the order requested, duplicates included: `null` for users not found. A malformed or failed identifier is `null` with an error at its own path; the others are not affected.';
const KEYS_ARE_STRINGS = 'Always a string: a JSON number loses the last of 19 digits.';

const byKey = ({ key }: { key: string }) => requestList({ kind: 'key', identifiers: [key] });
const byKeys = ({ keys }: { keys: readonly string[] }) => requestList({ kind: 'key', identifiers: keys });
const byOutIds = ({ outIds }: { outIds: readonly string[] }) => requestList({ kind: 'outId', identifiers: outIds });

function byEmails(
  args: { emails: readonly string[]; tenantKey?: string | null | undefined },
  context: UserContext,
): RequestedUsers {
  const { emails, tenantKey } = args;
  if (!context.mayReadEmail) return rejectedUsers(emails.length, emailForbidden());
  return requestList({ kind: 'email', identifiers: emails, tenantKey: tenantKey ?? undefined });
}

export function defineQuery(builder: Builder, User: ReturnType<typeof defineUser>): void {
  builder.queryType({
    description:
      'Look up users by key, e-mail address or out id. All lookups of a request are batched, up to 100 in one upstream call.\n\nThe number of identifiers per operation is limited, over all its fields and lists: an operation above the limit is rejected as a whole with `BAD_USER_INPUT`. Errors have a code in `extensions.code`; `docs/errors.md` of the gateway lists them, and which can be retried.',
    fields: (t) => ({
      user: t.field({
        type: User,
        description:
          'One user by user key; `null` without an error means that the user was not found.\n\nExample: `{ user(key: "7000000000000000001") { name email } }`',
        args: { key: t.arg.id({ required: true, description: `The user key. ${KEYS_ARE_STRINGS}` }) },
        extensions: { requestedUsers: byKey, countIdentifiers: () => 1 },
        resolve: (_, args, context) => loadUsers(byKey(args), context)[0],
      }),
      users: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `Users by user key. ${LIST_RESULT}`,
        args: { keys: t.arg.idList({ required: true, description: `The user keys. ${KEYS_ARE_STRINGS}` }) },
        extensions: { requestedUsers: byKeys, countIdentifiers: (args) => lengthOf(args.keys) },
        resolve: (_, args, context) => loadUsers(byKeys(args), context),
      }),
      usersByEmail: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `Users by e-mail address, case-insensitive. Only addresses that are linked to Lark are found. ${LIST_RESULT}`,
        args: {
          emails: t.arg.stringList({ required: true, description: 'Enterprise e-mail addresses.' }),
          tenantKey: t.arg.id({
            description:
              'The `saas_tenant_key` of the tenant to search, by default the tenant of the plugin. At most five per operation.',
          }),
        },
        extensions: {
          requestedUsers: byEmails,
          countIdentifiers: (args) => lengthOf(args.emails),
          tenantKeyOf: ({ tenantKey }) => (typeof tenantKey === 'string' ? tenantKey : undefined),
        },
        resolve: (_, args, context) => loadUsers(byEmails(args, context), context),
      }),
      usersByOutId: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `Users by out id, the Lark union id (\`on_…\`). ${LIST_RESULT}`,
        args: { outIds: t.arg.idList({ required: true, description: 'The out ids.' }) },
        extensions: { requestedUsers: byOutIds, countIdentifiers: (args) => lengthOf(args.outIds) },
        resolve: (_, args, context) => loadUsers(byOutIds(args), context),
      }),
    }),
  });
}

const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);

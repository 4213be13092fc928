import { type AskedPeople, askedList, loadAsked, refusedPeople } from './asked-people.ts';
import type { Builder, PeopleContext } from './builder.ts';
import { type defineUser, emailForbidden } from './user.ts';

const LIST_ANSWER =
  'Answers one entry for each identifier, in the order asked, repeats included: `null` for people not found. An identifier that is malformed or fails is `null` with an error at its own path; the others are not affected.';
const KEYS_ARE_TEXT = 'Always text, never a JSON number: 19 digits do not fit one.';

const byKey = ({ key }: { key: string }) => askedList({ kind: 'key', identifiers: [key] });
const byKeys = ({ keys }: { keys: readonly string[] }) => askedList({ kind: 'key', identifiers: keys });
const byOutIds = ({ outIds }: { outIds: readonly string[] }) => askedList({ kind: 'outId', identifiers: outIds });

function byEmails(
  args: { emails: readonly string[]; tenantKey?: string | null | undefined },
  context: PeopleContext,
): AskedPeople {
  const { emails, tenantKey } = args;
  if (!context.mayReadEmail) return refusedPeople(emails.length, emailForbidden());
  return askedList({ kind: 'email', identifiers: emails, tenantKey: tenantKey ?? undefined });
}

export function defineQuery(builder: Builder, User: ReturnType<typeof defineUser>): void {
  builder.queryType({
    description:
      'Look people up by what you know of them. All look-ups of a request leave together, up to 100 in one call.\n\nAn operation may name so many identifiers and no more, over all its fields and lists: one that names more is refused as a whole, with `BAD_USER_INPUT` and a message that tells the limit. Errors have a code in `extensions.code`; the page `docs/errors.md` of the gateway lists them, and says which are worth asking again.',
    fields: (t) => ({
      user: t.field({
        type: User,
        description:
          'One person by user key. `null` without an error means that there is no such person.\n\nExample: `{ user(key: "7000000000000000001") { name email } }`',
        args: { key: t.arg.id({ required: true, description: `The user key. ${KEYS_ARE_TEXT}` }) },
        extensions: { asksFor: byKey, countIdentifiers: () => 1 },
        resolve: (_, args, context) => loadAsked(byKey(args), context)[0],
      }),
      users: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `People by user key. ${LIST_ANSWER}`,
        args: { keys: t.arg.idList({ required: true, description: `The user keys. ${KEYS_ARE_TEXT}` }) },
        extensions: { asksFor: byKeys, countIdentifiers: (args) => lengthOf(args.keys) },
        resolve: (_, args, context) => loadAsked(byKeys(args), context),
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
          asksFor: byEmails,
          countIdentifiers: (args) => lengthOf(args.emails),
          tenantKeyOf: ({ tenantKey }) => (typeof tenantKey === 'string' ? tenantKey : undefined),
        },
        resolve: (_, args, context) => loadAsked(byEmails(args, context), context),
      }),
      usersByOutId: t.field({
        type: [User],
        nullable: { list: false, items: true },
        description: `People by out id, the Lark union id (\`on_…\`). ${LIST_ANSWER}`,
        args: { outIds: t.arg.idList({ required: true, description: 'The out ids.' }) },
        extensions: { asksFor: byOutIds, countIdentifiers: (args) => lengthOf(args.outIds) },
        resolve: (_, args, context) => loadAsked(byOutIds(args), context),
      }),
    }),
  });
}

const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);

import { GatewayError } from '../errors.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { Builder, UserContext } from './builder.ts';

type UserNameLocale = 'zh_cn' | 'en_us';

export function defineUser(builder: Builder) {
  const UserStatus = builder.enumType('UserStatus', {
    description: 'Whether a user can sign in to Lark.',
    values: {
      ACTIVATED: { value: 'activated', description: 'The user can sign in.' },
      FROZEN: { value: 'frozen', description: 'The account is suspended.' },
      RESIGNED: { value: 'resigned', description: 'The user has left.' },
      UNKNOWN: {
        value: 'unknown',
        description: 'A status that this gateway does not know, or none. `User.statusText` has the value of Lark.',
      },
    } as const,
  });

  const NameLocale = builder.enumType('UserNameLocale', {
    description: 'A language of `User.name`.',
    values: {
      ZH_CN: { value: 'zh_cn', description: 'Chinese, as written in mainland China.' },
      EN_US: { value: 'en_us', description: 'English.' },
    } as const satisfies Record<string, { value: UserNameLocale; description: string }>,
  });

  return builder.objectRef<LarkUser>('User').implement({
    description:
      'A user in Lark Project (Feishu Project, Meegle).\n\nA field other than `key` and `status` is `null` if Lark has no value, or the gateway has no permission to read it.',
    fields: (t) => ({
      key: t.exposeID('key', {
        nullable: false,
        description:
          'The user key, for example `"7000000000000000001"`: 19 digits. Always handle it as a string: as a JSON number it loses its last digits.',
      }),
      id: t.exposeID('key', {
        nullable: false,
        description:
          'Equal to `key`, so never `null`. Apollo Client, urql and Relay normalize their caches by this field: see `docs/client-caching.md`. Not in the SDL for supergraphs.',
      }),
      outId: t.exposeID('outId', { description: 'The Lark union id, for example `"on_95bed66540…"`.' }),
      username: t.string({
        description:
          'The sign-in name; in many tenants equal to `key`. `null` if it is an e-mail address that this caller may not read.',
        resolve: (user, _, context) => signInName(user, context),
      }),
      email: t.string({
        description:
          'The enterprise e-mail address, in the letter case of Lark. `FORBIDDEN` if the gateway requires the scope `email:read` and the caller does not have it.',
        resolve({ email }, _, { mayReadEmail }) {
          if (!mayReadEmail) throw emailForbidden();
          return email;
        },
      }),
      name: t.string({
        description:
          'The best display name: in the given language if Lark has one, else in another, else the sign-in name. `null` only if there is none.',
        args: {
          locale: t.arg({
            type: NameLocale,
            description: 'The preferred language, by default that of the name that Lark shows.',
          }),
        },
        resolve: (user, { locale }, context) => bestName(user, context, locale ?? undefined),
      }),
      nameCn: t.exposeString('nameCn', { description: 'The Chinese name.' }),
      nameEn: t.exposeString('nameEn', { description: 'The English name.' }),
      avatarUrl: t.exposeString('avatarUrl', { description: 'URL of the profile picture.' }),
      status: t.field({
        type: UserStatus,
        nullable: false,
        description:
          'Whether the user can sign in to Lark. Unknown values become `UNKNOWN`, so that a new one breaks no query.',
        resolve({ status }) {
          if (status === 'activated' || status === 'frozen' || status === 'resigned') return status;
          // A misspelling of one private deployment.
          return status === 'forzen' ? 'frozen' : 'unknown';
        },
      }),
      statusText: t.exposeString('status', {
        description: 'The status as Lark returns it, for example `"activated"`.',
      }),
    }),
  });
}

/** For callers without the scope email:read: they may neither read an address nor look users up by it. */
export const emailForbidden = (): GatewayError =>
  new GatewayError(
    'FORBIDDEN',
    'E-mail addresses require the scope email:read, which the credential of this caller does not have. Ask the operator for it.',
  );

/** The sign-in name; `null` where it is an address that this caller may not read. */
const signInName = ({ username }: LarkUser, { mayReadEmail }: UserContext): string | null =>
  mayReadEmail || !username?.includes('@') ? username : null;

/** The first name there is, in the order of the locale. A sign-in name equal to the key is no name. */
function bestName(user: LarkUser, context: UserContext, locale: UserNameLocale | undefined): string | null {
  const { nameCn, nameEn, nameDefault, username, key } = user;
  const name =
    locale === 'zh_cn'
      ? (nameCn ?? nameDefault ?? nameEn)
      : locale === 'en_us'
        ? (nameEn ?? nameDefault ?? nameCn)
        : (nameDefault ?? nameCn ?? nameEn);
  return name ?? (username === key ? null : signInName(user, context));
}

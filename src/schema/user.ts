import { GatewayError } from '../errors.ts';
import type { LarkUser } from '../upstream/lark-user.ts';
import type { Builder, PeopleContext } from './builder.ts';

type UserNameLocale = 'zh_cn' | 'en_us';

export function defineUser(builder: Builder) {
  const UserStatus = builder.enumType('UserStatus', {
    description: 'Whether a person can still use Lark.',
    values: {
      ACTIVATED: { value: 'activated', description: 'Works there and can sign in.' },
      FROZEN: { value: 'frozen', description: 'The account is suspended for now.' },
      RESIGNED: { value: 'resigned', description: 'Has left.' },
      UNKNOWN: {
        value: 'unknown',
        description: 'A status that this gateway does not know, or none. `User.statusText` holds what Lark said.',
      },
    } as const,
  });

  const NameLocale = builder.enumType('UserNameLocale', {
    description: 'A language that Lark keeps names in.',
    values: {
      ZH_CN: { value: 'zh_cn', description: 'Chinese, as written in mainland China.' },
      EN_US: { value: 'en_us', description: 'English.' },
    } as const satisfies Record<string, { value: UserNameLocale; description: string }>,
  });

  return builder.objectRef<LarkUser>('User').implement({
    description:
      'A person in Lark Project (Feishu Project, Meegle).\n\nA field other than `key` and `status` is `null` where Lark has no value, or where the gateway has no permission to read it.',
    fields: (t) => ({
      key: t.exposeID('key', {
        nullable: false,
        description:
          'The user key, for example `"7000000000000000001"`: 19 digits. Always handle it as text: as a JSON number it loses its last digits.',
      }),
      id: t.exposeID('key', {
        nullable: false,
        description:
          'Equal to `key`, so never `null`. Apollo Client, urql and Relay store a user once under this name: `docs/client-caching.md` shows how. Not in the SDL for supergraphs.',
      }),
      outId: t.exposeID('outId', { description: 'The Lark union id, for example `"on_95bed66540…"`.' }),
      username: t.string({
        description:
          'The sign-in name; with many tenants the same as `key`. `null` where it is an e-mail address that this caller may not read.',
        resolve: (person, _, context) => signInName(person, context),
      }),
      email: t.string({
        description:
          'The enterprise e-mail address, in the letter case Lark keeps it in. `FORBIDDEN` where the gateway keeps addresses for callers with the scope `email:read`.',
        resolve({ email }, _, { mayReadEmail }) {
          if (!mayReadEmail) throw emailForbidden();
          return email;
        },
      }),
      name: t.string({
        description:
          'The best name there is to show: in the given language if Lark has one, else in another, else the sign-in name. `null` only if there is none at all.',
        args: {
          locale: t.arg({
            type: NameLocale,
            description: 'The preferred language. Without it, the name that Lark itself shows by default.',
          }),
        },
        resolve: (person, { locale }, context) => bestName(person, context, locale ?? undefined),
      }),
      nameCn: t.exposeString('nameCn', { description: 'The Chinese name.' }),
      nameEn: t.exposeString('nameEn', { description: 'The English name.' }),
      avatarUrl: t.exposeString('avatarUrl', { description: 'Address of the profile picture.' }),
      status: t.field({
        type: UserStatus,
        nullable: false,
        description:
          'Whether the person can still use Lark. Unknown values become `UNKNOWN`, so that a new one breaks no query.',
        resolve({ status }) {
          if (status === 'activated' || status === 'frozen' || status === 'resigned') return status;
          // One private deployment spells it so.
          return status === 'forzen' ? 'frozen' : 'unknown';
        },
      }),
      statusText: t.exposeString('status', {
        description: 'The status in the very words of Lark, for example `"activated"`.',
      }),
    }),
  });
}

/** For callers without the scope email:read: they may neither read an address nor find out whose it is. */
export const emailForbidden = (): GatewayError =>
  new GatewayError(
    'FORBIDDEN',
    'E-mail addresses need the scope email:read, which the credential of this caller has not.',
  );

/** The sign-in name; `null` where it is an address and addresses are not for this caller. */
const signInName = ({ username }: LarkUser, { mayReadEmail }: PeopleContext): string | null =>
  mayReadEmail || !username?.includes('@') ? username : null;

/** The first name there is, in the order that suits the locale. A sign-in name that only repeats the key is no name. */
function bestName(user: LarkUser, context: PeopleContext, locale: UserNameLocale | undefined): string | null {
  const { nameCn, nameEn, nameDefault, username, key } = user;
  const name =
    locale === 'zh_cn'
      ? (nameCn ?? nameDefault ?? nameEn)
      : locale === 'en_us'
        ? (nameEn ?? nameDefault ?? nameCn)
        : (nameDefault ?? nameCn ?? nameEn);
  return name ?? (username === key ? null : signInName(user, context));
}

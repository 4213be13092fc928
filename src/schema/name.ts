import type { LarkUser } from '../upstream/lark-user.ts';

export type UserNameLocale = 'zh_cn' | 'en_us';

/**
 * The first name there is, in the order that suits the locale.
 * @param signInName as far as this caller may read it. One that only repeats the key is no name.
 */
export function bestName(person: LarkUser, signInName: string | null, locale?: UserNameLocale): string | null {
  const { nameCn, nameEn, nameDefault } = person;
  const own =
    locale === 'zh_cn'
      ? (nameCn ?? nameDefault ?? nameEn)
      : locale === 'en_us'
        ? (nameEn ?? nameDefault ?? nameCn)
        : (nameDefault ?? nameCn ?? nameEn);
  return own ?? (signInName === person.key ? null : signInName);
}

import type { Person } from '../upstream/person.ts';

export type Locale = 'zh_cn' | 'en_us';

/** The first name there is, in the order that suits the locale. A sign-in name that only repeats the key is no name. */
export function bestName(person: Person, locale?: Locale): string | null {
  const { nameCn, nameEn, nameDefault, username } = person;
  const byLocale = {
    zh_cn: [nameCn, nameDefault, nameEn],
    en_us: [nameEn, nameDefault, nameCn],
    none: [nameDefault, nameCn, nameEn],
  };
  const signInName = username === person.key ? null : username;
  return byLocale[locale ?? 'none'].find((name) => name !== null) ?? signInName;
}

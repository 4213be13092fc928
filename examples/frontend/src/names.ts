import type { UserCardFragment } from './generated/graphql.ts';
import type { Language } from './messages.ts';

export interface Name {
  readonly text: string;
  /** For screen readers, which read each in its own language. */
  readonly lang: 'zh-CN' | 'en';
}

type Named = Pick<UserCardFragment, 'nameCn' | 'nameEn'>;

/** Both names, that of the page's language first; fewer where Lark has fewer. */
export function namesOf({ nameCn, nameEn }: Named, language: Language): Name[] {
  const chinese: Name[] = nameCn ? [{ text: nameCn, lang: 'zh-CN' }] : [];
  const english: Name[] = nameEn ? [{ text: nameEn, lang: 'en' }] : [];
  return language === 'zh' ? [...chinese, ...english] : [...english, ...chinese];
}

/** What stands in for a picture: the family name in Chinese, else the first letters of two names. */
export function initialsOf({ nameCn, nameEn }: Named): string {
  const family = firstLetter(nameCn);
  if (family) return family;
  const words = (nameEn ?? '').split(/\s+/u).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(firstLetter);
  return letters.join('').toUpperCase() || '?';
}

function firstLetter(text: string | null | undefined): string {
  const [first] = new Intl.Segmenter().segment(text?.trim() ?? '');
  return first?.segment ?? '';
}

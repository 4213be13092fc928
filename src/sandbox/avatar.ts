import { hashText } from './mix.ts';
import type { SandboxPerson } from './person.ts';

export const AVATAR_PATH = '/_sandbox/avatars/';

/** Where the sandbox at `baseUrl` serves a person's avatar. */
export function avatarUrl(baseUrl: string, userKey: string): string {
  return `${baseUrl}${AVATAR_PATH}${encodeURIComponent(userKey)}.svg`;
}

/** The user key a path like `/_sandbox/avatars/7000000000000000001.svg` names, undefined for any other path. */
export function avatarUserKey(path: string): string | undefined {
  if (!path.startsWith(AVATAR_PATH) || !path.endsWith('.svg')) return undefined;
  try {
    return decodeURIComponent(path.slice(AVATAR_PATH.length, -'.svg'.length));
  } catch {
    return undefined;
  }
}

/** A coloured disc with the character of the family name, or the initial of the English one. */
export function drawAvatar(person: SandboxPerson): string {
  const [letter = '?'] = (person.name_cn || person.name_en || '').trim();
  const hue = hashText(person.user_key) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">
<circle cx="48" cy="48" r="48" fill="hsl(${hue} 55% 45%)"/>
<text x="48" y="48" dy=".35em" text-anchor="middle" font-family="sans-serif" font-size="44" fill="#fff">${escapeXml(letter)}</text>
</svg>
`;
}

/** XML has no place for control characters, not even escaped ones. */
function escapeXml(text: string): string {
  return text.replace(/\p{Cc}/gu, '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

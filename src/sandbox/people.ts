import { mix32 } from './mix.ts';
import {
  ENGLISH_FAMILY_NAMES,
  ENGLISH_GIVEN_NAMES,
  FAMILY_NAMES,
  FIRST_PEOPLE,
  GIVEN_NAMES,
  type NamePart,
} from './names.ts';
import type { SandboxPerson } from './person.ts';

/** The tenant of the plugin; its people have e-mails under example.com. */
export const OWN_TENANT_KEY = 'tenant_example_com';
/** The other tenant of made-up people, with e-mails under example.org. */
export const SECOND_TENANT_KEY = 'tenant_example_org';
/** As many as fit into memory in comfort: about 0.9 GB with the indexes. */
export const MAX_MADE_UP_PEOPLE = 1_000_000;

export interface MadeUpPeopleOptions {
  /** Address of a person's avatar. */
  readonly avatarUrl: (userKey: string) => string;
  /** @default OWN_TENANT_KEY */
  readonly ownTenantKey?: string;
}

/**
 * Makes up `count` people. Person n is a function of n alone: the first people of a larger sandbox are those of a smaller
 * one, and every start has the same. The first three are plain in every respect, the first one being 张三 with user key
 * 7000000000000000001 and e-mail zhangsan@example.com.
 */
export function makePeople(count: number, options: MadeUpPeopleOptions): SandboxPerson[] {
  return Array.from({ length: count }, (_, index) => makePerson(index + 1, options));
}

function makePerson(number: number, options: MadeUpPeopleOptions): SandboxPerson {
  const plain = number <= FIRST_PEOPLE.length;
  const chance = (salt: number, share: number): boolean => !plain && draw(number, salt) < share;
  const { name_cn, name_en, mailbox } = makeName(number);
  const elsewhere = chance(1, 0.1);
  const user_key = `7${String(number).padStart(18, '0')}`;
  return {
    user_key,
    email: chance(2, 0.03) ? '' : `${mailbox}@${elsewhere ? 'example.org' : 'example.com'}`,
    name_cn,
    name_en,
    avatar_url: chance(3, 0.1) ? '' : options.avatarUrl(user_key),
    out_id: makeOutId(number),
    status: chance(4, 0.1) ? (draw(number, 5) < 0.5 ? 'frozen' : 'resigned') : 'activated',
    user_id: 70_000_000_000 + number,
    tenant_key: elsewhere ? SECOND_TENANT_KEY : (options.ownTenantKey ?? OWN_TENANT_KEY),
    linked: !chance(6, 0.04),
    collaborator: !chance(7, 0.8),
  };
}

interface MadeUpName {
  readonly name_cn: string;
  readonly name_en: string;
  /** Unique: letters followed by the person's number. */
  readonly mailbox: string;
}

function makeName(number: number): MadeUpName {
  const first = FIRST_PEOPLE[number - 1];
  if (first) return chineseName(first[0], [first[1]], '');
  if (draw(number, 8) < 0.15) return englishName(number);
  const given = [pick(GIVEN_NAMES, number, 9)];
  if (draw(number, 10) < 0.7) given.push(pick(GIVEN_NAMES, number, 11));
  return chineseName(pick(FAMILY_NAMES, number, 12), given, String(number));
}

function chineseName(family: NamePart, given: readonly NamePart[], suffix: string): MadeUpName {
  const givenPinyin = given.map((part) => part.pinyin).join('');
  return {
    name_cn: family.hanzi + given.map((part) => part.hanzi).join(''),
    name_en: `${capitalise(family.pinyin)} ${capitalise(givenPinyin)}`,
    mailbox: family.pinyin + givenPinyin + suffix,
  };
}

function englishName(number: number): MadeUpName {
  const given = pick(ENGLISH_GIVEN_NAMES, number, 13);
  const family = pick(ENGLISH_FAMILY_NAMES, number, 14);
  // Mixed case on purpose: stored e-mails are answered in their own case, however they are asked for.
  return { name_cn: '', name_en: `${given} ${family}`, mailbox: `${given}.${family}${number}` };
}

/** 32 hex digits of which the first eight alone are already unique: mix32 never gives the same for two numbers. */
function makeOutId(number: number): string {
  const words = [0x6c61726b, 0x9e3779b9, 0x7f4a7c15, 0xf39cc060].map((seed) => mix32(number ^ seed));
  return `on_${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`;
}

function pick<T>(list: readonly T[], number: number, salt: number): T {
  const item = list[Math.floor(draw(number, salt) * list.length)];
  if (item === undefined) throw new RangeError('The sandbox has an empty list of names.');
  return item;
}

/** An evenly spread fraction in [0, 1) which person `number` always gets for the question `salt`. */
function draw(number: number, salt: number): number {
  return mix32(mix32(salt) ^ Math.imul(number, 0x9e3779b1)) / 2 ** 32;
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

import type { UserStatus } from './generated/graphql.ts';
import type { Kind } from './identifiers.ts';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Messages {
  readonly title: string;
  readonly lead: string;
  readonly otherLanguage: string;
  readonly pasteLabel: string;
  readonly pasteHint: string;
  readonly kinds: Readonly<Record<Kind, (count: number) => string>>;
  readonly repeats: (count: number) => string;
  readonly lookUp: string;
  readonly lookingUp: string;
  readonly example: string;
  readonly clear: string;
  readonly keyLabel: string;
  readonly keyHint: string;
  readonly keyWanted: string;
  readonly result: string;
  readonly nobodyYet: string;
  readonly counter: (people: number, calls: number) => string;
  readonly progress: (answered: number, asked: number) => string;
  readonly tally: (what: string, count: number) => string;
  readonly inMemory: (count: number) => string;
  readonly missing: string;
  readonly missingHint: string;
  readonly failed: string;
  readonly failedHint: string;
  readonly more: (count: number) => string;
  readonly people: string;
  readonly status: Readonly<Record<UserStatus, string>>;
  readonly nameless: string;
  readonly noEmail: string;
  readonly copyOf: (name: string) => string;
  readonly copied: string;
  readonly notCopied: string;
}

const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
const counted = (count: number) => count.toLocaleString('zh');

export const MESSAGES: Readonly<Record<Language, Messages>> = {
  en: {
    title: 'People',
    lead: 'Paste e-mail addresses, user keys or out ids, and see who they are.',
    otherLanguage: '中文',
    pasteLabel: 'Who are you looking for?',
    pasteHint: 'Mixed as they come, with any separator between them.',
    kinds: {
      email: (count) => plural(count, 'e-mail'),
      key: (count) => plural(count, 'key'),
      outId: (count) => plural(count, 'out id'),
    },
    repeats: (count) => plural(count, 'repeat'),
    lookUp: 'Look up',
    lookingUp: 'Looking up…',
    example: 'Try an example',
    clear: 'Clear',
    keyLabel: 'API key',
    keyHint: 'Only if your gateway asks for one. It is kept in memory, until you close this page.',
    keyWanted: 'The gateway wants to know who is asking: fill in your API key.',
    result: 'Result',
    nobodyYet: 'Names, status and e-mail of everybody you ask for will be here.',
    counter: (people, calls) => `${plural(people, 'person', 'people')} · ${plural(calls, 'upstream call')}`,
    progress: (answered, asked) => `${answered.toLocaleString('en')} of ${plural(asked, 'identifier')} answered`,
    tally: (what, count) => `${what}: ${count.toLocaleString('en')}`,
    inMemory: (count) => `${count.toLocaleString('en')} from memory`,
    missing: 'Not found',
    missingHint: 'Nobody goes by these.',
    failed: 'Failed',
    failedHint: 'Whether they exist is not known.',
    more: (count) => `and ${count.toLocaleString('en')} more`,
    people: 'People',
    status: { ACTIVATED: 'Active', FROZEN: 'Suspended', RESIGNED: 'Has left', UNKNOWN: 'Unknown' },
    nameless: 'No name',
    noEmail: 'No e-mail',
    copyOf: (name) => `Copy e-mail of ${name}`,
    copied: 'Copied',
    notCopied: 'Your browser did not allow copying.',
  },
  zh: {
    title: '查人',
    lead: '粘贴邮箱、用户 key 或 out id，看看他们是谁。',
    otherLanguage: 'English',
    pasteLabel: '要查谁？',
    pasteHint: '可以混在一起，用任何分隔符隔开。',
    kinds: {
      email: (count) => `${counted(count)} 个邮箱`,
      key: (count) => `${counted(count)} 个 key`,
      outId: (count) => `${counted(count)} 个 out id`,
    },
    repeats: (count) => `${counted(count)} 个重复`,
    lookUp: '查询',
    lookingUp: '查询中…',
    example: '试试示例',
    clear: '清空',
    keyLabel: 'API 密钥',
    keyHint: '网关要求时才需要。只保存在内存里，关闭页面即消失。',
    keyWanted: '网关需要知道是谁在查询：请填写 API 密钥。',
    result: '结果',
    nobodyYet: '查到的姓名、状态和邮箱会显示在这里。',
    counter: (people, calls) => `${counted(people)} 人 · ${counted(calls)} 次上游调用`,
    progress: (answered, asked) => `共 ${counted(asked)} 个标识，已答复 ${counted(answered)} 个`,
    tally: (what, count) => `${what}：${counted(count)}`,
    inMemory: (count) => `${counted(count)} 个来自缓存`,
    missing: '未找到',
    missingHint: '没有人使用这些标识。',
    failed: '查询失败',
    failedHint: '无法得知这些人是否存在。',
    more: (count) => `还有 ${counted(count)} 个`,
    people: '人员',
    status: { ACTIVATED: '在职', FROZEN: '已冻结', RESIGNED: '已离职', UNKNOWN: '未知' },
    nameless: '无姓名',
    noEmail: '无邮箱',
    copyOf: (name) => `复制${name}的邮箱`,
    copied: '已复制',
    notCopied: '浏览器不允许复制。',
  },
};

/** The first of the languages a person reads that this page speaks. */
export function preferredLanguage(readable: readonly string[]): Language {
  const known = readable.map((tag) => LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language));
  return known.find((language) => language !== undefined) ?? 'en';
}

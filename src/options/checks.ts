/** Looks at one value. @param path of it, as in `auth.keys[0].name`. @returns a sentence for each mistake. */
export type Check = (value: unknown, path: string) => string[];

/** @param what is expected. @param isSecret of a value that no message may repeat. */
export const expecting =
  (what: string, fits: (value: unknown) => boolean, isSecret = false): Check =>
  (value, path) =>
    fits(value) ? [] : [`${path}: expected ${what}, got ${isSecret ? kindOf(value) : shown(value)}.`];

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const text = expecting('a text', isText);
export const secret = expecting('a text', isText, true);
export const flag = expecting('true or false', (value) => typeof value === 'boolean');
export const callback = expecting('a function', (value) => typeof value === 'function');

export const matching = (what: string, pattern: RegExp, isSecret = false): Check =>
  expecting(what, (value) => typeof value === 'string' && pattern.test(value), isSecret);

export const oneOf = (...values: readonly unknown[]): Check =>
  expecting(values.map((value) => JSON.stringify(value)).join(' or '), (value) => values.includes(value));

export const count = (least: number): Check =>
  expecting(`a whole number of ${least} or more`, (value) => Number.isSafeInteger(value) && (value as number) >= least);

export const atLeast = (least: number, unit = ''): Check =>
  expecting(`a number of ${least} or more${unit}`, (value) => Number.isFinite(value) && (value as number) >= least);

export const milliseconds: Check = atLeast(0, ', in milliseconds');

/** Timers of Node end at once beyond this. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const deadline: Check = expecting(
  `a number from 1 to ${LONGEST_TIMER_MS}, in milliseconds`,
  (value) => Number.isFinite(value) && (value as number) >= 1 && (value as number) <= LONGEST_TIMER_MS,
);

export const httpAddress: Check = expecting('an address such as https://project.feishu.cn', (value) => {
  const url = urlOf(value);
  return url !== undefined && url.search + url.hash + url.username + url.password === '';
});

export const baseAddress: Check = (value, path) => {
  const mistakes = httpAddress(value, path);
  const hasApiPath = mistakes.length === 0 && /\/open_api(\/|$)/i.test(new URL(String(value)).pathname);
  return hasApiPath ? [`${path}: expected the address that comes before /open_api, got one with it.`] : mistakes;
};

/** A proxy may want a password. */
export const proxyAddress: Check = expecting(
  'the address of an HTTP proxy, such as http://proxy.example.com:3128',
  (value) => value === '' || urlOf(value) !== undefined,
  true,
);

export const origin: Check = expecting(
  'a site as browsers name it, such as https://app.example.com',
  (value) => urlOf(value)?.origin === value,
);

function urlOf(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

export const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, `${path}[${index}]`))
      : [`${path}: expected a list, got ${kindOf(value)}.`];

type Fields = Readonly<Record<string, Check>>;

/** An object with these fields. What else it holds is not looked at. */
export const shape =
  ({ needed = {}, optional = {} }: { readonly needed?: Fields; readonly optional?: Fields }): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path || 'options'}: expected an object, got ${kindOf(value)}.`];
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    return [
      ...Object.entries(needed).flatMap(([name, check]) => check(value[name], at(name))),
      ...Object.entries(optional).flatMap(([name, check]) =>
        value[name] === undefined ? [] : check(value[name], at(name)),
      ),
    ];
  };

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty text';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** As it came, where that is short. An address with an @ may hold a password. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const isShort = typeof value === 'string' && value !== '' && value.length <= 80 && !value.includes('@');
  return isShort ? JSON.stringify(value) : kindOf(value);
}

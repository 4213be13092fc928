import { bodyText } from '../../../src/upstream/body-text.ts';
import { decodePerson, isRecord } from '../../../src/upstream/person.ts';
import { createBodyReader } from '../../../src/upstream/rows/body-reader.ts';

export const ZHANG = {
  user_key: '7000000000000000001',
  username: '7000000000000000001',
  email: 'zhangsan@test.com',
  name_cn: '张三',
  name_en: 'Zhang San',
  avatar_url: 'https://s1-imfile.feishucdn.com/static-resource/v1/abc?size=72&format=image',
  out_id: 'on_95bed66540',
  status: 'activated',
  user_id: 70000000001,
  name: { default: '张三', zh_cn: '张三', en_us: 'Zhang San' },
};
export const answerOf = (...rows: readonly unknown[]) => ({ data: rows, err: {}, err_msg: '', err_code: 0 });
export const bytesOf = (answer: unknown) => Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));

export const peopleIn = (answer: unknown) =>
  isRecord(answer) && Array.isArray(answer.data) ? answer.data.map(decodePerson) : undefined;

/** What JSON says of the same bytes. */
export function parsed(body: Buffer) {
  const answer = attempt(() => JSON.parse(bodyText(body)));
  const people = peopleIn(answer);
  return people && { people, rest: { ...(answer as object), data: undefined } };
}

/** A reader that has seen a row like this, and has been asked for all that it tells. */
export function readerOf(...rows: readonly unknown[]) {
  const read = createBodyReader();
  for (const row of rows) read(bytesOf(answerOf(row)));
  return read;
}

export function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch {
    return undefined;
  }
}

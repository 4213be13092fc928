import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadPeople } from '../../src/sandbox/load-people.ts';
import { keysOf, openSandbox } from './sandbox-client.ts';

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-people-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The lines of the refusal, with the file's folder taken off. */
async function mistakesIn(name: string, content: string | Buffer): Promise<string[]> {
  const path = await fileOf(name, content);
  const error = await loadPeople(path).then(
    () => expect.fail('the file was taken'),
    (reason: Error) => reason,
  );
  return error.message.replaceAll(path, name).split('\n');
}

const json = (content: string | Buffer) => mistakesIn('people.json', content);
const csv = (content: string | Buffer) => mistakesIn('people.csv', content);

describe('People are loaded', () => {
  it('from a JSON array in the API’s field names, and found in the sandbox', async () => {
    const person = {
      user_key: '7012514555133000001',
      username: 'ann',
      email: 'Ann@corp.example',
      name_cn: null,
      name_en: 'Ann',
      avatar_url: '',
      out_id: 'on_1',
      status: 'on_leave',
      user_id: 70125145551,
      name: { default: 'Ann', en_us: 'Ann' },
      tenant_key: 'corp',
      linked: true,
      collaborator: false,
    };
    const people = await loadPeople(
      await fileOf('people.json', `\uFEFF${JSON.stringify([person, { user_key: '2' }])}`),
    );
    expect(people).toEqual([person, { user_key: '2' }]);
    const { query } = await openSandbox({ people, ownTenantKey: 'corp' });
    expect(keysOf(await query({ emails: ['ann@corp.example'] }))).toEqual([person.user_key]);
  });

  it('from CSV with a header row, quotes, a byte order mark and either line end; empty cells are left out', async () => {
    const text =
      '\uFEFFuser_key,name_en,email,user_id,linked\r\n"1","Clark, ""Em""",em@corp.example,12,FALSE\r\n\r\n2,,,,\r\n';
    expect(await loadPeople(await fileOf('people.csv', text))).toEqual([
      { user_key: '1', name_en: 'Clark, "Em"', email: 'em@corp.example', user_id: 12, linked: false },
      { user_key: '2' },
    ]);
  });
});

describe('A file of people is refused', () => {
  it('for every mistake in it at once, each with its line', async () => {
    const text = `[
      {"user_key": 7012514555133000001},
      {"email": "a@corp.example"},
      {"user_key": "3", "linked": "yes", "e_mail": "x"},
      {
        "user_key": "4",
        "email": "nobody"
      },
      7,
      {"user_key": null},
      {"user_key": " 5", "user_id": 1.5, "name": "Ann"},
      {"user_key": "6", "user_key": "7", "status": 1, "name_cn": true, "tenant_key": ""}
    ]`;
    const known =
      'user_key, username, email, name_cn, name_en, avatar_url, out_id, status, user_id, name, tenant_key, linked, collaborator';
    expect(await json(text)).toEqual([
      'people.json:2: user_key must be a string in quotes, got the number 7012514555133000001: numbers of 19 digits lose their last digits',
      'people.json:3: user_key is missing: every person needs one',
      'people.json:4: linked must be true or false, got "yes"',
      `people.json:4: unknown field "e_mail": expected some of ${known}`,
      'people.json:7: email must be an e-mail, got "nobody"',
      'people.json:9: expected a person as an object, got a number',
      'people.json:10: user_key must be a string, got null',
      'people.json:11: user_key has blanks around it: " 5"',
      'people.json:11: user_id must be a whole number, got "1.5"',
      'people.json:11: name must be an object of the texts default, zh_cn and en_us, got "Ann"',
      'people.json:12: user_key is given twice for one person',
      'people.json:12: status must be a string in quotes, got the number 1',
      'people.json:12: name_cn must be a string in quotes, got true',
      'people.json:12: tenant_key must not be empty: leave it out',
    ]);
  });

  it('for people who share a user key, an out id, or an e-mail of one tenant, naming both lines', async () => {
    const text = `[
      {"user_key": "1", "out_id": "on_1", "email": "a@corp.example"},
      {"user_key": "1"},
      {"user_key": "2", "out_id": "on_1"},
      {"user_key": "3", "email": "A@corp.example"},
      {"user_key": "4", "email": "a@corp.example", "tenant_key": "other"}
    ]`;
    expect(await json(text)).toEqual([
      'people.json:3: user_key 1 is already on line 2',
      'people.json:4: out_id on_1 is already on line 2',
      'people.json:5: email a@corp.example is already on line 2',
    ]);
  });

  it('for malformed JSON, comments and trailing commas, naming the line', async () => {
    expect(await json('[\n{"user_key": "1"}\n{"user_key": "2"}\n]')).toEqual([
      'people.json:3: malformed JSON: comma expected at "{"user_key": "2"}"',
    ]);
    expect((await json('[\n{"user_key": "1"},\n]'))[0]).toMatch(/^people.json:3: malformed JSON: /);
    expect((await json('[\n// Ann\n{"user_key": "1"}]'))[0]).toMatch(/^people.json:2: malformed JSON: .*comment/);
    expect((await json('[{"user_key": "1"'))[0]).toMatch(/^people.json:1: malformed JSON: .* at the end$/);
  });

  it('for a JSON value that is no array, or an empty one', async () => {
    expect(await json('{"data": []}')).toEqual(['people.json:1: expected an array of people, got an object']);
    expect(await json('[]')).toEqual(['people.json:1: there is nobody in the file, expected people']);
  });

  it('for columns that are unknown or given twice, and rows of another length', async () => {
    const [unknown, ...others] = await csv('user_key,mail,user_key\n1,x,1\n2,x\n');
    expect(unknown).toMatch(/^people.csv:1: unknown column "mail": expected some of user_key, username, email, /);
    expect(others).toEqual([
      'people.csv:1: column user_key is given twice',
      'people.csv:3: expected 3 cells as in the header, got 2',
    ]);
  });

  it('for keys that Excel rounded, with or without decimals, with their lines and what to do', async () => {
    const text = 'user_key,username,out_id\n7E+18,7E+18,\n"7,01E+18",,\n 7.E+18,,7e+18\n';
    const hint = 'format the column as text and paste it again';
    expect(await csv(text)).toEqual([
      `people.csv:2: user_key was rounded by a spreadsheet to 7E+18: ${hint}`,
      `people.csv:2: username was rounded by a spreadsheet to 7E+18: ${hint}`,
      `people.csv:3: user_key was rounded by a spreadsheet to 7,01E+18: ${hint}`,
      `people.csv:4: user_key was rounded by a spreadsheet to 7.E+18: ${hint}`,
      `people.csv:4: out_id was rounded by a spreadsheet to 7e+18: ${hint}`,
    ]);
  });

  it('for a bad cell, on the line where its row begins', async () => {
    const text = 'user_key,name_en,linked\r\n1,"two\r\nlines",no\r\n7.01251E+18,,\r\n,Ann,\r\n1,,\r\n';
    expect(await csv(text)).toEqual([
      'people.csv:2: linked must be true or false, got "no"',
      'people.csv:4: user_key was rounded by a spreadsheet to 7.01251E+18: format the column as text and paste it again',
      'people.csv:5: user_key is missing: every person needs one',
      'people.csv:6: user_key 1 is already on line 2',
    ]);
  });

  it('for quotes that do not close', async () => {
    expect((await csv('user_key\n"1\n'))[0]).toMatch(/^people.csv:\d: malformed CSV: Quote Not Closed/);
  });

  it('for being empty, also where there is a header', async () => {
    expect(await csv('')).toEqual(['people.csv:1: the file is empty, expected people']);
    expect(await csv('user_key\n')).toEqual(['people.csv:1: there is nobody in the file, expected people']);
    expect(await json(' \n')).toEqual(['people.json:1: the file is empty, expected people']);
  });

  it('with its first 20 mistakes, and how many more there are', async () => {
    const lines = await json(`[\n${Array.from({ length: 25 }, () => '{}').join(',\n')}]`);
    expect(lines).toHaveLength(21);
    expect(lines[20]).toBe('… and 5 more mistakes');
  });

  it('when it is not UTF-8, has another ending, or is not there', async () => {
    expect(await csv(Buffer.from([0x75, 0xd5, 0xc5, 0xc8]))).toEqual([
      'people.csv: expected text in UTF-8, got other bytes: save it again as UTF-8 ("CSV UTF-8" in Excel).',
    ]);
    await expect(loadPeople('people.xlsx')).rejects.toThrow('must end in .json or .csv, got people.xlsx');
    await expect(loadPeople('/nowhere/people.json')).rejects.toThrow('cannot be read: ENOENT');
  });
});

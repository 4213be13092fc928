import { describe, expect, it } from 'vitest';
import { makePeople, OWN_TENANT_KEY, SECOND_TENANT_KEY } from '../../src/sandbox/people.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { openSandbox } from './sandbox-client.ts';

const options = { avatarUrl: (userKey: string) => `http://sandbox/${userKey}` };

describe('Made-up people', () => {
  it('are the same at every start, and the first of many are those of few', () => {
    expect(makePeople(2000, options).slice(0, 1000)).toEqual(makePeople(1000, options));
  });

  it('stay who they are from one version to the next, because examples name them', () => {
    expect(makePeople(30, options)[0]).toEqual({
      user_key: '7000000000000000001',
      email: 'zhangsan@example.com',
      name_cn: '张三',
      name_en: 'Zhang San',
      avatar_url: 'http://sandbox/7000000000000000001',
      out_id: 'on_1aa0fdd036deb5035fa256dcb1744105',
      status: 'activated',
      user_id: 70000000001,
      tenant_key: OWN_TENANT_KEY,
      linked: true,
      collaborator: true,
    });
    expect(makePeople(8, options).map((person) => `${person.name_cn} ${person.email} ${person.status}`)).toEqual([
      '张三 zhangsan@example.com activated',
      '李四 lisi@example.com activated',
      '王五 wangwu@example.com activated',
      '许怡婷 xuyiting4@example.com activated',
      '梁鹏峰 liangpengfeng5@example.com activated',
      '方杰 fangjie6@example.com activated',
      '高梦浩 gaomenghao7@example.com activated',
      '黄宇艳 huangyuyan8@example.com resigned',
    ]);
  });

  it('have user keys of 19 digits, out ids and e-mails of their own', () => {
    const people = makePeople(20_000, options);
    const emails = people.flatMap((person) => (person.email ? [person.email.toLowerCase()] : []));
    expect(people.every((person) => /^\d{19}$/.test(person.user_key))).toBe(true);
    expect(people.every((person) => /^on_[0-9a-f]{32}$/.test(person.out_id ?? ''))).toBe(true);
    expect(new Set(people.map((person) => person.user_key)).size).toBe(people.length);
    expect(new Set(people.map((person) => person.out_id)).size).toBe(people.length);
    expect(new Set(emails).size).toBe(emails.length);
    expect(emails.every((email) => /^[a-z.]+\d*@example\.(com|org)$/.test(email))).toBe(true);
  });

  it('are of every sort a client has to cope with, mostly plain', () => {
    const people = makePeople(1000, options);
    const share = (of: (person: (typeof people)[number]) => boolean) => people.filter(of).length / people.length;
    const between = (low: number, value: number, high: number) => expect(value > low && value < high).toBe(true);
    between(
      0.85,
      share((person) => person.status === 'activated'),
      0.95,
    );
    between(
      0.02,
      share((person) => person.status === 'frozen'),
      0.1,
    );
    between(
      0.02,
      share((person) => person.status === 'resigned'),
      0.1,
    );
    between(
      0.05,
      share((person) => person.tenant_key === SECOND_TENANT_KEY),
      0.2,
    );
    between(
      0.01,
      share((person) => person.email === ''),
      0.1,
    );
    between(
      0.05,
      share((person) => person.avatar_url === ''),
      0.2,
    );
    between(
      0.01,
      share((person) => person.linked === false),
      0.1,
    );
    between(
      0.1,
      share((person) => person.collaborator === true),
      0.4,
    );
    between(
      0.05,
      share((person) => person.name_cn === ''),
      0.3,
    );
  });

  it('are as many as asked for, 1,000 by default, none if so wished', async () => {
    expect((await openSandbox({ people: 3 })).sandbox.people).toHaveLength(3);
    expect((await openSandbox({ people: 0 })).sandbox.people).toHaveLength(0);
    const sandbox = await startSandbox();
    expect(sandbox.people).toHaveLength(1000);
    await sandbox.close();
  });
});

describe('Options out of range are refused before anything listens', () => {
  it('names the option, what it takes and what came', async () => {
    await expect(startSandbox({ people: -1 })).rejects.toThrow('people must be a number from 0 to 1000000, got -1');
    await expect(startSandbox({ people: 1.5 })).rejects.toThrow('got 1.5');
    await expect(startSandbox({ port: 70_000 })).rejects.toThrow('port must be a number from 0 to 65535, got 70000');
    await expect(startSandbox({ latencyMs: Number.NaN })).rejects.toThrow('latencyMs');
  });

  it('refuses people who share what they are found by', async () => {
    const twice = (extra: object) =>
      startSandbox({
        people: [
          { user_key: '1', ...extra },
          { user_key: '2', ...extra },
        ],
      });
    await expect(startSandbox({ people: [{ user_key: '1' }, { user_key: '1' }] })).rejects.toThrow('user_key 1 twice');
    await expect(twice({ out_id: 'on_1' })).rejects.toThrow('out_id on_1 twice');
    await expect(twice({ email: 'a@example.com' })).rejects.toThrow('email a@example.com twice');
  });
});

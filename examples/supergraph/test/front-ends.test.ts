import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../dist/index.js';
import type { Comment } from '../comments/sample.mjs';
import { FRONT_ENDS, startFrontEnd } from '../front-end.mjs';
import { CASES } from './figures.ts';
import { type Answer, supergraphBehind } from './supergraph.ts';

const NOBODY = '7999999999999999999';
const API_KEY = `lug_${'of-a-test'.padEnd(43, '-')}`;
const AUTH = {
  kind: 'api-key',
  keys: [{ name: 'frontend', sha256: createHash('sha256').update(API_KEY).digest('hex') }],
} as const;
const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** The errors of an answer as `path: code`. */
const told = ({ errors = [] }: Answer) =>
  errors.map(({ path, extensions }) => `${path?.join('.') ?? '(request)'}: ${String(extensions?.code)}`);

const first = (comments: Comment[], change: Partial<Comment>) => Object.assign(comments[0] as Comment, change);

describe.each(FRONT_ENDS)('behind %s', (frontEnd) => {
  const supergraph = supergraphBehind(frontEnd);
  /** Hive Gateway and stitching put the field where the place in the list belongs. */
  const failedReviewer = frontEnd === 'apollo' ? 'comments.0.reviewers.0' : 'comments.0.reviewers.name';

  it.each(CASES.map((one) => [one.title, one] as const))(
    'costs what the README says: %s',
    async (_title, { query, isRepeated, upstreamCalls, upstreamCallsAtMost = upstreamCalls, operations }) => {
      const stage = await supergraph.set();
      if (isRepeated) {
        await stage.ask(query);
        stage.forget();
      }
      const { data, errors } = await stage.ask(query);
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data)).not.toContain('null');
      expect(stage.upstreamCalls().length).toBeGreaterThanOrEqual(upstreamCalls[frontEnd]);
      expect(stage.upstreamCalls().length).toBeLessThanOrEqual(upstreamCallsAtMost[frontEnd]);
      expect(stage.requests()).toHaveLength(operations[frontEnd]);
    },
  );

  it('asks for people in calls of 100, whoever is named more than once', async () => {
    const { ask, upstreamCalls } = await supergraph.set();
    await ask('{ comments { author { name } } }');
    expect(upstreamCalls()).toEqual(['100 user_keys', '20 user_keys']);
  });

  it('sends each operation in a request of its own, never an array of them', async () => {
    const { ask, requests } = await supergraph.set();
    await ask(
      '{ comments(first: 3) { author { name } reviewers { name } } again: comments(first: 2) { author { nameEn } } }',
    );
    expect(requests().length).toBeGreaterThan(0);
    expect(requests().filter(({ body }) => Array.isArray(body))).toEqual([]);
  });

  it('does not ask for what the reference tells already', async () => {
    const { ask, requests } = await supergraph.set();
    const { data } = await ask('{ comments(first: 1) { author { key } reviewers { email } assignee { outId } } }');
    expect(data?.comments[0].author).toEqual({ key: '7000000000000000001' });
    expect(requests()).toEqual([]);
  });

  it('spoils only the reviewer whose e-mail address is none, with our code', async () => {
    const { ask } = await supergraph.set({
      edit: (comments) =>
        first(comments, { reviewerEmails: ['not an address', ...first(comments, {}).reviewerEmails] }),
    });
    const answer = await ask('{ comments(first: 2) { author { name } reviewers { name } } }');
    expect(told(answer)).toEqual([`${failedReviewer}: BAD_USER_INPUT`]);
    expect(answer.data?.comments).toEqual([
      { author: { name: '张三' }, reviewers: [{ name: null }, { name: expect.any(String) }] },
      { author: { name: '李四' }, reviewers: [{ name: expect.any(String) }] },
    ]);
  });

  it('spoils only the reviewer whom the user API refuses to look up, with our code', async () => {
    let email = '';
    const { ask, sandbox } = await supergraph.set({
      edit: (comments) => {
        email = first(comments, {}).reviewerEmails[0] ?? '';
      },
    });
    sandbox.faults.start([{ name: 'poison', identifiers: [email] }]);
    const answer = await ask('{ comments(first: 2) { author { name } reviewers { name nameEn } } }');
    const paths = frontEnd === 'apollo' ? [failedReviewer] : [failedReviewer, 'comments.0.reviewers.nameEn'];
    expect(told(answer)).toEqual(paths.map((path) => `${path}: UPSTREAM_REJECTED`));
    expect(answer.data?.comments).toEqual([
      { author: { name: '张三' }, reviewers: [{ name: null, nameEn: null }] },
      { author: { name: '李四' }, reviewers: [{ name: expect.any(String), nameEn: expect.any(String) }] },
    ]);
  });

  it('answers null without an error for people who do not exist', async () => {
    const missing = { authorKey: NOBODY, reviewerEmails: ['nobody@example.com'], assigneeOutId: 'on_nobody' };
    const { ask } = await supergraph.set({ edit: (comments) => first(comments, missing) });
    const answer = await ask('{ comments(first: 2) { author { name } reviewers { name } assignee { name } } }');
    expect(told(answer)).toEqual([]);
    expect(answer.data?.comments[0]).toEqual({
      author: { name: null },
      reviewers: [{ name: null }],
      assignee: { name: null },
    });
    expect(answer.data?.comments[1].author).toEqual({ name: '李四' });
  });

  it('also where status is selected, which lark-user-gateway itself never leaves null', async () => {
    const { ask } = await supergraph.set({ edit: (comments) => first(comments, { authorKey: NOBODY }) });
    const answer = await ask('{ comments(first: 2) { author { name status } } }');
    expect(answer).toEqual({
      data: {
        comments: [{ author: { name: null, status: null } }, { author: { name: '李四', status: 'ACTIVATED' } }],
      },
    });
  });

  it('also where key is selected of a user who is known by e-mail: a dead address is a null key, and all beside it stays right', async () => {
    let alive = '';
    const { ask } = await supergraph.set({
      edit: (comments) => {
        [alive = ''] = first(comments, {}).reviewerEmails;
        first(comments, { reviewerEmails: ['nobody@example.com', alive] });
      },
    });
    const answer = await ask('{ comments(first: 1) { text author { key name } reviewers { key email name status } } }');
    expect(answer).toEqual({
      data: {
        comments: [
          {
            text: 'Comment number 1',
            author: { key: '7000000000000000001', name: '张三' },
            reviewers: [
              { key: null, email: 'nobody@example.com', name: null, status: null },
              { key: expect.any(String), email: alive, name: expect.any(String), status: expect.any(String) },
            ],
          },
        ],
      },
    });
  });

  it('also where key alone is selected of a user who is known by out id', async () => {
    const { ask } = await supergraph.set({ edit: (comments) => first(comments, { assigneeOutId: 'on_nobody' }) });
    const answer = await ask('{ comments(first: 2) { assignee { key } } }');
    expect(answer).toEqual({
      data: { comments: [{ assignee: { key: null } }, { assignee: { key: expect.any(String) } }] },
    });
  });

  it('has no User.id, which would be another name of the key', async () => {
    const { ask } = await supergraph.set();
    const { errors = [] } = await ask('{ comments(first: 1) { author { id } } }');
    expect(errors[0]?.message).toContain('Cannot query field "id" on type "User"');
  });

  it('hands on the refusal of a query that names more than 1,000 people', async () => {
    const { ask, upstreamCalls } = await supergraph.set({
      edit: (comments) => {
        const [model] = comments as [Comment];
        const keyOf = (number: number) => `7${String(number).padStart(18, '0')}`;
        comments.splice(0, 200, ...Array.from({ length: 1_001 }, (_, n) => ({ ...model, authorKey: keyOf(n + 1) })));
      },
    });
    const { data, errors = [] } = await ask('{ comments(first: 1001) { author { name } } }');
    expect(data?.comments[0]).toEqual({ author: { name: null } });
    expect([...new Set(errors.map(({ message }) => message))]).toEqual([
      expect.stringContaining('at most 1000 identifiers'),
    ]);
    expect([...new Set(errors.map(({ extensions }) => extensions?.code))]).toEqual(['BAD_USER_INPUT']);
    expect(upstreamCalls()).toEqual([]);
  });

  it('forwards who asks: an API key of this caller is what lark-user-gateway sees', async () => {
    const { ask, requests } = await supergraph.set({ gateway: { auth: AUTH } });
    const query = '{ comments(first: 1) { author { name } } }';
    const known = await ask(query, { authorization: `Bearer ${API_KEY}` });
    expect(known).toEqual({ data: { comments: [{ author: { name: '张三' } }] } });
    expect(requests().map(({ headers }) => headers.authorization)).toEqual([`Bearer ${API_KEY}`]);

    const unknown = await ask(query);
    expect(unknown.data).toEqual({ comments: [{ author: { name: null } }] });
    expect(unknown.errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED']);
  });

  it('shows nothing of addresses that it selects unasked, where they are not for this caller', async () => {
    const { ask } = await supergraph.set({ gateway: { auth: AUTH, emailNeedsScope: true } });
    const query = '{ comments(first: 1) { author { name } assignee { nameEn } } }';
    const { data, errors } = await ask(query, { authorization: `Bearer ${API_KEY}` });
    expect(errors).toBeUndefined();
    expect(data?.comments).toEqual([{ author: { name: '张三' }, assignee: { nameEn: expect.any(String) } }]);
  });

  it('takes 64 different sets of fields of people in one query, and tells where it cannot send more', async () => {
    const { ask, requests } = await supergraph.set();
    const fields = ['name', 'nameCn', 'nameEn', 'username', 'avatarUrl', 'status', 'statusText'];
    const setOf = (number: number) => fields.filter((_, bit) => number & (1 << bit)).join(' ');
    const withSets = (count: number) =>
      `{ ${Array.from({ length: count }, (_, n) => `a${n}: comments(first: 1) { author { ${setOf(n + 1)} } }`).join(' ')} }`;
    expect(told(await ask(withSets(64)))).toEqual([]);
    const codes = new Set(told(await ask(withSets(65))).map((error) => error.split(': ')[1]));
    expect([...codes]).toEqual(frontEnd === 'apollo' ? [] : ['BAD_USER_INPUT']);
    expect(requests()).toHaveLength(frontEnd === 'apollo' ? 64 + 65 : 2);
  });

  it('starts with a credential of its own where lark-user-gateway wants to know who asks for the SDL', async () => {
    const { usersUrl, commentsUrl } = await supergraph.set({ gateway: { auth: AUTH } });
    await expect(startFrontEnd(frontEnd, { usersUrl, commentsUrl })).rejects.toThrow('did not start');
    const usersAuthorization = `Bearer ${API_KEY}`;
    const { stop } = await startFrontEnd(frontEnd, { usersUrl, commentsUrl, usersAuthorization });
    await stop();
  });

  it('forwards on whose behalf: the user API is asked with the token of the person who asks', async () => {
    const { ask, sandbox } = await supergraph.set({
      gateway: { identity: 'caller', pluginId: undefined, pluginSecret: undefined },
    });
    const token = sandbox.userAccessToken('7000000000000000002');
    const answer = await ask('{ comments(first: 1) { author { name } } }', { 'x-lark-user-token': token });
    expect(answer).toEqual({ data: { comments: [{ author: { name: '张三' } }] } });
    expect(sandbox.calls().map((call) => call.token)).toEqual([token]);
  });

  it('forwards the trace: it is on the log line of lark-user-gateway', async () => {
    const entries: LogEntry[] = [];
    const { ask, requests } = await supergraph.set({
      gateway: { log: { level: 'info', write: (entry) => entries.push(entry) } },
    });
    await ask('{ comments(first: 1) { author { name } } }', { traceparent: `00-${TRACE}-b7ad6b7169203331-01` });
    expect(requests().map(({ headers }) => headers.traceparent)).toEqual([expect.stringContaining(TRACE)]);
    expect(entries.filter(({ message }) => message === 'request').map(({ fields }) => fields.traceId)).toEqual([TRACE]);
  });

  it('keeps credentials from the service of comments', async () => {
    const { ask, commentHeaders } = await supergraph.set();
    await ask('{ comments(first: 1) { text } }', {
      authorization: 'Bearer secret',
      'x-lark-user-token': 'u-secret',
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    });
    expect(commentHeaders()).toHaveLength(1);
    expect(commentHeaders()[0]).toMatchObject({ traceparent: expect.stringContaining(TRACE) });
    expect(JSON.stringify(commentHeaders())).not.toContain('secret');
  });
});

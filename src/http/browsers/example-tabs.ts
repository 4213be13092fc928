import type { ExampleTab } from './graphiql.ts';

/** People that the example queries name. They should exist, so that every example runs as it stands. */
export interface ExamplePeople {
  readonly key: string;
  readonly email: string;
  readonly outId: string;
}

/** What GraphiQL opens with: one person, a list with somebody missing, and by out id with a variable. */
export function exampleTabs({ key, email, outId }: ExamplePeople): ExampleTab[] {
  return [
    {
      query: `# One person by user key. Press Ctrl-Enter, or the round button, to run it.
query OnePerson {
  user(key: ${JSON.stringify(key)}) {
    key
    name
    nameEn
    email
    avatarUrl
    status
  }
}
`,
    },
    {
      query: `# People by e-mail: answered in the order asked, null for those who are not found.
query PeopleByEmail {
  usersByEmail(emails: [${JSON.stringify(email)}, "nobody@example.com"]) {
    key
    name(locale: EN_US)
    status
  }
}
`,
    },
    {
      query: `# People by out id. The values are below, under Variables.
query PeopleByOutId($outIds: [ID!]!) {
  usersByOutId(outIds: $outIds) {
    key
    outId
    name
  }
}
`,
      variables: JSON.stringify({ outIds: [outId] }, null, 2),
    },
  ];
}

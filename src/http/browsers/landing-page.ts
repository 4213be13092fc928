import { createHash } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';

/** Answers browsers that open `/` with a page that describes the gateway and links to its endpoints. Programs get a 404 there. */
export function useLandingPage(options: LandingPageOptions): Plugin {
  const { html, contentSecurityPolicy } = createLandingPage(options);
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    vary: 'accept',
  };
  return {
    onRequest({ request, url, endResponse, fetchAPI: { Response } }) {
      if (url.pathname === '/' && opensPage(request)) endResponse(new Response(html, { headers }));
    },
  };
}

interface LandingPageOptions {
  /** Which users are served; left out where the page does not show that. */
  readonly people?: 'made-up' | 'real' | undefined;
  readonly hasGraphiql: boolean;
  /** Who may download the schema. */
  readonly schemaFor: 'all' | 'callers' | 'none';
}

/** The page at `/` for browsers. */
interface LandingPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** Plain HTML and a few styles: nothing runs, and nothing is loaded from anywhere. */
function createLandingPage(options: LandingPageOptions): LandingPage {
  return { html: pageOf(options), contentSecurityPolicy: CONTENT_SECURITY_POLICY };
}

const pageOf = ({ people, hasGraphiql, schemaFor }: LandingPageOptions) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${TITLE}</title>
<link rel="icon" href="${FAVICON}">
<style>${STYLE}</style>
</head>
<body>
<main>
<header>${LOGO.replace('<svg', '<svg aria-hidden="true"')}<h1>${TITLE}</h1></header>
<p>GraphQL in front of the user API of Lark Project. It looks users up by user key, out id or e-mail. Programs send
queries to <code>POST /graphql</code>.</p>
${people === undefined ? '' : `<p class="people">${WHOSE[people]}</p>\n`}<ul>
${[
  hasGraphiql && link('/graphql', 'GraphiQL', 'Write a query and run it; every field is described.'),
  schemaFor === 'all' && link('/schema.graphql', 'Schema', 'For code generators and editors, as a file.'),
  schemaFor === 'callers' &&
    '<li><strong>Schema</strong><span><code>GET /schema.graphql</code> with your credential.</span></li>',
  link('/health', 'Health', 'Answers as long as the process does.'),
  link('/readiness', 'Readiness', 'Whether it can serve, and how the user API is.'),
]
  .filter((item) => item !== false)
  .join('\n')}
</ul>
</main>
</body>
</html>
`;

const WHOSE = {
  'made-up': '<strong>Made-up people.</strong> A sandbox stands in for the user API, so no user here is real.',
  real: '<strong>Real people.</strong> Answers come from the user API, for those who may ask.',
} as const;

const link = (path: string, name: string, about: string) =>
  `<li><a href="${path}">${name}</a><span>${about}</span></li>`;

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2329; --quiet: #51565d; --ground: #f5f6f7; --card: #fff; --line: #dee0e3; --blue: #245bdb }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ebebeb; --quiet: #b0b3b8; --ground: #16181b; --card: #1f2226; --line: #373b41; --blue: #8fb0ff }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
main { max-width: 40rem; margin: 0 auto; padding: 12vh 1.5rem 4rem }
header { display: flex; align-items: center; gap: .8rem }
h1 { margin: 0; font-size: 1.75rem }
code { font-size: .9em }
.people { padding: .7rem 1rem; border-left: 4px solid var(--blue); background: var(--card) }
ul { margin: 1.5rem 0 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 10px; background: var(--card) }
li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .8rem 1rem }
li + li { border-top: 1px solid var(--line) }
li > :first-child { min-width: 6.5rem; font-weight: 600 }
li span { color: var(--quiet) }
a { color: var(--blue) }
`;

/** Its own styles, by their hash, and its icon, which is in the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

/** The icon of every page. */
export const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><rect width="32" height="32" rx="8" fill="#3370ff"/><circle cx="16" cy="12" r="5" fill="#fff"/><path d="M6 26c1-6 5-8 10-8s9 2 10 8z" fill="#fff"/></svg>';

export const FAVICON = `data:image/svg+xml,${encodeURIComponent(LOGO)}`;

/** Of every page, too. */
export const TITLE = 'Lark users';

/** True for what a browser sends when a user opens an address, and not for what scripts and programs send. */
export const opensPage = ({ method, headers }: Request): boolean =>
  method === 'GET' && (headers.get('accept')?.includes('text/html') ?? false);

import type { Plugin } from 'graphql-yoga';
import { createLandingPage, type LandingPageOptions } from './landing-page.ts';
import { opensPage } from './opens-page.ts';

/** Answers browsers that open `/` with a page that says what this is and where to go. Programs get a 404 there, as anywhere. */
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

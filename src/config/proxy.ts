import type { ProxyOptions } from '../upstream/transport.ts';
import type { Environment } from './sources.ts';

/** The usual variables of other programs, in either letter case. Mistakes are added to `mistakes`, what has no effect to `warnings`. */
export function proxyOptions(environment: Environment, mistakes: string[], warnings: string[]): ProxyOptions {
  const nameOf = (name: string) => (environment[name.toLowerCase()] === undefined ? name : name.toLowerCase());
  const of = (name: string) => environment[nameOf(name)];
  const addressOf = (name: string) => {
    const text = of(name)?.trim();
    if (text === undefined) return undefined;
    // As curl reads them: without a scheme it is http.
    const address = text.includes('://') ? text : `http://${text}`;
    if (isProxyAddress(address)) return address;
    // Not repeated: it may hold a password.
    mistakes.push(`${nameOf(name)}: expected the address of an HTTP proxy, such as http://proxy.example.com:3128.`);
    return undefined;
  };
  const [httpProxy, httpsProxy, noProxy] = [addressOf('HTTP_PROXY'), addressOf('HTTPS_PROXY'), of('NO_PROXY')?.trim()];
  if (httpProxy !== undefined || httpsProxy !== undefined) warnings.push(...idleEntries(noProxy, nameOf('NO_PROXY')));
  return { httpProxy, httpsProxy, noProxy };
}

function isProxyAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^https?:$/.test(protocol);
}

/** undici compares names and addresses as text; "*" counts alone only. */
function idleEntries(noProxy = '', name: string): string[] {
  if (noProxy === '*') return [];
  const entries = noProxy.split(/[,\s]+/).filter((entry) => entry !== '');
  const idle = entries.flatMap((entry, index) => (HAS_NO_EFFECT.test(entry) ? [index + 1] : []));
  return idle.length === 0
    ? []
    : [
        `${name}: ${idle.length === 1 ? 'entry' : 'entries'} ${idle.join(', ')} of ${entries.length} without effect. Expected hosts such as api.example.com, .example.com or 10.0.0.1:8080, or "*" alone; ranges such as 10.0.0.0/8 are not supported. Name the host of LARK_BASE_URL.`,
      ];
}

/** A range or an address with a scheme; "*" anywhere but in a leading "*."; IPv6 without brackets. */
const HAS_NO_EFFECT = /\/|^\*$|.\*|^\*[^.]|^[^[]*:[^[]*:/;

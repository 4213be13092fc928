import type { ProxyOptions } from '../upstream/transport.ts';
import type { Environment } from './environment.ts';

/** The usual variables of other programs, in either letter case. Mistakes are added to `mistakes`. */
export function proxyOptions(environment: Environment, mistakes: string[]): ProxyOptions {
  const nameOf = (name: string) => (environment[name.toLowerCase()] === undefined ? name : name.toLowerCase());
  const of = (name: string) => environment[nameOf(name)];
  const addressOf = (name: string) => {
    const text = of(name)?.trim();
    if (text === undefined) return undefined;
    // As curl reads them: without a scheme it is http.
    const address = text.includes('://') ? text : `http://${text}`;
    if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
    // Not repeated: it may hold a password.
    mistakes.push(`${nameOf(name)}: expected the address of an HTTP proxy, such as http://proxy.example.com:3128.`);
    return undefined;
  };
  return { httpProxy: addressOf('HTTP_PROXY'), httpsProxy: addressOf('HTTPS_PROXY'), noProxy: of('NO_PROXY') };
}

import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway-options.ts';
import { createServer, listen } from '../../src/http/server.ts';
import { apiKeyOf, bearer } from '../support/callers.ts';
import { gatewayWithSandbox, UNASKED } from '../support/gateway-with-sandbox.ts';
import { keptLog } from '../support/kept-log.ts';
import { ANY_PORTS, runCli } from '../support/run-cli.ts';

const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, { headers });
const metered = async (gateway: Partial<GatewayOptions> = {}) =>
  (await gatewayWithSandbox({ gateway: { metrics: true, ...gateway } })).gateway;
const knowing = { auth: { kind: 'api-key', keys: [apiKeyOf('k')] } } as const;

describe('GET /metrics', () => {
  it('has the text format of Prometheus, and is not cacheable', async () => {
    const response = await (await metered()).fetch(get('/metrics'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('# TYPE lark_gateway_requests_total counter\n');
  });

  it('requires the credential that AUTH requires', async () => {
    const gateway = await metered(knowing);
    const strangers = await gateway.fetch(get('/metrics'));
    expect(strangers.status).toBe(401);
    expect(strangers.headers.get('www-authenticate')).toContain('Bearer');
    expect(await strangers.text()).not.toContain('lark_gateway_');
    expect((await gateway.fetch(get('/metrics', bearer('k')))).status).toBe(200);
  });

  it('requires neither a user token nor a CSRF header', async () => {
    const gateway = await metered({ identity: 'caller', ...knowing });
    expect((await gateway.fetch(get('/metrics', bearer('k')))).status).toBe(200);
  });

  it('without AUTH is served only for loopback host names', async () => {
    const gateway = await metered({ auth: { kind: 'none' } });
    expect((await gateway.fetch(get('/metrics'))).status).toBe(403);
    expect((await gateway.fetch(new Request('http://localhost/metrics'))).status).toBe(200);
    const forwarded = new Request('http://localhost/metrics', { headers: { 'x-forwarded-for': '10.0.0.1' } });
    expect((await gateway.fetch(forwarded)).status).toBe(403);
  });

  it('is not found in the library without the option metrics', async () => {
    const { gateway } = await gatewayWithSandbox();
    expect((await gateway.fetch(get('/metrics', UNASKED))).status).toBe(404);
    expect(gateway.metrics).toBeUndefined();
  });

  it('is in the log at debug level only, as endpoint "metrics"', async () => {
    const { log, lines } = keptLog('debug');
    await (await metered({ log })).fetch(get('/metrics'));
    expect(lines('request')).toMatchObject([{ level: 'debug', fields: { endpoint: 'metrics', status: 200 } }]);
  });

  it('is a masked internal error if it fails', async () => {
    const { log, entries } = keptLog('debug');
    const gateway = await metered({ log });
    gateway.directory.state = () => {
      throw new Error('secret');
    };
    const response = await gateway.fetch(get('/metrics'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(entries.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});

describe('metrics apart', () => {
  it('are served by a handler of their own, with the same authentication, which serves nothing else', async () => {
    const { log, lines } = keptLog('debug');
    const gateway = await metered({ metrics: 'apart', log, ...knowing });
    const apart = async (path: string, headers = bearer('k')) =>
      (await gateway.metrics?.fetch(get(path, headers)))?.status;
    expect(await apart('/metrics', bearer('another'))).toBe(401);
    expect(await apart('/metrics')).toBe(200);
    for (const path of ['/graphql?query={__typename}', '/health', '/readiness', '/schema.graphql', '/']) {
      expect([path, await apart(path, { ...bearer('k'), ...UNASKED })]).toEqual([path, 404]);
    }
    expect((await gateway.fetch(get('/metrics', { ...bearer('k'), ...UNASKED }))).status).toBe(404);
    expect(lines('request')[1]).toMatchObject({ level: 'debug', fields: { endpoint: 'metrics', status: 200 } });
  });

  it('without AUTH are served only for loopback host names', async () => {
    const { metrics } = await metered({ metrics: 'apart', auth: { kind: 'none' } });
    expect((await metrics?.fetch(get('/metrics')))?.status).toBe(403);
    expect((await metrics?.fetch(new Request('http://127.0.0.1:9464/metrics')))?.status).toBe(200);
  });

  it('are served by a Node server of their own', async () => {
    const { metrics } = await metered({ metrics: 'apart' });
    if (!metrics) throw new Error('Expected metrics.');
    const server = createServer(metrics);
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'METRICS_PORT' });
    try {
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('lark_gateway_build_info');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('lark-user-gateway serve', () => {
  const urlsOf = (banner: string) => ({
    main: /GraphQL {3}(\S+)\/graphql/.exec(banner)?.[1] ?? '',
    metrics: /Metrics {3}(\S+)/.exec(banner)?.[1] ?? '',
  });

  it('serves metrics on the main port, as its banner says', async () => {
    const { main, metrics } = urlsOf(await runCli([], ANY_PORTS).until('curl'));
    expect(metrics).toBe(`${main}/metrics`);
    expect(await (await fetch(metrics)).text()).toContain('lark_gateway_build_info');
  });

  it('serves them only on METRICS_PORT if it is set, and exits with 0', async () => {
    const cli = runCli(['--metrics-port', '0'], ANY_PORTS);
    const { main, metrics } = urlsOf(await cli.until('curl'));
    expect(new URL(metrics).origin).not.toBe(main);
    expect(await (await fetch(metrics)).text()).toContain('lark_gateway_build_info');
    expect((await fetch(`${main}/metrics`, { headers: UNASKED })).status).toBe(404);
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
  });

  it('rejects a METRICS_PORT equal to PORT, and reports how to fix one in use', async () => {
    const same = runCli(['--metrics-port', '4000']);
    expect(await same.ended).toBe(2);
    expect(same.stderr()).toContain('METRICS_PORT: expected another port than PORT (4000).');
    const { port } = new URL(urlsOf(await runCli([], ANY_PORTS).until('curl')).main);
    const taken = runCli(['--metrics-port', port], ANY_PORTS);
    expect(await taken.ended).toBe(1);
    expect(taken.stderr()).toContain('Set METRICS_PORT to a free port');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { createServer as createGatewayServer, listen } from '../../src/http/server.ts';
import { apiKeyOf, keyNamed } from '../support/callers.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { blocksOf, ROOT, readPage } from '../support/markdown.ts';
import { ANY_PORTS, emptyFolder, runCli } from '../support/run-cli.ts';
import { familiesOf } from '../support/scrape.ts';

const PAGE = 'docs/operations.md';
const only = (language: string) => blocksOf(PAGE).filter((block) => block.language === language);

describe('docs/operations.md', () => {
  it('has a row for each metric of a scrape, with the words that are in the scrape', async () => {
    const { gateway } = await gatewayWithSandbox({ gateway: { metrics: true } });
    const families = familiesOf((await gateway.metrics?.text()) ?? '');
    expect(families.length).toBeGreaterThan(30);
    const rows = families.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
    const shown = readPage(PAGE)
      .split('\n')
      .filter((line) => /^\| `\w+` \| (counter|gauge|histogram) \|/.test(line));
    expect(shown).toEqual(rows);
  });

  it('shows how Prometheus scrapes: as configured there, it is answered', async () => {
    const { gateway } = await gatewayWithSandbox({
      gateway: { metrics: true, auth: { kind: 'api-key', keys: [apiKeyOf('prometheus')] } },
    });
    const server = createGatewayServer(gateway);
    const url = await listen(server, { host: '127.0.0.1', port: 0, portSetting: 'PORT' });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const [job, ...others] = parse(only('yaml')[0]?.text ?? '').scrape_configs;
    expect(others).toEqual([]);
    const { authorization, static_configs: targets, metrics_path: path = '/metrics', scheme = 'http' } = job;
    expect(targets).toEqual([{ targets: ['127.0.0.1:4000'] }]);
    expect(Object.keys(authorization)).toEqual(['credentials_file']);
    const address = `${scheme}://${new URL(url).host}${path}`;
    const { type = 'Bearer' } = authorization;
    expect((await fetch(address, { headers: { authorization: `${type} ${keyNamed('prometheus')}` } })).status).toBe(
      200,
    );
    expect((await fetch(address)).status).toBe(401);
  });

  it('shows how to load an SDK of OpenTelemetry, which sends the spans of the built command to a collector', async () => {
    const collected: string[] = [];
    const collector = createServer((request, response) => {
      request.setEncoding('latin1').on('data', (part: string) => collected.push(`${request.url} ${part}`));
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void collector.close());
    const folder = emptyFolder();
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', '@opentelemetry'), join(folder, 'node_modules', '@opentelemetry'));
    const [program] = only('js');
    writeFileSync(join(folder, 'tracing.mjs'), program?.text ?? '');

    const line = only('sh').find(({ text }) => text.includes('--import'))?.text ?? '';
    const [endpoint = '', node, ...args] = line.split(' ');
    expect([node, ...args]).toEqual(['node', '--import', './tracing.mjs', 'dist/cli.js']);
    const { port } = collector.address() as AddressInfo;
    const cli = runCli(
      [],
      {
        ...ANY_PORTS,
        NODE_OPTIONS: `--import ${join(folder, 'tracing.mjs')}`,
        [endpoint.split('=')[0] ?? '']: (endpoint.split('=')[1] ?? '').replace('4318', String(port)),
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
      folder,
    );
    const banner = await cli.until('curl');
    execFileSync('/bin/sh', ['-c', banner.match(/curl .*/)?.[0] ?? '']);
    for (const span of ['POST /graphql', 'POST /open_api/user/query', 'POST /open_api/authen/plugin_token']) {
      await expect.poll(() => collected.filter((one) => one.startsWith('/v1/traces')).join('\n')).toContain(span);
    }
    expect(collected.join('\n')).not.toContain('7000000000000000001');
  });
});

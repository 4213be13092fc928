import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import {
  imageEnvironment,
  isPinned,
  readText,
  readYaml,
  secondsOf,
  unknownSettings,
  yamlFiles,
} from '../support/deployment.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { blocksOf, ROOT } from '../support/markdown.ts';
import { startRedis } from '../support/redis-server.ts';
import { CLI, emptyFolder, runCli } from '../support/run-cli.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: string[];
  readonly environment?: Record<string, string>;
  readonly secrets?: string[];
  readonly volumes?: string[];
  readonly ports?: string[];
  readonly healthcheck?: { test: string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly mem_limit?: string;
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Record<string, Service>;
  readonly secrets: Record<string, { file: string }>;
  readonly volumes: Record<string, unknown>;
}
interface PrometheusConfig {
  readonly scrape_configs: {
    job_name: string;
    authorization?: { credentials_file: string };
    static_configs: { targets: string[] }[];
  }[];
}

const { services, secrets, volumes } = readYaml('compose.yaml') as Compose;
const all = Object.entries(services);
const gateways = all.filter(([, { environment }]) => environment?.LARK_BASE_URL);
const port = imageEnvironment().PORT;
const addresses = gateways.map(([name]) => `${name}:${port}`);

it.each(yamlFiles)('%s is valid YAML', (path) => {
  expect(readYaml(path)).toBeTypeOf('object');
});

describe('compose.yaml', () => {
  it('has two gateways with the matching REPLICAS_HINT', () => {
    expect(gateways).toHaveLength(2);
    for (const [, { environment }] of gateways) expect(environment?.REPLICAS_HINT).toBe(String(gateways.length));
  });

  it.each(gateways)('%s has valid settings and a sufficient stop period', (_, service) => {
    const { environment = {}, stop_grace_period: period = '' } = service;
    expect(unknownSettings(Object.keys(environment))).toEqual([]);
    const needed = Number(environment.SHUTDOWN_DELAY_SECONDS) + Number(environment.SHUTDOWN_GRACE_SECONDS);
    expect(secondsOf(period)).toBeGreaterThan(needed);
  });

  it.each(all)(
    '%s may write nothing, has no rights and a bound of memory, and is asked whether it is well',
    (_, service) => {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.mem_limit).toMatch(/^\d+m$/);
      // The image of the gateway asks by itself, about the gateway.
      const asksItself = service.build !== undefined && service.command === undefined;
      expect(service.healthcheck?.test[0]).toBe(asksItself ? undefined : 'CMD');
    },
  );

  it.each(all)('%s has a pinned version and no port open to other machines', (_, { image, build, ports = [] }) => {
    expect(build === '.' ? image === 'lark-user-gateway:local' : isPinned(image)).toBe(true);
    expect(ports.filter((one) => !one.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('mounts existing files and declared volumes', () => {
    const sources = all.flatMap(([, service]) => (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''));
    const [files, named] = [
      sources.filter((one) => one.startsWith('./')),
      sources.filter((one) => !one.startsWith('./')),
    ];
    expect(files.length).toBeGreaterThan(3);
    expect(named.filter((one) => !(one in volumes))).toEqual([]);
    const missing = files.map((one) => one.slice(2)).filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });

  it('the load balancer and Prometheus use existing paths of all gateways, at their port', async () => {
    const balancer = readText('deploy/haproxy/haproxy.cfg');
    expect([...balancer.matchAll(/^ +server \S+ (\S+)/gm)].map(([, address]) => address)).toEqual(addresses);
    const [path] = /(?<=http-check send meth GET uri )\S+/.exec(balancer) ?? [];
    expect(path).toBe('/readiness');
    const { gateway } = await gatewayWithSandbox();
    const ask = () => gateway.fetch(new Request(`http://gateway:${port}${path}`));
    await expect.poll(async () => (await ask()).status).toBe(200);

    const { scrape_configs: jobs } = readYaml('deploy/prometheus/prometheus.yml') as PrometheusConfig;
    const job = jobs.find(({ job_name: name }) => name === 'lark-user-gateway');
    expect(job?.static_configs.flatMap(({ targets }) => targets)).toEqual(addresses);
    const secret = job?.authorization?.credentials_file.replace('/run/secrets/', '');
    expect(services.prometheus?.secrets).toEqual([secret]);
  });

  it('the load balancer notices a stopping gateway in time, and has a longer timeout than the gateway', () => {
    const balancer = readText('deploy/haproxy/haproxy.cfg');
    const [, every, times] = /check inter (\d+)s fall (\d+)/.exec(balancer) ?? [];
    for (const [, { environment }] of gateways) {
      expect(Number(every) * Number(times)).toBeLessThan(Number(environment?.SHUTDOWN_DELAY_SECONDS));
      const longestMs = Number(environment?.REQUEST_TIMEOUT_MS ?? 10_000);
      expect(secondsOf(/(?<=timeout server )\S+/.exec(balancer)?.[0] ?? '') * 1_000).toBeGreaterThan(longestMs);
    }
  });
});

describe('deploy/README.md', () => {
  it('shows valid settings for real users', () => {
    const [block] = blocksOf('deploy/README.md').filter(({ language }) => language === 'yaml');
    const override = parse(block?.text ?? '') as Pick<Compose, 'services'>;
    expect(Object.keys(override.services)).toEqual(gateways.map(([name]) => name));
    const folder = emptyFolder();
    writeFileSync(join(folder, 'plugin-secret'), 'a-secret\n');
    writeFileSync(join(folder, 'api-keys'), `frontend:${'a'.repeat(64)}\n`);
    for (const [name, { environment: base }] of gateways) {
      const environment = { ...imageEnvironment(), ...base, ...override.services[name]?.environment };
      const { upstream } = readConfig({ environment: withSecretsIn(folder, environment) });
      expect(upstream).toMatchObject({ kind: 'real', credential: { baseUrl: 'https://project.feishu.cn' } });
    }
  });

  it.each(blocksOf('deploy/README.md').filter(({ language }) => language === 'sh'))(
    'names what exists: $text',
    ({ text }) => {
      const paths = text.match(/\bdeploy\/[\w./-]+/g) ?? [];
      const made = Object.values(secrets).map(({ file }) => file);
      const missing = paths.filter((path) => !existsSync(join(ROOT, path)) && !made.includes(path));
      // The key of whoever tries it is mounted nowhere.
      expect(missing.filter((path) => path !== 'deploy/secrets/frontend.key')).toEqual([]);
    },
  );
});

/** Secrets from this folder in place of where a container has them. */
const withSecretsIn = (folder: string, environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace('/run/secrets', folder)]));

describe('deploy/make-secrets.sh', () => {
  const make = (folder: string) =>
    execFileSync('/bin/sh', [join(ROOT, 'deploy/make-secrets.sh'), folder], {
      env: { PATH: process.env.PATH, LARK_USER_GATEWAY: `${process.execPath} ${CLI}` },
    });

  it('creates every secret that compose.yaml mounts, and keeps existing ones', () => {
    const folder = emptyFolder();
    make(folder);
    const files = Object.values(secrets).map(({ file }) => file.replace('deploy/secrets', folder));
    expect(files.length).toBeGreaterThan(3);
    const contents = files.map((file) => readFileSync(file, 'utf8'));
    expect(contents.filter((content) => content.trim() === '')).toEqual([]);
    make(folder);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(contents);
    expect(all.flatMap(([, service]) => service.secrets ?? []).filter((name) => !(name in secrets))).toEqual([]);
  });

  it('creates keys that a gateway with the settings of compose.yaml accepts', async () => {
    const folder = emptyFolder();
    make(folder);
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const redis = await startRedis();
    const environment = { ...gateways[0]?.[1].environment, REDIS_URL: redis.url };
    const gateway = runCli([], {
      ...imageEnvironment(),
      ...withSecretsIn(folder, environment),
      LARK_BASE_URL: sandbox.url,
      HOST: '127.0.0.1',
      PORT: '0',
    });
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(await gateway.until('/graphql')) ?? [];
    await expect.poll(async () => (await fetch(`${url}/readiness`)).status).toBe(200);
    const answers = await Promise.all(
      ['frontend', 'prometheus'].map(async (name) => {
        const key = readFileSync(join(folder, `${name}.key`), 'utf8').trim();
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: JSON.stringify({ query: '{ user(key: "7000000000000000001") { nameEn } }' }),
        });
        return response.json();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 2 }, () => ({ data: { user: { nameEn: 'Zhang San' } } })));
  });
});

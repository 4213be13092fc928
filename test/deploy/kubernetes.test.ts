import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { imageEnvironment, isPinned, readText, readYaml, unknownSettings } from '../support/deployment.ts';
import { gatewayWithSandbox } from '../support/gateway-with-sandbox.ts';
import { ROOT } from '../support/markdown.ts';
import { emptyFolder } from '../support/run-cli.ts';

interface Probe {
  readonly httpGet: { path: string; port: string };
}
interface Labels {
  readonly matchLabels: Record<string, string>;
}
interface Deployment {
  readonly spec: {
    replicas: number;
    strategy: { rollingUpdate: { maxUnavailable: number } };
    selector: Labels;
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        terminationGracePeriodSeconds: number;
        automountServiceAccountToken: boolean;
        securityContext: Record<string, unknown>;
        topologySpreadConstraints: { labelSelector: Labels }[];
        containers: {
          image: string;
          ports: { name: string; containerPort: number }[];
          env: { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } }[];
          envFrom: { configMapRef: { name: string } }[];
          startupProbe: Probe;
          livenessProbe: Probe;
          readinessProbe: Probe;
          securityContext: Record<string, unknown>;
          resources: { limits: Record<string, string>; requests: Record<string, string> };
          volumeMounts: { name: string; mountPath: string }[];
        }[];
        volumes: { name: string; secret: { secretName: string; items: { key: string; path: string }[] } }[];
      };
    };
  };
}
interface Service {
  readonly metadata: { labels: Record<string, string> };
  readonly spec: { selector: Record<string, string>; ports: { name: string; targetPort: string }[] };
}
interface Secret {
  readonly metadata: { name: string };
  readonly stringData: Record<string, string>;
}
interface Kustomization {
  readonly resources: string[];
  readonly configMapGenerator: { name: string; envs: string[] }[];
  readonly images: { name: string; newName: string; newTag: string }[];
}

const FOLDER = 'deploy/kubernetes';
const read = (name: string) => readYaml(`${FOLDER}/${name}`);
const { spec } = read('deployment.yaml') as Deployment;
const pod = spec.template.spec;
const [container] = pod.containers;
if (!container) throw new Error('deployment.yaml: expected a container.');
const { metadata } = spec.template;
const kustomization = read('kustomization.yaml') as Kustomization;
const settings = parseEnv(readText(`${FOLDER}/settings.env`)) as Record<string, string>;
const secret = read('secret.example.yaml') as Secret;

describe('deploy/kubernetes', () => {
  it('applies every file that is no example, with the ConfigMap and image of the Deployment', () => {
    const files = readdirSync(join(ROOT, FOLDER)).filter(
      (name) => name.endsWith('.yaml') && !/example|kustomiz/.test(name),
    );
    expect(kustomization.resources.toSorted()).toEqual(files.toSorted());
    const [{ configMapRef } = { configMapRef: undefined }] = container.envFrom;
    expect(kustomization.configMapGenerator).toEqual([{ name: configMapRef?.name, envs: ['settings.env'] }]);
    const [image] = kustomization.images;
    expect(image?.name).toBe(container.image);
    expect(isPinned(`${image?.newName}:${image?.newTag}`)).toBe(true);
  });

  it('has valid, consistent settings', () => {
    const names = [...Object.keys(settings), ...container.env.map(({ name }) => name)];
    expect(unknownSettings(names)).toEqual([]);
    const folder = emptyFolder();
    writeFileSync(join(folder, 'api-keys'), `frontend:${'a'.repeat(64)}\n`);
    writeFileSync(join(folder, 'plugin-secret'), 'a-secret\n');
    const mounted = container.volumeMounts[0]?.mountPath ?? '';
    const environment = Object.entries({ ...imageEnvironment(), ...settings }).map(([name, value]) => [
      name,
      value.replace(mounted, folder),
    ]);
    const { upstream, callers, shutdown } = readConfig({
      environment: { ...Object.fromEntries(environment), REDIS_URL: 'redis://redis:6379' },
    });
    expect(upstream.kind).toBe('real');
    expect(callers.auth?.kind).toBe('api-key');
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(shutdown.delayMs + shutdown.graceMs);
  });

  it('has the matching REPLICAS_HINT, and replaces a pod only when another is ready', () => {
    expect(settings.REPLICAS_HINT).toBe(String(spec.replicas));
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
  });

  it('probes existing paths at the port of the gateway: /health for liveness, /readiness for readiness', async () => {
    const { gateway } = await gatewayWithSandbox();
    const { startupProbe, livenessProbe, readinessProbe, ports } = container;
    expect(ports).toEqual([{ name: 'http', containerPort: Number(imageEnvironment().PORT) }]);
    expect(livenessProbe.httpGet.path).toBe('/health');
    expect(readinessProbe.httpGet.path).toBe('/readiness');
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(httpGet.port).toBe('http');
      const ask = () => gateway.fetch(new Request(`http://10.0.0.1:4000${httpGet.path}`));
      await expect.poll(async () => (await ask()).status).toBe(200);
    }
  });

  it('meets the restricted Pod Security Standard, has a read-only file system, and limits memory only', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(Object.keys(container.resources.limits)).toEqual(['memory']);
  });

  it('disables service links, which could set METRICS_PORT and SANDBOX_PORT', () => {
    const pods = readdirSync(join(ROOT, FOLDER))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => read(name) as { kind?: string; spec?: { template?: { spec: { enableServiceLinks?: boolean } } } })
      .flatMap(({ spec: { template } = {} }) => template ?? []);
    expect(pods.map((one) => one.spec.enableServiceLinks)).toEqual([false]);
  });

  it('every selector matches these pods', () => {
    const service = read('service.yaml') as Service;
    const budget = read('poddisruptionbudget.yaml') as { spec: { selector: Labels } };
    const policy = read('networkpolicy.yaml') as { spec: { podSelector: Labels } };
    const selectors = [
      spec.selector.matchLabels,
      ...pod.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels),
      service.spec.selector,
      budget.spec.selector.matchLabels,
      policy.spec.podSelector.matchLabels,
    ];
    for (const selector of selectors) expect(selector).toEqual(metadata.labels);
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });

  it('the example Secret has every key that is used, and no values', () => {
    const [volume] = pod.volumes;
    const references = container.env.map(({ valueFrom }) => valueFrom.secretKeyRef);
    const used = [...(volume?.secret.items ?? []), ...references].map(({ key }) => key);
    expect(Object.keys(secret.stringData).toSorted()).toEqual(used.toSorted());
    expect(Object.values(secret.stringData).filter((value) => value !== '')).toEqual([]);
    expect([volume?.secret.secretName, ...references.map(({ name }) => name)]).toEqual([
      secret.metadata.name,
      secret.metadata.name,
    ]);
    const paths = volume?.secret.items.map(({ path }) => `${container.volumeMounts[0]?.mountPath}/${path}`);
    const files = Object.entries(settings).filter(([name]) => name.endsWith('_FILE'));
    expect(files.map(([, path]) => path).toSorted()).toEqual(paths?.toSorted());
  });

  it('the examples for scaling and for the Prometheus Operator use existing names', () => {
    const scaler = read('horizontalpodautoscaler.example.yaml') as {
      spec: { scaleTargetRef: { kind: string; name: string } };
    };
    expect(scaler.spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'lark-user-gateway' });
    const monitor = read('servicemonitor.example.yaml') as {
      spec: { selector: Labels; endpoints: { port: string }[] };
    };
    const service = read('service.yaml') as Service;
    expect(monitor.spec.selector.matchLabels).toEqual(service.metadata.labels);
    expect(monitor.spec.endpoints.map((endpoint) => endpoint.port)).toEqual(service.spec.ports.map(({ name }) => name));
  });
});

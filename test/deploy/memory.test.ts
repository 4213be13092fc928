import { expect, it } from 'vitest';
import { readText, readYaml } from '../support/deployment.ts';

interface Compose {
  readonly services: Record<string, { environment?: Record<string, string>; mem_limit?: string }>;
}
interface Deployment {
  readonly spec: {
    template: { spec: { containers: { resources: { limits: { memory: string } } }[] } };
  };
}

it('every memory limit of a gateway is the documented one: 1.5 times the measured maximum', () => {
  const row = readText('docs/operations.md').match(/\| a gateway's memory \|.*/)?.[0] ?? '';
  const told = Number(/([\d,]+) MiB/.exec(row)?.[1]?.replace(',', ''));
  const measured = Number(/rises to (\d+) MB/.exec(readText('bench/README.md'))?.[1]);
  expect(row).toContain(`${measured} MB`);
  expect(told).toBeGreaterThan(measured * 1.5);

  const { services } = readYaml('compose.yaml') as Compose;
  const gateways = Object.values(services).filter(({ environment }) => environment?.LARK_BASE_URL);
  expect(gateways.map((gateway) => gateway.mem_limit)).toEqual([`${told}m`, `${told}m`]);
  const { spec } = readYaml('deploy/kubernetes/deployment.yaml') as Deployment;
  expect(spec.template.spec.containers.map(({ resources }) => resources.limits.memory)).toEqual([`${told}Mi`]);
});

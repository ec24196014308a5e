import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needs, type Tool } from '../support/tools.js';
import { CLOSE_GRACE, optionsOf, read } from './deploy-files.js';

const PYTHON: Tool = {
  name: 'Python 3.11',
  files: ['/usr/bin/python3'],
  probe: ['-c', 'import tomllib'],
  script: 'scripts/install-clients',
};

/** Whether a shell can parse it. */
function parses(script: string): boolean {
  return spawnSync('sh', ['-n'], { input: script }).status === 0;
}

describe('deploy/compose.dev.yaml', () => {
  const { services, volumes } = parse(read('deploy/compose.dev.yaml'), { merge: true });
  const { scripts } = JSON.parse(read('package.json'));

  test('runs the relay with options that exist, on its own port', () => {
    const { environment, ports } = services.relay;
    expect(ports).toEqual([`127.0.0.1:8081:${optionsOf(environment).port}`]);
  });

  test('builds and restarts by commands that exist', () => {
    const [, , script] = services.relay.command;
    expect(parses(script)).toBe(true);
    const named = [...script.matchAll(/npm run --silent (\w+)/g)].map(([, name]) => name);
    expect(named).toEqual(['setup', 'build']);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const [, project = ''] = /--project (\S+)/.exec(script) ?? [];
    const { compilerOptions } = JSON.parse(read(project));
    const [, program = ''] = /node --watch (\S+)/.exec(script) ?? [];
    expect(program.startsWith(`${compilerOptions.outDir.replace('./', '')}/`)).toBe(true);
    expect(services.test.command).toEqual(['npm', 'test']);
  });

  test('mounts the clone, and keeps the packages of the container apart', () => {
    for (const { volumes: mounts, working_dir, image } of [services.relay, services.test]) {
      expect(mounts).toEqual(['..:/app', 'node_modules:/app/node_modules']);
      expect([working_dir, image]).toEqual(['/app', 'node:24']);
    }
    expect(Object.keys(volumes)).toEqual(['node_modules']);
  });
});

describe('deploy/cloud-init.yaml', () => {
  const text = read('deploy/cloud-init.yaml');
  const { write_files, packages, runcmd, ...rest } = parse(text);

  test('is a cloud-config of known keys', () => {
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(rest).toEqual({ package_update: true });
    expect(write_files).toHaveLength(1);
    expect(Object.keys(write_files[0])).toEqual(['path', 'permissions', 'content']);
    expect(packages.every((name: unknown) => typeof name === 'string')).toBe(true);
    expect(runcmd.every((script: string) => parses(script))).toBe(true);
  });

  test('sets what the script and compose.yaml need', () => {
    const [{ path, content }] = write_files;
    const set = [...content.matchAll(/^([A-Z]+)=\S+$/gm)].map(([, name]) => name);
    expect(set).toEqual(['DOMAIN', 'REPOSITORY']);
    const [script] = runcmd;
    expect(script).toContain(`--env-file ${path} up -d`);
    const needed = [...read('compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(new Set(needed)).toEqual(new Set(['DOMAIN']));
    const used = [...script.matchAll(/\$([A-Z]+)/g)].map(([, name]) => name);
    expect(used).toEqual(['REPOSITORY']);
  });
});

describe('deploy/fly.toml', needs(PYTHON), () => {
  const toJson = 'import json,sys,tomllib;print(json.dumps(tomllib.loads(sys.stdin.read())))';
  const config = (): Record<string, never> =>
    JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', toJson], {
        input: read('deploy/fly.toml'),
        encoding: 'utf8',
      }),
    );

  test('is TOML that runs one relay with options that exist, and leaves it time to stop', () => {
    const { env, metrics, http_service, kill_timeout, kill_signal } = config() as never as {
      env: Record<string, string>;
      metrics: { port: number; path: string };
      http_service: Record<string, unknown> & { checks: { path: string }[] };
      kill_timeout: number;
      kill_signal: string;
    };
    const { port, trustProxy, drain, metricsListen } = optionsOf(env);
    expect(http_service).toMatchObject({ internal_port: port, auto_stop_machines: 'off' });
    expect([trustProxy, kill_signal]).toEqual(['private', 'SIGTERM']);
    expect(kill_timeout).toBeGreaterThan(drain + CLOSE_GRACE);
    expect(metrics).toEqual({ port: Number(metricsListen.split(':')[1]), path: '/metrics' });
    expect(http_service.checks.map(({ path }) => path)).toEqual(['/health']);
  });
});

test('deploy/render.yaml runs one relay with options that exist, and leaves it time to stop', () => {
  const { services, ...rest } = parse(read('deploy/render.yaml'));
  expect(rest).toEqual({});
  const [service, ...others] = services;
  expect(others).toEqual([]);
  const variables = service.envVars.map(({ key, value }: Record<string, string>) => [key, value]);
  const { trustProxy, drain, metrics, port } = optionsOf(Object.fromEntries(variables));
  expect([trustProxy, metrics, port]).toEqual(['private', false, 8081]);
  expect(service).toMatchObject({ type: 'web', runtime: 'docker', numInstances: 1 });
  expect(service.healthCheckPath).toBe('/health');
  expect(service.maxShutdownDelaySeconds).toBeGreaterThan(drain + CLOSE_GRACE);
  const dockerfile = new URL(`../../${service.dockerfilePath}`, import.meta.url);
  expect(existsSync(dockerfile)).toBe(true);
});

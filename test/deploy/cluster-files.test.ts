import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Options } from '../../src/options.js';
import { CODE_ALPHABET } from '../../src/protocol/room-code.js';
import { POSIX } from '../support/tools.js';
import { CLOSE_GRACE, optionsOf, read } from './deploy-files.js';

const NODES = ['relay-0', 'relay-1', 'relay-2'];

/** The letters with which each relay gets the paths of rooms, and the rooms that hosts resume. */
function lettersIn(proxy: string): { players: string[]; hosts: string[] } {
  const text = read(proxy);
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, letters = '']) => letters);
  const players = all(/\^\/\[(\w+)\]\[BCDFGHJKLMNPQRSTVWXZ\]\{3,7\}\\\?"? /g);
  return { players, hosts: all(/\^\/CREATE\\\?\[(\w+)\]"? /g) };
}

/** Checks what all relays of a cluster need, wherever they run. */
function expectCluster(relays: readonly Options[]): void {
  expect(relays.map(({ node }) => node)).toEqual(NODES);
  const letters = relays.map((relay) => relay.letters);
  expect([...letters.join('')].sort()).toEqual([...CODE_ALPHABET].sort());
  for (const proxy of ['deploy/cluster/Caddyfile', 'deploy/cluster/nginx.conf']) {
    expect(lettersIn(proxy)).toEqual({ players: letters, hosts: letters });
  }
  for (const relay of relays) {
    expect(relay).toMatchObject({ port: 8081, stateFile: '/state/rooms' });
    expect(relay.trustProxy).toMatch(/^private\b/);
  }
}

describe('deploy/cluster/compose.yaml', () => {
  const { services, volumes, networks } = parse(read('deploy/cluster/compose.yaml'), {
    merge: true,
  });
  const relays = NODES.map((name) => services[name]);

  test('runs relays with options that exist, letters of their own, and time to stop', () => {
    const options = relays.map(({ environment }) => optionsOf(environment));
    expectCluster(options);
    for (const [index, { stop_grace_period, depends_on }] of relays.entries()) {
      expect(options[index]?.cluster).toBe('nats://nats:4222');
      const drain = options[index]?.drain ?? 0;
      expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(drain + CLOSE_GRACE);
      expect(Object.keys(depends_on)).toEqual(['caddy', 'nats']);
    }
  });

  test('gives each relay and NATS a volume of its own', () => {
    const mounts = [...relays, services.nats].map((service) => service.volumes);
    expect(mounts).toEqual([
      ['relay_0:/state'],
      ['relay_1:/state'],
      ['relay_2:/state'],
      ['nats:/data'],
    ]);
    expect(Object.keys(volumes)).toEqual(['relay_0', 'relay_1', 'relay_2', 'nats', 'caddy_data']);
    expect(services.nats.command).toContain('--store_dir=/data');
  });

  test('keeps NATS where only relays are', () => {
    expect(networks.cluster).toEqual({ internal: true });
    const inCluster = Object.entries<{ networks?: string[] }>(services).filter(([, service]) =>
      service.networks?.includes('cluster'),
    );
    expect(inCluster.map(([name]) => name)).toEqual([...NODES, 'nats']);
    expect(services.nats.networks).toEqual(['cluster']);
    expect(services.nats.command).toContain('--jetstream');
    const [, minor = ''] = /^nats:2\.(\d+)/.exec(services.nats.image) ?? [];
    expect(Number(minor)).toBeGreaterThanOrEqual(11);
  });

  test('runs Caddy with the configuration beside it', () => {
    expect(services.caddy.volumes).toContain('./Caddyfile:/etc/caddy/Caddyfile:ro');
    const used = [...read('deploy/cluster/Caddyfile').matchAll(/\{\$(\w+)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(used)).toEqual(new Set(['BEHIND_PROXY', 'DOMAIN', 'RELAYS']));
    expect(Object.keys(services.caddy.environment)).toEqual(['DOMAIN']);
  });
});

describe('deploy/cluster/kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('deploy/cluster/kubernetes.yaml'));
  const objects = documents.map((document) => document.toJS());
  const find = (kind: string, name: string) => {
    return objects.find((object) => object.kind === kind && object.metadata.name === name);
  };
  const relay = find('StatefulSet', 'relay');
  const caddy = find('Deployment', 'lobby-relay-caddy');
  const pod = relay.spec.template.spec;
  const [container] = pod.containers;
  const variables = container.env.filter(({ name }: { name: string }) => name !== 'NODE');

  /** What the command of a pod starts: the arguments of node. */
  function commandOf(name: string): string[] {
    const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-command-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const program = join(directory, 'node');
    writeFileSync(program, '#!/bin/sh\necho "$@"\n');
    chmodSync(program, 0o755);
    const [shell, ...args] = container.command;
    const env = { PATH: `${directory}:/bin:/usr/bin`, NODE: name };
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return execFileSync(shell, args, { env, encoding: 'utf8', stdio: [...stdio] })
      .trim()
      .split(' ');
  }

  test('is YAML with the kinds that a cluster needs', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'StatefulSet relay',
      'Service relays',
      'PodDisruptionBudget relay',
      'Deployment lobby-relay-caddy',
      'PodDisruptionBudget lobby-relay-caddy',
      'Service lobby-relay',
    ]);
  });

  test('runs relays with options that exist, and letters of their own', POSIX, () => {
    const environment = Object.fromEntries(
      variables.map(({ name, value = 'nats://relay:secret@nats:4222' }: Record<string, string>) => [
        name,
        value,
      ]),
    );
    expect(relay.spec.replicas).toBe(NODES.length);
    const relays = NODES.map((name) => {
      const [program = '', ...flags] = commandOf(name);
      expect(read('Dockerfile')).toContain(`ENTRYPOINT ["node", "${program}"]`);
      return optionsOf(environment, flags);
    });
    expectCluster(relays);
    expect(() => commandOf('relay-3')).toThrow('Command failed');
    for (const { drain } of relays) {
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drain + CLOSE_GRACE);
    }
  });

  test('has the address of NATS from a Secret', () => {
    const hidden = variables.filter(({ valueFrom }: { valueFrom?: object }) => valueFrom);
    expect(hidden).toEqual([
      {
        name: 'LOBBY_RELAY_CLUSTER',
        valueFrom: { secretKeyRef: { name: 'lobby-relay-nats', key: 'url' } },
      },
    ]);
  });

  test('is ready by /ready, restarts by /health, and stops one relay at a time', () => {
    const { readinessProbe, livenessProbe, ports } = container;
    expect(readinessProbe.httpGet).toEqual({ path: '/ready', port: 'http' });
    expect(livenessProbe.httpGet).toEqual({ path: '/health', port: 'http' });
    expect(ports).toEqual([{ name: 'http', containerPort: 8081 }]);
    for (const [name, { spec }] of [
      ['relay', relay],
      ['lobby-relay-caddy', caddy],
    ]) {
      const { labels } = spec.template.metadata;
      expect(spec.selector).toEqual({ matchLabels: labels });
      const budget = { maxUnavailable: 1, selector: { matchLabels: labels } };
      expect(find('PodDisruptionBudget', name).spec).toEqual(budget);
    }
  });

  test('has volumes that its user can write to', () => {
    expect(pod.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 });
    expect(read('Dockerfile')).toContain("fs.chownSync('/state', 1000, 1000)");
    const [{ metadata }] = relay.spec.volumeClaimTemplates;
    expect(container.volumeMounts).toEqual([{ name: metadata.name, mountPath: '/state' }]);
  });

  test('lets Caddy reach each relay by its name, and clients reach Caddy', () => {
    const relays = find('Service', 'relays');
    expect(relay.spec.serviceName).toBe('relays');
    expect(relays.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(relays.spec.selector).toEqual(relay.spec.template.metadata.labels);
    expect(find('Service', 'lobby-relay').spec.selector).toEqual(
      caddy.spec.template.metadata.labels,
    );
    const [{ env, ports }] = caddy.spec.template.spec.containers;
    const set = Object.fromEntries(
      env.map(({ name, value }: Record<string, string>) => [name, value]),
    );
    expect(set).toEqual({
      DOMAIN: `http://:${ports[0].containerPort}`,
      RELAYS: '.relays',
      BEHIND_PROXY: expect.stringMatching(/^trusted_proxies \S+\/\d+$/),
    });
    const [, network] = set['BEHIND_PROXY'].split(' ');
    const trusted = variables.find(({ name }: { name: string }) => name.endsWith('TRUST_PROXY'));
    expect(trusted.value.split(',')).toContain(network);
  });

  test('is applied with the Caddyfile', () => {
    const { resources, configMapGenerator } = parse(read('deploy/cluster/kustomization.yaml'));
    expect(resources).toEqual(['kubernetes.yaml']);
    expect(configMapGenerator).toEqual([{ name: 'lobby-relay-caddy', files: ['Caddyfile'] }]);
    const [{ configMap }] = caddy.spec.template.spec.volumes;
    expect(configMap).toEqual({ name: 'lobby-relay-caddy' });
  });
});

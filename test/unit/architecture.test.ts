import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/*
 * The layers, from the top. A file imports only from its own layer or a lower one, and only the
 * packages of its layer.
 */
const LAYERS = [
  'cli',
  'index',
  'pages',
  'client',
  'workers',
  'server',
  'options',
  'http',
  'ops',
  'dialects',
  'cluster',
  'transport',
  'launch',
  'limits',
  'state',
  'rooms',
  'protocol',
  'units',
];

/** Layers beside the others, and the layers that may import them. */
const ONLY_FROM: Record<string, string[]> = {
  options: ['cli', 'index', 'workers', 'server', 'options'],
  pages: ['pages'],
  client: ['client', 'pages'],
};

/** Layers that may import only some of the lower layers: rooms know no connection, and the reverse. */
const ONLY_TO: Record<string, string[]> = {
  cluster: ['cluster', 'transport', 'launch', 'rooms', 'protocol', 'units'],
  transport: ['transport', 'limits', 'protocol', 'units'],
  launch: ['launch', 'limits', 'protocol', 'units'],
  rooms: ['rooms', 'protocol', 'units'],
  pages: ['pages', 'client', 'protocol'],
  client: ['client', 'protocol'],
};

/** The packages that each layer may import; all layers except the core may import `node:*`. */
const PACKAGES: Record<string, string[]> = {
  cli: ['commander', 'pino', 'pino-pretty', 'uqr'],
  index: [],
  pages: ['uqr'],
  workers: [],
  server: [],
  options: [],
  http: [],
  ops: ['pino', 'prom-client'],
  dialects: [],
  cluster: ['@nats-io/kv', '@nats-io/transport-node'],
  transport: ['ws'],
  launch: ['@nats-io/jetstream', '@nats-io/kv', '@nats-io/transport-node', 'dockerode'],
  limits: ['proxy-addr'],
  state: [],
  rooms: ['nanoid'],
  protocol: ['cbor-x/index-no-eval'],
  client: [],
  units: [],
};
const NODE_MODULES: Record<string, string[]> = {
  rooms: ['node:crypto'],
  protocol: ['node:buffer'],
  units: [],
  pages: [],
  client: [],
};

const source = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** `rooms/room.ts` → `rooms`, `server.ts` → `server` */
function layerOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)[^;]*?from '([^']+)'/gms)].map(
    ([, name]) => name ?? '',
  );
}

/** Layers that do not know any protocol of hosts and players. */
const WITHOUT_DIALECT = ['ops', 'cluster', 'transport', 'launch', 'limits', 'state', 'rooms'];

test('every file belongs to a layer', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !LAYERS.includes(layerOf(file)))).toEqual([]);
});

describe.each(files)('%s', (file) => {
  const layer = layerOf(file);

  test('imports from its own layer or below', () => {
    const wrong = importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) =>
        layerOf(relative(source, resolve(source, dirname(file), name)).replace(/\.js$/, '.ts')),
      )
      .filter(
        (target) =>
          LAYERS.indexOf(target) < LAYERS.indexOf(layer) ||
          !(ONLY_FROM[target]?.includes(layer) ?? true) ||
          !(ONLY_TO[layer]?.includes(target) ?? true),
      );
    expect(wrong).toEqual([]);
  });

  test('imports only the packages of its layer', () => {
    const allowed = (name: string) =>
      name.startsWith('node:')
        ? (NODE_MODULES[layer]?.includes(name) ?? true)
        : PACKAGES[layer]?.includes(name);
    const outside = importsOf(file).filter((name) => !name.startsWith('.'));
    expect(outside.filter((name) => !allowed(name))).toEqual([]);
  });
});

test('only two folders import the packages of NATS', () => {
  const importing = files.filter((file) =>
    importsOf(file).some((name) => name.startsWith('@nats-io/')),
  );
  const folders = new Set(importing.map((file) => dirname(file)));
  expect([...folders].toSorted()).toEqual(['cluster/nats', 'launch/nats']);
});

test.each(files.filter((file) => layerOf(file) === 'pages'))(
  '%s takes only types from the protocol',
  (file) => {
    const text = readFileSync(join(source, file), 'utf8');
    const taken = [...text.matchAll(/^(?:import|export)(?! type)[^;]*?from '([^']+)'/gms)];
    expect(taken.map(([, name]) => name).filter((name) => name?.includes('protocol/'))).toEqual([]);
  },
);

test.each(files.filter((file) => WITHOUT_DIALECT.includes(layerOf(file))))(
  '%s knows no dialect',
  (file) => {
    const dialects = importsOf(file).filter((name) => /\/(dialects|protocol\/\w+)\//.test(name));
    expect(dialects).toEqual([]);
  },
);

test('there are no import cycles', () => {
  const imports = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => join(dirname(file), name).replace(/\.js$/, '.ts')),
    ]),
  );
  /** Files from which no cycle can be reached. */
  const done = new Set<string>();
  function cycleFrom(file: string, path: readonly string[]): readonly string[] {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of imports.get(file) ?? []) {
      const cycle = cycleFrom(next, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  }
  expect(files.map((file) => cycleFrom(file, [])).find(({ length }) => length > 0) ?? []).toEqual(
    [],
  );
});

/** What the relay always loads of `launch`: requests for game servers, which others may answer. */
const ALWAYS_LOADED = [
  'launch/cert-digest.ts',
  'launch/is-port.ts',
  'launch/launch-path.ts',
  'launch/launched-server-api.ts',
  'launch/matchmaker.ts',
  'launch/nats/nats-error.ts',
  'launch/ready-report.ts',
  'launch/server-environment.ts',
];

test('the command loads what starts game servers or connects relays only if it is configured', () => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^(?:import|export)(?! type)[^;]*?'(\.[^']+)'/gms)) {
      load(join(dirname(file), name).replace(/\.js$/, '.ts'));
    }
  };
  load('cli.ts');
  expect(loaded.size).toBeGreaterThan(100);
  const launch = [...loaded].filter((file) => layerOf(file) === 'launch');
  expect(launch.toSorted()).toEqual(ALWAYS_LOADED);
  expect([...loaded].filter((file) => layerOf(file) === 'cluster')).toEqual([]);
});

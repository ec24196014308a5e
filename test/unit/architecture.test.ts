import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/*
 * The floors of the house, from the top. A file imports from its own floor or from a lower one, and
 * from outside only what its floor is for.
 */
const FLOORS = [
  'cli',
  'index',
  'pages',
  'client',
  'server',
  'options',
  'log',
  'http',
  'transport',
  'guard',
  'state',
  'rooms',
  'protocol',
];

/** Floors that stand beside the others: anything below the first may not use them. */
const ONLY_FROM: Record<string, string[]> = {
  options: ['cli', 'index', 'server', 'options'],
  pages: ['pages'],
  client: ['client', 'pages'],
};

/** What runs in browsers takes nothing from the house but the wire. */
const ONLY_TO: Record<string, string[]> = {
  pages: ['pages', 'client', 'protocol'],
  client: ['client', 'protocol'],
};

/** What each floor may import from outside; `node:*` is open to all but the core. */
const PACKAGES: Record<string, string[]> = {
  cli: ['commander', 'pino', 'pino-pretty', 'uqr'],
  index: [],
  pages: ['uqr'],
  server: [],
  options: [],
  log: ['pino'],
  http: ['prom-client'],
  transport: ['ws'],
  guard: ['proxy-addr'],
  state: [],
  rooms: ['nanoid'],
  protocol: ['cbor-x/index-no-eval'],
  client: [],
};
const NODE_MODULES: Record<string, string[]> = {
  rooms: ['node:crypto'],
  protocol: ['node:buffer'],
  pages: [],
  client: [],
};

const source = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** `rooms/room.ts` → `rooms`, `server.ts` → `server` */
function floorOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)[^;]*?from '([^']+)'/gms)].map(
    ([, name]) => name ?? '',
  );
}

test('every file has a floor', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !FLOORS.includes(floorOf(file)))).toEqual([]);
});

describe.each(files)('%s', (file) => {
  const floor = floorOf(file);

  test('imports from its own floor or below', () => {
    const wrong = importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) =>
        floorOf(relative(source, resolve(source, dirname(file), name)).replace(/\.js$/, '.ts')),
      )
      .filter(
        (target) =>
          FLOORS.indexOf(target) < FLOORS.indexOf(floor) ||
          !(ONLY_FROM[target]?.includes(floor) ?? true) ||
          !(ONLY_TO[floor]?.includes(target) ?? true),
      );
    expect(wrong).toEqual([]);
  });

  test.runIf(floor === 'pages')('takes only types from the protocol', () => {
    const text = readFileSync(join(source, file), 'utf8');
    const taken = [...text.matchAll(/^(?:import|export)(?! type)[^;]*?from '([^']+)'/gms)];
    expect(taken.map(([, name]) => name).filter((name) => name?.includes('protocol/'))).toEqual([]);
  });

  test('imports only the packages of its floor', () => {
    const allowed = (name: string) =>
      name.startsWith('node:')
        ? (NODE_MODULES[floor]?.includes(name) ?? true)
        : PACKAGES[floor]?.includes(name);
    const outside = importsOf(file).filter((name) => !name.startsWith('.'));
    expect(outside.filter((name) => !allowed(name))).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { READY_BY_LAUNCHER } from '../../src/launch/config/games.js';
import { launchSchema, readLaunchConfig } from '../../src/launch/config/launch-config.js';
import { serverVariables } from '../../src/launch/server-environment.js';
import { ServerKeys } from '../../src/launch/server-keys.js';
import { tableIn } from '../support/protocol-document.js';

const text = readFileSync(new URL('../../docs/matchmaking.md', import.meta.url), 'utf8');

/** What the document has of a schema. */
interface Schema {
  readonly description: string;
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additionalProperties: Schema;
  readonly oneOf: readonly Schema[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly const?: string;
}

function member({ properties }: Schema, name: string): Schema {
  const found = properties[name];
  if (found === undefined) throw new Error(`the schema has no ${name}`);
  return found;
}

const file = launchSchema as unknown as Schema;
const game = member(file, 'games').additionalProperties;
const token = member(game, 'token');
const nats = member(file, 'nats');

const OBJECTS: readonly (readonly [string, Schema])[] = [
  ['The file', file],
  ['A game', game],
  ...member(game, 'launcher').oneOf.map(
    (launcher) => [`Launcher ${member(launcher, 'type').const}`, launcher] as const,
  ),
  ['Token', token],
  ['NATS server', nats],
  ['TLS of NATS', member(nats, 'tls')],
  ['Location', member(file, 'location')],
];

function rowOf(name: string, schema: Schema, isRequired: boolean): string[] {
  const { enum: values, minimum, maximum, default: standard = '', description } = schema;
  const range = minimum === undefined ? '' : `${minimum} to ${maximum}`;
  return [
    name,
    isRequired ? 'required' : String(standard),
    values
      ?.map((value) => `\`${value}\``)
      .join(', ')
      .replace(/^`|`$/g, '') ?? range,
    description,
  ];
}

describe('docs/matchmaking.md', () => {
  test.each(OBJECTS)('has every member of the configuration: %s', (heading, object) => {
    const rows = tableIn(text, `\n### ${heading}\n`);
    const members = Object.entries(object.properties).filter(([, { const: tag }]) => !tag);
    expect(rows).toEqual(
      members.map(([name, schema]) => rowOf(name, schema, object.required.includes(name))),
    );
  });

  test('says where secrets are', () => {
    const names = member(token, 'key').oneOf.flatMap(({ properties }) =>
      Object.entries(properties),
    );
    expect(tableIn(text, '\n### Secrets\n').map(([name, , , meaning]) => [name, meaning])).toEqual(
      names.map(([name, { description }]) => [name, description]),
    );
  });

  test('has every way to be ready, with its launchers', () => {
    const rows = tableIn(text, '\n### Ready\n').map(([ready, , launchers]) => [ready, launchers]);
    const types = Object.keys(READY_BY_LAUNCHER) as (keyof typeof READY_BY_LAUNCHER)[];
    const named = (ready: string): string => {
      const able = types.filter((type) => READY_BY_LAUNCHER[type].some((each) => each === ready));
      return able.length === types.length ? 'all' : able.join(', ');
    };
    const ways = member(game, 'ready').enum ?? [];
    expect(rows.toSorted()).toEqual(ways.map((ready) => [ready, named(ready)]).toSorted());
  });

  /** The file of the first example. */
  const [json = ''] = /(?<=^```json\n)\{\n {2}"publicIp".+?(?=^```)/ms.exec(text) ?? [];
  const context = { resolvePath: (path: string) => path, readSecret: () => '00'.repeat(32) };

  test('has a file that can be used', () => {
    expect([...readLaunchConfig(JSON.parse(json), context).games.keys()]).toEqual(['tanks/1']);
  });

  test('has every variable of servers', () => {
    const config = readLaunchConfig(
      { ...JSON.parse(json), nats: { url: 'nats://127.0.0.1:4222' } },
      context,
    );
    const [tanks] = config.games.values();
    if (tanks === undefined) throw new Error('no game');
    const server = { id: 'x', keys: new ServerKeys(), port: 1 };
    const { environment } = serverVariables(server, tanks, config, 'http://127.0.0.1:1', 'CA');
    const cells = tableIn(text, '\n### Environment\n').map(([names = '']) => names);
    expect(cells.flatMap((names) => names.split(/[`, ]+/)).toSorted()).toEqual(
      Object.keys(environment).toSorted(),
    );
  });
});

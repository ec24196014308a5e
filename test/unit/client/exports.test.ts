import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type {
  ChannelError,
  ChannelErrorName,
  ChannelOptions,
  DataChannel,
  Emitter,
  JoinOptions,
  KeyStorage,
  RelayError,
  RelayErrorName,
  RoomEvents,
  SeatEvents,
} from '../../../src/client/index.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, 'utf8');
const under = (folder: string): string[] =>
  readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|js|html)$/.test(file))
    .map((file) => read(`${folder}/${file}`));

const names = [...read('src/client/index.ts').matchAll(/export (?:type )?\{([^}]+)\}/g)].flatMap(
  ([, list = '']) =>
    list
      .split(',')
      .map((name) => name.replace('type ', '').trim())
      .filter(Boolean),
);
const sources = under('src/client').join('\n');
const uses = [...under('test/e2e'), ...under('test/unit/client'), ...under('examples/sdk')].join(
  '\n',
);

describe.each(names)('%s', (name) => {
  test('is documented', () => {
    const declared = `\\*/\\nexport (?:async )?(?:type|interface|class|function|const) ${name}\\b`;
    expect(sources).toMatch(new RegExp(declared));
  });

  test('is used in a test or an example', () => {
    expect(uses).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

test('the exports of the SDK are found', () => expect(names.length).toBeGreaterThan(15));

test('events and errors are typed', () => {
  const listen = (room: Emitter<RoomEvents>, seat: Emitter<SeatEvents>): void => {
    seat.on('message', (data) => expectTypeOf(data).toEqualTypeOf<string | Uint8Array>());
    room.on('gap', (player, count) => {
      expectTypeOf(player.id).toEqualTypeOf<number>();
      expectTypeOf(count).toEqualTypeOf<number>();
    });
    // @ts-expect-error there is no such event
    room.on('mesage', () => {});
  };
  expect(listen).toBeDefined();
  expectTypeOf<RelayError['code']>().toEqualTypeOf<RelayErrorName>();
  expectTypeOf<ChannelError['code']>().toEqualTypeOf<ChannelErrorName>();
  expectTypeOf<JoinOptions['storage']>().toEqualTypeOf<KeyStorage | null | undefined>();
  expectTypeOf<ChannelOptions['label']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<DataChannel['send']>()
    .parameter(0)
    .toEqualTypeOf<string | Uint8Array<ArrayBuffer>>();
});

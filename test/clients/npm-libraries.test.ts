import { once } from 'node:events';
import cbor from 'cbor';
import cborJs from 'cbor-js';
import * as cborX from 'cbor-x/index-no-eval';
import * as cborg from 'cborg';
import * as oldCborg from 'cborg-1.9';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Event, Player } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { RelayProcess } from '../support/relay-process.js';

/** A CBOR library as games call it. */
interface Library {
  readonly name: string;
  encode(value: unknown): Uint8Array | ArrayBuffer;
  decode(bytes: Uint8Array): unknown;
}

const xWith = (name: string, options: cborX.Options): Library => {
  const encoder = new cborX.Encoder(options);
  return {
    name: `cbor-x, ${name}`,
    encode: (value) => encoder.encode(value),
    // With records, this library reads maps as Map.
    decode: (bytes) => {
      const event = encoder.decode(bytes);
      return event instanceof Map ? Object.fromEntries(event) : event;
    },
  };
};

const LIBRARIES: readonly Library[] = [
  { name: 'cborg', ...cborg },
  { name: 'cborg 1.9', ...oldCborg },
  { name: 'cbor', encode: cbor.encode, decode: (bytes) => cbor.decodeFirstSync(bytes) },
  { name: 'cbor, canonical', encode: cbor.encodeCanonical, decode: (bytes) => cbor.decode(bytes) },
  { name: 'cbor-js', encode: cborJs.encode, decode: (bytes) => cborJs.decode(copyOf(bytes)) },
  { name: 'cbor-x, its functions', encode: cborX.encode, decode: cborX.decode },
  xWith('an encoder by default, which writes inline records', {}),
  xWith('without records', { useRecords: false }),
  xWith('without records and tags', { useRecords: false, tagUint8Array: false }),
  xWith('with small map heads', { useRecords: false, variableMapSize: true }),
];

/** 64 KiB: more than heads of one and two bytes can express, and than the encoders' buffers hold. */
const LARGE = Uint8Array.from({ length: 0x10000 }, (_, at) => at * 31);

describe('a host with', () => {
  let relay: RelayProcess;

  beforeAll(async () => {
    relay = await RelayProcess.start([]);
  });

  afterAll(() => relay.stop());

  /** A host that has opened its room, and uses only this library. */
  async function openRoom({ encode, decode }: Library, query = '') {
    const socket = new WebSocket(`${relay.url}/CREATE${query}`);
    onTestFinished(() => socket.terminate());
    const events = new Inbox<Event>();
    socket.on('message', (data: Buffer) => events.put(decode(data)));
    await once(socket, 'open');
    const send = (command: object): void => socket.send(encode(command));
    send({ cmd: 'prepare', max_players: 4, name: 'libraries' });
    const [, state, { key }] = await events.take(3);
    expect(state).toMatchObject({ cmd: 'state', name: 'libraries', max_players: 4 });
    const player = await Player.join(relay.url, key);
    expect(await events.take(2)).toMatchObject([{ player: 1 }, { players: [1] }]);
    return { send, events, player };
  }

  describe.each(LIBRARIES)('$name', (library) => {
    test('sends every command, and reads every event', async () => {
      const { send, events, player } = await openRoom(library);
      send({ cmd: 'to_str', to: [1], data: 'déjà 🎉' });
      expect(await player.nextText()).toBe('déjà 🎉');
      for (const data of [[0, 23, 24, 255], Uint8Array.of(0, 23, 24, 255), LARGE]) {
        send({ cmd: 'to', to: [], data });
        const message = await player.next();
        expect(message).toEqual({ binary: true, data: Buffer.from(data) });
      }
      player.send('hello');
      player.send(Buffer.from(LARGE));
      expect(await events.next()).toEqual({ cmd: 'from_str', from: 1, data: 'hello' });
      expect(await events.next()).toEqual({ cmd: 'from', from: 1, data: [...LARGE] });

      send({ cmd: 'start' });
      expect(await events.next()).toMatchObject({ accept_conns: false });
      send({ cmd: 'open' });
      expect(await events.next()).toMatchObject({ accept_conns: true });
      send({ cmd: 'kick', player: 1 });
      expect(await events.take(2)).toMatchObject([{ cmd: 'player_left' }, { players: [] }]);
      expect(await player.closed).toEqual({ code: 4003, reason: 'kicked' });
    });

    test('reads bytes as bytes, if it requests that', async () => {
      const { events, player } = await openRoom(library, '?bytes=1');
      player.send(Buffer.from(LARGE));
      const { data } = await events.next();
      expect(Buffer.from(data)).toEqual(Buffer.from(LARGE));
    });
  });

  test.each([
    ['records by reference', { structures: [] }, /useRecords: false/],
    ['records by reference in a row', { sequential: true }, /useRecords: false/],
  ])('cbor-x and %s gets an error that says what to change', async (_, options, reason) => {
    const { encode } = xWith('', options);
    const socket = new WebSocket(`${relay.url}/CREATE`);
    onTestFinished(() => socket.terminate());
    const events = new Inbox<Event>();
    socket.on('message', (data: Buffer) => events.put(cborg.decode(data)));
    await once(socket, 'open');
    for (let n = 0; n < 2; n++) socket.send(encode({ cmd: 'start' }));
    let event = await events.next();
    while (event.cmd === 'state') event = await events.next();
    expect(event).toMatchObject({
      cmd: 'error',
      code: 'bad_cbor',
      reason: expect.stringMatching(reason),
    });
  });
});

/** Copies the bytes into a separate `ArrayBuffer`. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

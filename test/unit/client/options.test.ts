import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRoom, joinRoom } from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

type Call = (options: object) => Promise<unknown>;

/** The error that is thrown, before anything is stored or sent. */
async function rejection(call: Call, invalid: object): Promise<Error> {
  const { WebSocket, clock } = stillEnvironment();
  const storage = new MemoryStorage();
  const write = vi.spyOn(storage, 'setItem');
  const error = await call({ WebSocket, clock, storage, ...invalid }).then(
    () => new Error('nothing is thrown'),
    (reason) => reason,
  );
  expect([FakeSocket.all, write.mock.calls]).toEqual([[], []]);
  return error;
}

const create: Call = (options) => createRoom('ws://relay', options);
const join: Call = (options) => joinRoom('ws://relay', 'BCDF', options);

afterEach(() => vi.unstubAllGlobals());

test.each([
  [create, { maxplayers: 4 }, 'createRoom: there is no option maxplayers; there are WebSocket, '],
  [
    create,
    { nmae: 'x' },
    ', codec, signal, name, maxPlayers, hold, ask, password, code, list, listing, audience, token, resume',
  ],
  [create, { plain: true }, 'there is no option plain; there are WebSocket, '],
  [create, { toString: 1 }, 'there is no option toString'],
  [create, { maxplayers: undefined }, 'there is no option maxplayers'],
  [join, { plian: true }, 'joinRoom: there is no option plian; there are WebSocket, '],
  [join, { nmae: 'x' }, ', codec, signal, about, password, plain'],
  [join, JSON.parse('{"__proto__": 1}'), 'there is no option __proto__'],
])('%o rejects %j, because there is no such option', async (call, invalid, text) => {
  const error = await rejection(call, invalid);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain(text);
  expect(error.message).not.toContain('\n');
});

describe.each<[string, Call, number, number]>([
  ['maxPlayers', create, 1, 4_294_967_295],
  ['hold', create, 0, 4_294_967_295],
  ['buffer', create, 1, 4_294_967_295],
  ['buffer', join, 1, 4_294_967_295],
])('%s', (name, call, min, max) => {
  test.each([min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY, '8', null])(
    'cannot be %s',
    async (value) => {
      const error = await rejection(call, { [name]: value });
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(`: ${name}: expected an integer from ${min} to ${max}`);
    },
  );

  test.each([min, max, undefined])('may be %s', async (value) => {
    const { WebSocket, clock } = stillEnvironment();
    call({ WebSocket, clock, storage: null, [name]: value }).catch(() => {});
    await vi.waitFor(() => expect(FakeSocket.all.length).toBe(1));
  });
});

test.each<[Call, object, string]>([
  [create, { name: 7 }, 'name: expected string'],
  [create, { token: {} }, 'token: expected string'],
  [create, { resume: 'no' }, 'resume: expected boolean'],
  [create, { WebSocket: 'ws' }, 'WebSocket: expected function'],
  [create, { storage: 'none' }, 'storage: expected object'],
  [join, { plain: 1 }, 'plain: expected boolean'],
  [join, { iceServers: 'stun:' }, 'iceServers: expected object'],
  [join, { clock: 1 }, 'clock: expected object'],
])('%o rejects %j, because an option has another type', async (call, invalid, text) => {
  const error = await rejection(call, invalid);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain(text);
});

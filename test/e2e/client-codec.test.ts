import { expect, expectTypeOf, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  type CodecOption,
  createRoom,
  type Data,
  joinRoom,
  json,
  MessageError,
  type Player,
  type Room,
  type Seat,
  type Sendable,
} from '../../src/client/index.js';
import { startRelay } from '../support/relay.js';

interface Move {
  readonly x: number;
}
interface Board {
  readonly cells: readonly number[];
}

const options = { WebSocket, storage: null };

test('with a codec at both ends, messages have the types of the game', async () => {
  const { url } = await startRelay();
  const typed: CodecOption = { codec: json };
  const room = await createRoom<Move, Board>(url, { ...options, ...typed });
  const seat = await joinRoom<Move, Board>(url, room.code, { ...options, ...typed });
  expectTypeOf(room).toEqualTypeOf<Room<Move, Board>>();
  expectTypeOf(seat).toEqualTypeOf<Seat<Move, Board>>();
  const moves = room.messages();
  expectTypeOf(moves).toEqualTypeOf<AsyncIterableIterator<[Player<Board>, Move]>>();
  const boards = seat.messages();
  seat.send({ x: 1 });
  const [player, move] = (await moves.next()).value as [Player<Board>, Move];
  expect([player.id, move]).toEqual([1, { x: 1 }]);
  room.send({ cells: [1, 2] });
  player.send({ cells: [3] });
  expect((await boards.next()).value).toEqual({ cells: [1, 2] });
  expect((await boards.next()).value).toEqual({ cells: [3] });
  // @ts-expect-error not a move
  expect(() => seat.send(undefined)).toThrow(TypeError);
  const plain = await joinRoom(url, room.code, options);
  const error = new Promise((resolve) => room.on('error', resolve));
  plain.send('not JSON');
  const next = moves.next();
  expect(await error).toBeInstanceOf(MessageError);
  room.stop();
  expect(await next).toMatchObject({ done: true });
  expect(await boards.next()).toMatchObject({ done: true });
});

test('without a codec, messages are typed as strings and bytes', async () => {
  const { url } = await startRelay();
  const room = await createRoom(url, options);
  const seat = await joinRoom(url, room.code, options);
  expectTypeOf(room).toEqualTypeOf<Room>();
  expectTypeOf(seat).toEqualTypeOf<Seat>();
  expectTypeOf(seat.send).parameter(0).toEqualTypeOf<Sendable>();
  expectTypeOf(seat.messages()).toEqualTypeOf<AsyncIterableIterator<Data>>();
  const messages = seat.messages();
  room.send(new Uint16Array([1, 2]).buffer);
  expect((await messages.next()).value).toEqual(Uint8Array.of(1, 0, 2, 0));
});

test('an AbortSignal cancels an attempt, and has no effect after the attempt', async () => {
  const { url } = await startRelay();
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(createRoom(url, { ...options, signal: stopped })).rejects.toThrow('stopped');
  const room = await createRoom(url, options);
  const joins: Player[] = [];
  room.on('join', (player) => joins.push(player));
  const left = new Promise((resolve) => room.on('leave', resolve));
  await expect(joinRoom(url, room.code, { ...options, signal: stopped })).rejects.toThrow(
    'stopped',
  );
  // Cancelled before the greeting of the host arrives: the player already has a seat.
  const controller = new AbortController();
  const joining = joinRoom(url, room.code, {
    ...options,
    signal: controller.signal,
    WebSocket: class extends WebSocket {
      constructor(address: string) {
        super(address);
        this.once('open', () => controller.abort(new Error('too slow')));
      }
    },
  });
  await expect(joining).rejects.toThrow('too slow');
  const { signal } = controller;
  await left;
  const late = new AbortController();
  const seat = await joinRoom(url, room.code, { ...options, signal: late.signal });
  late.abort();
  const received = new Promise((resolve) => room.on('message', (_player, data) => resolve(data)));
  seat.send('still here');
  expect([await received, signal.aborted, joins.length]).toEqual(['still here', true, 2]);
});

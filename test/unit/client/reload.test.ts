import { expect, test } from 'vitest';
import { createRoom, type Data, joinRoom } from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeClock } from './fakes.js';
import { MemoryRelay } from './memory-relay.js';

const URL = 'ws://relay';

/** A relay that delivers everything in the order in which it was sent. */
class OrderlyRelay extends MemoryRelay {
  static readonly #first = (): number => 0;

  carryAll(): void {
    while (this.carry(OrderlyRelay.#first)) {}
  }

  async until<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const settled = (): void => {
      isDone = true;
    };
    promise.then(settled, settled);
    while (!isDone) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      this.carry(OrderlyRelay.#first);
    }
    return promise;
  }

  /** Closes the latest page. The relay knows it at once, and the host does not yet. */
  closePage(): void {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('nobody is connected');
    this.cut(connection, OrderlyRelay.#first);
    this.tellRelay(connection);
  }
}

test("a player's reloaded page gets buffered messages once, and unchanged", async () => {
  const relay = new OrderlyRelay();
  const { WebSocket } = relay;
  const clock = new FakeClock();
  const room = await relay.until(createRoom(URL, { WebSocket, clock, storage: null }));
  const page = { WebSocket, clock, storage: new MemoryStorage() };
  await relay.until(joinRoom(URL, room.code, page));
  relay.carryAll();
  const kept: Data[] = ['text', Uint8Array.of(0, 1, 2)];
  relay.closePage();
  for (const data of kept) room.send(data);
  const seat = await relay.until(joinRoom(URL, room.code, page));
  const heard: Data[] = [];
  seat.on('message', (data) => heard.push(data));
  await Promise.resolve();
  relay.carryAll();
  expect(seat.id).toBe(1);
  expect(heard).toEqual(kept);
});

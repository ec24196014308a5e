import { expect, test } from 'vitest';
import { createRoom, type Data, joinRoom } from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeClock } from './fakes.js';
import { MemoryRelay } from './memory-relay.js';

const URL = 'ws://relay';

/** A relay that delivers everything in the order in which it was sent. */
class InOrderRelay extends MemoryRelay {
  static readonly #first = (): number => 0;

  deliverAll(): void {
    while (this.deliverNext(InOrderRelay.#first)) {}
  }

  async until<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const settled = (): void => {
      isDone = true;
    };
    promise.then(settled, settled);
    while (!isDone) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      this.deliverNext(InOrderRelay.#first);
    }
    return promise;
  }

  /** Closes the latest page. The relay is notified, and the host is not yet. */
  closePage(): void {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('there is no connection');
    this.breakConnection(connection, InOrderRelay.#first);
    this.notifyRelay(connection);
  }
}

test("a player's reloaded page gets buffered messages once, and unchanged", async () => {
  const relay = new InOrderRelay();
  const { WebSocket } = relay;
  const clock = new FakeClock();
  const room = await relay.until(createRoom(URL, { WebSocket, clock, storage: null }));
  const page = { WebSocket, clock, storage: new MemoryStorage() };
  await relay.until(joinRoom(URL, room.code, page));
  relay.deliverAll();
  const buffered: Data[] = ['text', Uint8Array.of(0, 1, 2)];
  relay.closePage();
  for (const data of buffered) room.send(data);
  const seat = await relay.until(joinRoom(URL, room.code, page));
  const received: Data[] = [];
  seat.on('message', (data) => received.push(data));
  await Promise.resolve();
  relay.deliverAll();
  expect(seat.id).toBe(1);
  expect(received).toEqual(buffered);
});

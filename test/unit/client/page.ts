import type { Clock, Environment, KeyStorage } from '../../../src/client/index.js';
import type { MemoryRelay } from './memory-relay.js';

/** The environment of a page. Once the page is closed, its timers and sockets have no effect. */
export class Page {
  readonly #relay: MemoryRelay;
  readonly #sockets = new Set<object>();
  readonly environment: Environment;
  isClosed = false;

  constructor(relay: MemoryRelay, clock: Clock, storage: KeyStorage) {
    this.#relay = relay;
    const { WebSocket } = relay;
    const sockets = this.#sockets;
    this.environment = {
      WebSocket: class extends WebSocket {
        constructor(url: string) {
          super(url);
          sockets.add(this);
        }
      },
      storage,
      clock: {
        now: () => clock.now(),
        random: () => clock.random(),
        after: (milliseconds, run) => clock.after(milliseconds, () => this.isClosed || run()),
      },
    };
  }

  /** Closes the page without a close frame: the relay is not notified. */
  close(pick: (count: number) => number): void {
    for (const connection of [...this.#relay.connections]) {
      if (!this.#sockets.has(connection.socket)) continue;
      this.#relay.breakConnection(connection, pick);
      connection.socket.onclose = null;
      this.#relay.notifyClient(connection);
    }
    this.isClosed = true;
  }
}

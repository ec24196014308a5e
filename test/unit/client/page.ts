import type { Clock, Environment, KeyStorage } from '../../../src/client/index.js';
import type { MemoryRelay } from './memory-relay.js';

/** What a page has of the world: once it is closed, nothing of it happens any more. */
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

  /** Nobody is told: the relay may take it for there for a while. */
  close(choose: (count: number) => number): void {
    for (const connection of [...this.#relay.connections]) {
      if (!this.#sockets.has(connection.socket)) continue;
      this.#relay.cut(connection, choose);
      connection.socket.onclose = null;
      this.#relay.tellClient(connection);
    }
    this.isClosed = true;
  }
}

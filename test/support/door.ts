import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { MemoryCluster, MemoryRelay } from './memory-cluster.js';

interface Line {
  readonly relay: MemoryRelay;
  readonly outer: Socket;
  readonly inner: Socket;
}

/**
 * The way of one page into a cluster: a TCP proxy that leads to the first relay that takes connections. It
 * breaks with a relay that is killed, and holds what is on its way to one that stands still, or from it.
 */
export class Door {
  /** The relays in the order in which they are tried, and then all others. */
  preferred: readonly MemoryRelay[] = [];
  readonly #cluster: MemoryCluster;
  readonly #server = createServer((socket) => this.#forward(socket));
  readonly #lines = new Set<Line>();
  readonly #sockets = new Set<Socket>();
  /** Where the next connection is given up. */
  #abandoned: { readonly relay: MemoryRelay; readonly lasts: number } | undefined;

  static async open(cluster: MemoryCluster): Promise<Door> {
    const door = new Door(cluster);
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    onTestFinished(() => {
      door.#server.close();
      for (const socket of door.#sockets) socket.destroy();
    });
    return door;
  }

  private constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
    cluster.onChange((relay) => {
      for (const line of [...this.#lines]) if (line.relay === relay) this.#update(line);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The relays that the connections of the page lead to. */
  get at(): string {
    return [...this.#lines].map(({ relay }) => relay.name).join(' ');
  }

  /** Breaks the connection without a close frame, for both ends. */
  break(): void {
    for (const { outer, inner } of this.#lines) {
      outer.destroy();
      inner.destroy();
    }
  }

  /** Breaks the connection for the page only: the relay does not notice it before this time. */
  breakHalf(milliseconds: number): void {
    for (const line of this.#lines) {
      this.#lines.delete(line);
      line.outer.unpipe(line.inner);
      line.inner.unpipe(line.outer);
      line.inner.resume();
      line.outer.removeAllListeners('close').destroy();
      setTimeout(() => line.inner.destroy(), milliseconds);
    }
  }

  /**
   * The next connection breaks for the page when its handshake has gone to this relay, which does not notice
   * that before this time, in milliseconds.
   */
  abandonNext(relay: MemoryRelay, lasts: number): void {
    this.#abandoned = { relay, lasts };
  }

  #abandon(outer: Socket): void {
    const { relay, lasts } = this.#abandoned ?? {};
    this.#abandoned = undefined;
    if (relay === undefined) return;
    const inner = connect(relay.port, '127.0.0.1').on('error', () => {});
    this.#sockets.add(inner.resume());
    setTimeout(() => inner.destroy(), lasts);
    outer
      .on('error', () => {})
      .once('data', (bytes) => {
        inner.write(bytes);
        outer.destroy();
      });
  }

  #forward(outer: Socket): void {
    if (this.#abandoned !== undefined) return this.#abandon(outer);
    const relay = [...this.preferred, ...this.#cluster.alive].find(
      ({ isAlive, isStill }) => isAlive && !isStill,
    );
    if (relay === undefined) return void outer.destroy();
    const inner = connect(relay.port, '127.0.0.1');
    const line = { relay, outer, inner };
    this.#lines.add(line);
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#lines.delete(line);
        other.destroy();
      });
    }
    this.#update(line);
  }

  #update({ relay, outer, inner }: Line): void {
    if (!relay.isAlive) {
      outer.destroy();
      inner.destroy();
    } else if (relay.isStill) {
      outer.unpipe(inner).pause();
      inner.unpipe(outer).pause();
    } else {
      outer.pipe(inner);
      inner.pipe(outer);
    }
  }
}

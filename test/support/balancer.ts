import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { forward } from './forward.js';

/**
 * A TCP proxy in front of several relays, as nginx and Caddy are: takes the next relay for each
 * connection, and leaves out those that refuse it.
 */
export class Balancer {
  /** The ports of the relays; the first one is tried first. */
  ports: readonly number[];
  readonly #server = createServer({ noDelay: true }, (socket) => {
    this.#sockets.add(socket);
    forward(socket, this.ports);
  });
  readonly #sockets = new Set<Socket>();

  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    onTestFinished(() => {
      balancer.#server.close();
      for (const socket of balancer.#sockets) socket.destroy();
    });
    return balancer;
  }

  private constructor(ports: readonly number[]) {
    this.ports = ports;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next connection tries these relays, in this order. */
  prefer(...relays: readonly { readonly url: string }[]): void {
    this.ports = relays.map(portOf);
  }

  /** A relay has restarted at another port. */
  replace(before: { readonly url: string }, now: { readonly url: string }): void {
    this.ports = this.ports.map((port) => (port === portOf(before) ? portOf(now) : port));
  }
}

function portOf({ url }: { readonly url: string }): number {
  return Number(new URL(url).port);
}

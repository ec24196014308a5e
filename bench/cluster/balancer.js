import { once } from 'node:events';
import { createServer } from 'node:net';
import { forward } from '../../test/support/forward.js';

/**
 * A TCP proxy in front of several relays, as nginx and Caddy are: takes the next relay for each
 * connection, and leaves out those that refuse it.
 */
export class Balancer {
  #server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  #ports;
  #isFixed;
  #next = 0;

  /**
   * @param {number[]} ports of the relays
   * @param {{ isFixed?: boolean }} options whether each connection tries the relays in this order
   */
  static async start(ports, { isFixed = false } = {}) {
    const balancer = new Balancer(ports, isFixed);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  constructor(ports, isFixed) {
    this.#ports = ports;
    this.#isFixed = isFixed;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  /** Accepts no more connections. */
  close() {
    this.#server.close();
  }

  #accept(socket) {
    const first = this.#isFixed ? 0 : this.#next++ % this.#ports.length;
    forward(socket, [...this.#ports.slice(first), ...this.#ports.slice(0, first)]);
  }
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The way of clients to a relay, which a test can break. It is open until the test is over. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    onTestFinished(() => {
      cable.#server.close();
      cable.cut();
    });
    return cable;
  }

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing passes on the lines that there are, and nobody is told. */
  goDead(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Ends the lines that there are, at both ends. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, relay: Socket): void {
    for (const socket of [client, relay]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.pipe(relay).pipe(client);
  }
}

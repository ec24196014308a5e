import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection to NATS for one relay, which can be cut without NATS or other relays noticing. */
export class NatsLine {
  readonly #server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  #state: 'open' | 'broken' | 'silent' = 'open';
  /** The time that everything needs in each direction, in milliseconds. */
  delay = 0;

  static async to({ host }: { readonly host: string }): Promise<NatsLine> {
    const line = new NatsLine(Number(host.split(':')[1]));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    onTestFinished(() => {
      line.#server.close();
      for (const socket of line.#sockets) socket.destroy();
    });
    return line;
  }

  private constructor(port: number) {
    this.#port = port;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param how whether connections are closed, or nothing passes any more */
  cut(how: 'broken' | 'silent'): void {
    this.#state = how;
    for (const socket of this.#sockets) {
      if (how === 'broken') socket.destroy();
      else socket.pause();
    }
  }

  /** Nothing passes the present connections any more. New ones work. */
  killConnections(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#state = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  #accept(socket: Socket): void {
    if (this.#state === 'broken') {
      socket.destroy();
      return;
    }
    const nats = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#pass(socket, nats);
    this.#pass(nats, socket);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      if (this.delay === 0) to.write(bytes);
      else setTimeout(() => to.write(bytes), this.delay);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#state === 'silent') from.pause();
  }
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy between clients and a relay that a test can break. It is open until the test ends. */
export class Cable {
  readonly #server: Server;
  /** The clients that wait until the cable is plugged in; `undefined` while it is. */
  #waiting: Socket[] | undefined;
  #port: number;
  readonly #sockets = new Set<Socket>();

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    onTestFinished(() => cable.remove());
    return cable;
  }

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connects new clients to another relay. */
  leadTo(port: number): void {
    this.#port = port;
  }

  /** Closes the existing connections at both ends. New clients cannot connect. */
  remove(): void {
    this.#server.close();
    this.cut();
  }

  /** Stops forwarding on the existing connections, without closing them. */
  goDead(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Closes the existing connections at both ends. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Closes the existing connections at both ends. New clients connect, but reach no relay. */
  unplug(): void {
    this.#waiting ??= [];
    this.cut();
  }

  /** Connects the clients that have connected since it was unplugged to the relay. */
  plugIn(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const client of waiting) if (!client.destroyed) this.#connect(client);
  }

  #accept(client: Socket): void {
    this.#track(client);
    if (this.#waiting === undefined) this.#connect(client);
    else this.#waiting.push(client);
  }

  #connect(client: Socket): void {
    const relay = connect(this.#port, '127.0.0.1');
    this.#track(relay);
    client.pipe(relay).pipe(client);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

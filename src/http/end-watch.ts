import type { Socket } from 'node:net';

/** Whether a client has ended a connection that nobody reads yet: the stream reports its end after its data. */
export class EndWatch {
  readonly #socket: Socket;
  #hasEnded = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { push } = socket;
    socket.push = (chunk: Buffer | null): boolean => {
      this.#hasEnded ||= chunk === null;
      return push.call(socket, chunk);
    };
    // Has a stream that has ended already say so.
    socket.read(0);
  }

  get hasEnded(): boolean {
    const { destroyed, readableEnded } = this.#socket;
    return this.#hasEnded || destroyed || readableEnded;
  }

  stop(): void {
    delete (this.#socket as { push?: Socket['push'] }).push;
  }
}

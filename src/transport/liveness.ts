import type { Socket } from 'node:net';

/** How many unanswered pings a connection may have. */
const MAX_UNANSWERED = 2;

/**
 * Detects dead connections by how much was read from their sockets. Times are in milliseconds.
 */
export class Liveness {
  readonly #socket: Socket;
  #readBefore: number;
  #heardAt = 0;
  #unanswered = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#readBefore = socket.bytesRead;
  }

  /** Checks whether anything was read since the last call. Any byte proves that the peer is alive. */
  look(now: number): void {
    const read = this.#socket.bytesRead;
    if (read === this.#readBefore) return;
    this.#readBefore = read;
    this.#unanswered = 0;
    this.startAnew(now);
  }

  /** Restarts the idle time, because the peer could not prove that it is alive. */
  startAnew(now: number): void {
    this.#heardAt = now;
  }

  /** Decides what to do about the idle time, of which `allowed` is acceptable before each ping. */
  judge(now: number, allowed: number): 'nothing' | 'ping' | 'terminate' {
    if (this.#heardAt === 0) this.startAnew(now);
    if (now - this.#heardAt < allowed * (this.#unanswered + 1)) return 'nothing';
    if (this.#unanswered === MAX_UNANSWERED) return 'terminate';
    this.#unanswered++;
    return 'ping';
  }
}

import type { Socket } from 'node:net';

/** How many pings may be unanswered. */
const MAX_UNANSWERED = 2;

/** The least that a client's frame is longer than what it carries (RFC 6455 section 5.2). */
const FRAME_OVERHEAD = 6;

/**
 * Tells from how much was read of a socket whether somebody lives at its other end, and how much
 * there is of a message that is not whole yet. Times are in milliseconds.
 */
export class Liveness {
  readonly #socket: Socket;
  #readBefore: number;
  #finished: number;
  #gotMessage = false;
  #heardAt = 0;
  #unanswered = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#readBefore = socket.bytesRead;
    this.#finished = this.#readBefore;
  }

  /** How much of a message has arrived that is not whole yet, in bytes. */
  get unfinished(): number {
    return Math.max(0, this.#socket.bytesRead - this.#finished);
  }

  /** A whole message with so much in it has arrived. */
  message(length: number): void {
    this.finish(length);
    this.#gotMessage = true;
  }

  /** A frame with so much in it was read to its end. */
  finish(length: number): void {
    this.#finished += length + FRAME_OVERHEAD;
  }

  /** Notices what has been read since the last look. Any byte is a sign of life. */
  look(now: number): void {
    const read = this.#socket.bytesRead;
    if (read === this.#readBefore) return;
    // Whatever came before the last look belongs to messages that are whole by now.
    if (this.#gotMessage) this.#finished = Math.max(this.#finished, this.#readBefore);
    this.#gotMessage = false;
    this.#readBefore = read;
    this.#unanswered = 0;
    this.startAnew(now);
  }

  /** Its silence counts from now on: until now it could not show that it lives. */
  startAnew(now: number): void {
    this.#heardAt = now;
  }

  /** What its silence asks for, with so long a silence allowed. */
  judge(now: number, allowed: number): 'nothing' | 'ping' | 'cut' {
    if (this.#heardAt === 0) this.startAnew(now);
    if (now - this.#heardAt < allowed * (this.#unanswered + 1)) return 'nothing';
    if (this.#unanswered === MAX_UNANSWERED) return 'cut';
    this.#unanswered++;
    return 'ping';
  }
}

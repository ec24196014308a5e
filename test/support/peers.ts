import type { Closing } from '../../src/protocol/close-codes.js';
import type { HostEvent } from '../../src/protocol/messages.js';
import { Payload } from '../../src/protocol/payload.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';

/** What a peer was told, as a test reads it. */
export type Heard = HostEvent | { from: number; text: string } | { text: string } | Closing;

/** A host without a socket: it writes down what it hears. */
export class TestHost implements HostPeer {
  readonly heard: Heard[] = [];

  event(event: HostEvent): void {
    this.heard.push(event);
  }

  message(from: number, { bytes }: Payload): void {
    this.heard.push({ from, text: Buffer.from(bytes).toString() });
  }

  close(closing: Closing): void {
    this.heard.push(closing);
  }

  /** What was heard since the last time. */
  news(): Heard[] {
    return this.heard.splice(0);
  }
}

/** A player without a socket. */
export class TestPlayer implements PlayerPeer {
  readonly heard: Heard[] = [];

  send({ bytes }: Payload): void {
    this.heard.push({ text: Buffer.from(bytes).toString() });
  }

  close(closing: Closing): void {
    this.heard.push(closing);
  }

  news(): Heard[] {
    return this.heard.splice(0);
  }
}

export function text(content: string): Payload {
  return new Payload(Buffer.from(content), true);
}

import type { Closing } from '../../src/protocol/close-codes.js';
import type { HostEvent, StateEvent } from '../../src/protocol/messages.js';
import { Payload } from '../../src/protocol/payload.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';

/** What a peer was told, as a test reads it. */
export type Heard = HostEvent | { from: number; text: string } | { text: string } | Closing;

/** Writes down what it hears, up to the close. */
class Listener {
  readonly heard: Heard[] = [];
  #open = true;

  close(closing: Closing): void {
    this.hear(closing);
    this.#open = false;
  }

  /** What was heard since the last time. */
  news(): Heard[] {
    return this.heard.splice(0);
  }

  protected hear(item: Heard): void {
    if (this.#open) this.heard.push(item);
  }
}

/** A host without a socket. */
export class TestHost extends Listener implements HostPeer {
  event(event: HostEvent): void {
    this.hear(event);
  }

  changed(state: () => StateEvent): void {
    this.hear(state());
  }

  message(from: number, { bytes }: Payload): void {
    this.hear({ from, text: Buffer.from(bytes).toString() });
  }
}

/** A player without a socket. */
export class TestPlayer extends Listener implements PlayerPeer {
  reading = true;

  send({ bytes }: Payload): void {
    this.hear({ text: Buffer.from(bytes).toString() });
  }

  setReading(reading: boolean): void {
    this.reading = reading;
  }
}

export function text(content: string): Payload {
  return new Payload(Buffer.from(content), true);
}

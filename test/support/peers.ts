import type { HostOutput } from '../../src/dialects/wmbp/host-session.js';
import { HostSession, type SessionOptions } from '../../src/dialects/wmbp/host-session.js';
import { CLOSE_REASONS, type CloseReason } from '../../src/protocol/close-codes.js';
import { Payload } from '../../src/protocol/payload.js';
import type { MembershipCommand } from '../../src/protocol/wmbp/commands.js';
import type { HostEvent } from '../../src/protocol/wmbp/events.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';
import type { RoomEvent } from '../../src/rooms/room-event.js';
import type { ViewerPeer } from '../../src/rooms/viewer.js';

/** The calls to a peer, as a test reads them. */
export type Heard =
  | HostEvent
  | RoomEvent
  | { from: number; text: string }
  | { text: string }
  | CloseReason;

/** Records calls up to the close. */
class Listener {
  readonly heard: Heard[] = [];
  #open = true;

  close(reason: CloseReason): void {
    this.hear(reason);
    this.#open = false;
  }

  /** The calls since the last read. */
  news(): Heard[] {
    return this.heard.splice(0);
  }

  protected hear(item: Heard): void {
    if (this.#open) this.heard.push(item);
  }
}

/** A host without a socket or a protocol. */
export class TestHost extends Listener implements HostPeer {
  constructor(readonly address = '') {
    super();
  }

  event(event: RoomEvent): void {
    this.hear(event);
  }

  message(from: number, { bytes }: Payload): void {
    this.hear({ from, text: Buffer.from(bytes).toString() });
  }
}

/** A WMBP host without a socket. Reading its calls ends a turn. */
export class WmbpHost extends Listener implements HostOutput {
  readonly session: HostSession;

  constructor(
    rooms?: { open: SessionOptions['openRoom'] },
    readonly address = '',
  ) {
    super();
    this.session = new HostSession(this, {
      commandErrors: 0,
      openRoom: (settings, host) =>
        rooms?.open(settings, host) ?? { is: 'refused', reason: CLOSE_REASONS.relayFull },
    });
  }

  command(command: MembershipCommand): void {
    this.session.command(command);
  }

  event(event: RoomEvent): void {
    this.session.event(event);
  }

  message(from: number, { bytes }: Payload): void {
    this.session.flushState();
    this.hear({ from, text: Buffer.from(bytes).toString() });
  }

  send(event: HostEvent): void {
    this.hear(event);
  }

  requestFlush(): void {}

  override close(reason: CloseReason): void {
    this.session.dropState();
    super.close(reason);
    this.session.end(true);
  }

  override news(): Heard[] {
    this.session.flushState();
    return super.news();
  }
}

/** A player without a socket. */
export class TestPlayer extends Listener implements PlayerPeer {
  reading = true;

  constructor(readonly address = '') {
    super();
  }

  send({ bytes }: Payload): void {
    this.hear({ text: Buffer.from(bytes).toString() });
  }

  setReading(reading: boolean): void {
    this.reading = reading;
  }
}

/** A viewer without a socket. */
export class TestViewer extends Listener implements ViewerPeer {
  send({ bytes }: Payload): void {
    this.hear({ text: Buffer.from(bytes).toString() });
  }

  end(reason: CloseReason): void {
    this.close(reason);
  }
}

export function text(content: string): Payload {
  return new Payload(Buffer.from(content), true);
}

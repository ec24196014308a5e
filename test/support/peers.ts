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
export type PeerCall =
  | HostEvent
  | RoomEvent
  | { from: number; text: string }
  | { text: string }
  | CloseReason;

/** Records calls up to the close. */
class RecordingPeer {
  readonly calls: PeerCall[] = [];
  #open = true;

  close(reason: CloseReason): void {
    this.record(reason);
    this.#open = false;
  }

  /** The calls since the last read. */
  takeCalls(): PeerCall[] {
    return this.calls.splice(0);
  }

  protected record(item: PeerCall): void {
    if (this.#open) this.calls.push(item);
  }
}

/** A host without a socket or a protocol. */
export class TestHost extends RecordingPeer implements HostPeer {
  constructor(readonly address = '') {
    super();
  }

  event(event: RoomEvent): void {
    this.record(event);
  }

  message(from: number, { bytes }: Payload): void {
    this.record({ from, text: Buffer.from(bytes).toString() });
  }
}

/** A WMBP host without a socket. Reading its calls ends a turn. */
export class WmbpHost extends RecordingPeer implements HostOutput {
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
    this.record({ from, text: Buffer.from(bytes).toString() });
  }

  send(event: HostEvent): void {
    this.record(event);
  }

  requestFlush(): void {}

  override close(reason: CloseReason): void {
    this.session.dropState();
    super.close(reason);
    this.session.end(true);
  }

  override takeCalls(): PeerCall[] {
    this.session.flushState();
    return super.takeCalls();
  }
}

/** A player without a socket. */
export class TestPlayer extends RecordingPeer implements PlayerPeer {
  reading = true;

  constructor(readonly address = '') {
    super();
  }

  send({ bytes }: Payload): void {
    this.record({ text: Buffer.from(bytes).toString() });
  }

  setReading(reading: boolean): void {
    this.reading = reading;
  }
}

/** A viewer without a socket. */
export class TestViewer extends RecordingPeer implements ViewerPeer {
  send({ bytes }: Payload): void {
    this.record({ text: Buffer.from(bytes).toString() });
  }

  end(reason: CloseReason): void {
    this.close(reason);
  }
}

export function text(content: string): Payload {
  return new Payload(Buffer.from(content), true);
}

import type { ChannelError } from '../errors/channel-error.js';
import type { MessageError } from '../errors/message-error.js';
import type { RelayError } from '../errors/relay-error.js';
import type { Emitter, ListenerOptions } from '../events.js';
import type {
  Channel,
  ChannelOptions,
  Data,
  GivenRoom,
  HostStatus,
  Sendable,
  Status,
} from '../options.js';
import type { MergePatch } from '../state.js';

/** The events of a seat, with the arguments of their listeners. */
export interface SeatEvents<Down = Data, State = unknown> {
  /** The host has sent a message. */
  message: [message: Down];
  /** The host has shared a value: see `Seat.shared`. `undefined` if it does not share it any more. */
  shared: [key: string, value: Down | undefined];
  /**
   * The state of the host has changed: see `Seat.state`. `patch` has what has changed; it is `undefined`
   * if the whole state has arrived, because this player has joined or the host's page was reloaded.
   */
  state: [state: State, patch: MergePatch<State> | undefined];
  /** `count` messages from the host are lost. */
  gap: [count: number];
  /**
   * The host has lost its state: its page was reloaded, or the seat was lost meanwhile. Send again
   * what the host needs, such as a name.
   */
  restart: [];
  /** The host has opened a data channel to this player. */
  channel: [channel: Channel];
  /**
   * The host hands its room over to this page, or has chosen it as the heir: call `takeRoom` now, or
   * when the host has been `disconnected` for too long. An heir gets the event again when the players
   * change; use the latest.
   */
  heir: [given: GivenRoom];
  /** The host is disconnected, or connected again. Meanwhile, messages to it are buffered. */
  host: [status: HostStatus];
  status: [status: Status];
  /**
   * A message of the host could not be decoded, or it has offered a data channel whose code could not
   * be loaded. Without a listener, the error goes to the console.
   */
  error: [error: MessageError | ChannelError];
  /** The seat has ended; the last event. Call `joinRoom` again if `closed.retry` is not `no`. */
  close: [closed: RelayError];
}

/** A seat in a room, for its player. */
export interface Seat<Up = Sendable, Down = Data, State = unknown>
  extends Emitter<SeatEvents<Down, State>> {
  /** The player's id at the host; `undefined` if the host does not use this SDK. */
  readonly id: number | undefined;
  /** The code of the room. */
  readonly code: string;
  readonly status: Status;
  /**
   * Whether the host is connected. A change is detected within a few seconds, or within half a minute
   * while nothing is sent. Does not change while this end is `away`.
   */
  readonly host: HostStatus;
  /** The values that the host shares with everybody, by their keys. A host without this SDK has none. */
  readonly shared: ReadonlyMap<string, Down>;
  /**
   * The state that the host shares with everybody: a frozen object, and a new one after each change.
   * `undefined` if the host shares none. The type is not checked.
   */
  readonly state: State | undefined;
  /**
   * An estimate of `time` of the host's room, in milliseconds. It is wrong by the half of the shortest
   * round-trip time at most, and by less if messages take equally long in both directions. It never
   * goes back until the host's page is reloaded. `undefined` before the first measurement, which takes
   * one round trip, and if the host has no SDK or an older one.
   */
  hostTime(): number | undefined;
  /**
   * Sends to the host. After the end, it does nothing.
   *
   * @throws TypeError if `message` is neither a string nor bytes
   * @throws SendError if the relay accepts no message of this size, or the send buffer is full
   */
  send(message: Up): void;
  /** The messages of the host, for a `for await` loop; otherwise the same as `messages` of a room. */
  messages(options?: ListenerOptions): AsyncIterableIterator<Down>;
  /** Leaves the room for good; a `close` event follows. */
  leave(): void;
  /**
   * Opens a WebRTC data channel directly to the host. Resolves when it is open.
   *
   * @throws TypeError if an option does not exist or has another type
   * @throws RangeError if a number is out of bounds
   * @throws ChannelError if it cannot be opened; `send` continues to work
   */
  openChannel(options?: ChannelOptions): Promise<Channel>;
}

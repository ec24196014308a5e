import type { MessageError } from '../errors/message-error.js';
import type { RelayError } from '../errors/relay-error.js';
import type { Emitter, ListenerOptions } from '../events.js';
import type { Clock, Data, Status } from '../options.js';
import type { MergePatch } from '../state.js';

/** Options of `joinAudience`. */
export interface AudienceOptions {
  /** The password of the room; none if not given. */
  readonly password?: string;
  /** Cancels the attempt: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A `WebSocket` constructor, for runtimes without a global one (Node.js 20: that of `ws`). */
  readonly WebSocket?: unknown;
  readonly clock?: Clock;
}

/** The events of a viewer, with the arguments of their listeners. */
export interface ViewerEvents<Down = Data, State = unknown> {
  /**
   * The host has sent a message to the audience. Messages that are sent while this viewer is
   * disconnected are lost.
   */
  message: [message: Down];
  /** The host has shared a value: see `Viewer.shared`. `undefined` if it does not share it any more. */
  shared: [key: string, value: Down | undefined];
  /** The state of the host has changed: see `SeatEvents`. */
  state: [state: State, patch: MergePatch<State> | undefined];
  /** The host asks the audience, or its poll has ended: then there are no choices. */
  poll: [choices: readonly string[]];
  status: [status: Status];
  /** A message could not be decoded. Without a listener, the error goes to the console. */
  error: [error: MessageError];
  /** The room has ended, or nobody can watch it any more; the last event. */
  close: [closed: RelayError];
}

/** A viewer in the audience of a room. The host knows how many there are, and their votes. */
export interface Viewer<Down = Data, State = unknown> extends Emitter<ViewerEvents<Down, State>> {
  /** The code of the room. */
  readonly code: string;
  readonly status: Status;
  /** The values that the host shares, by their keys. */
  readonly shared: ReadonlyMap<string, Down>;
  /** The state that the host shares: frozen. `undefined` if it shares none. */
  readonly state: State | undefined;
  /** The choices of the host's poll; empty if there is none. */
  readonly poll: readonly string[];
  /**
   * Votes in the poll, in place of the earlier vote. The vote counts as long as this viewer is
   * connected, and again after a reconnect.
   *
   * @throws RangeError if this is no choice of the poll
   */
  vote(choice: string): void;
  /** The messages of the host, for a `for await` loop; otherwise the same as `messages` of a room. */
  messages(options?: ListenerOptions): AsyncIterableIterator<Down>;
  /** Leaves for good; a `close` event follows. */
  leave(): void;
}

import type { CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { JoinRequest } from './join-request.js';
import type { Poll } from './poll.js';

/** A viewer's connection, as a room uses it. */
export interface ViewerPeer {
  send(payload: Payload): void;
  /** Closes soon, after all earlier messages: thousands of viewers may end together. */
  end(reason: CloseReason): void;
}

/** What a viewer needs from its audience. */
export interface ViewerContext {
  message(viewer: Viewer, payload: Payload): void;
  left(viewer: Viewer): void;
}

/** A connection in the audience of a room. It has no id and no seat. */
export class Viewer {
  readonly #context: ViewerContext;
  /** The latest vote. It is withdrawn when the viewer leaves or votes again. */
  #vote: { readonly poll: Poll; readonly position: number } | undefined;

  constructor(
    readonly peer: ViewerPeer,
    context: ViewerContext,
  ) {
    this.#context = context;
  }

  /** A message from the viewer. */
  receive(payload: Payload): void {
    this.#context.message(this, payload);
  }

  /** The connection has ended. */
  leave(): void {
    this.#context.left(this);
  }

  /**
   * Votes in a poll, or withdraws the vote.
   *
   * @param position of the choice; `undefined` for none
   * @returns whether that changes the counts of the poll
   */
  vote(poll: Poll, position: number | undefined): boolean {
    const last = this.#vote?.poll === poll ? this.#vote.position : undefined;
    if (position === last) return false;
    if (last !== undefined) poll.add(last, -1);
    if (position !== undefined) poll.add(position, 1);
    this.#vote = position === undefined ? undefined : { poll, position };
    return true;
  }
}

/** What a viewer requests. */
export type WatchRequest = Pick<JoinRequest, 'password' | 'allValues'>;

/** The result of an attempt to watch a room. */
export type WatchResult =
  | { readonly is: 'watching'; readonly viewer: Viewer }
  | { readonly is: 'refused'; readonly reason: CloseReason };

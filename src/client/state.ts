/** A JSON merge patch (RFC 7386): members to change, and `null` for members to remove. */
export type MergePatch<State> = {
  readonly [Key in keyof State]?:
    | (State[Key] extends readonly unknown[]
        ? State[Key]
        : State[Key] extends object
          ? MergePatch<State[Key]>
          : State[Key])
    | null;
};

/**
 * One JSON object that the host changes, and that every player with this SDK sees as `seat.state`. A
 * player gets the whole when it joins or its page is reloaded, and then only what changes, in order
 * with messages. A list is sent as a whole if anything in it changes. A member cannot be `null`, except
 * in a list: in a patch, that removes it.
 */
export interface SharedState<State extends object> {
  /** The state now. It is frozen, and each change makes a new object. */
  readonly value: State;
  /**
   * Replaces the state. Sends only what has changed, so it may be a changed copy of `value`; sends
   * nothing if nothing has.
   *
   * @throws TypeError if it is no object, or has a member that is `null`; so do `patch` and `update`
   * @throws SendError if it is too large; it is not changed then; so do `patch` and `update`
   */
  set(state: State): void;
  /** Changes some members: `{ round: 2, winner: null }` sets one and removes another. */
  patch(patch: MergePatch<State>): void;
  /** Changes a copy of the state, or returns a new one: `update((draft) => { draft.round++ })`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is usual here
  update(change: (draft: State) => State | void): void;
}

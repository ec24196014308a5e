/** Options of `on` and `once`. */
export interface ListenerOptions {
  /** Removes the listener; it is not added if the signal is aborted already. */
  readonly signal?: AbortSignal | undefined;
}

/** An emitter of typed events. */
export interface Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  /**
   * Adds a listener. Events before the first listener of their kind are buffered: of each kind the
   * latest 1,024, with up to 1 MiB of messages. Returns a function that removes the listener.
   *
   * @throws TypeError if there is no such event; so do `once` and `off`
   */
  on<Name extends keyof Events>(
    name: Name,
    listener: (...event: Events[Name]) => void,
    options?: ListenerOptions,
  ): () => void;
  /** Adds a listener for one event; later events stay buffered if `on` was never called for them. */
  once<Name extends keyof Events>(
    name: Name,
    listener: (...event: Events[Name]) => void,
    options?: ListenerOptions,
  ): () => void;
  /** Removes a listener, even if it was added several times. Does nothing if it was not added. */
  off<Name extends keyof Events>(name: Name, listener: (...event: Events[Name]) => void): void;
}

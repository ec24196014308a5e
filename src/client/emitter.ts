import type { Emitter, ListenerOptions } from './api.js';
import { defer, listen } from './browser.js';
import { noSuch } from './check-options.js';
import { isOverfull, sizeOf } from './event-buffer.js';

export type Parameters = readonly unknown[];

/** Gets an event, and the size of its message before it was unpacked, in bytes. */
type Receiver = (event: Parameters, bytes: number) => void;

interface AddedListener {
  /** What the game has passed in. */
  readonly listener: unknown;
  readonly receive: Receiver;
  /** Whether it is removed before its first event. */
  readonly isOnce: boolean;
  /** Removes it. Calling it twice is harmless. */
  readonly remove: () => void;
}

/** The events of one name. */
interface Kind {
  readonly name: PropertyKey;
  readonly listeners: Set<AddedListener>;
  /** Whether its events are not buffered any more: it has had a listener of `on`. */
  isReleased: boolean;
  /** How much of it is buffered. */
  events: number;
  bytes: number;
}

export interface BufferedEvent {
  readonly kind: Kind;
  readonly event: Parameters;
  readonly bytes: number;
}

/**
 * Typed events. Events before the first listener of their kind are buffered, and delivered after the
 * code that adds listeners has ended: listeners that are added after `await joinRoom(…)` miss nothing.
 * Events that are delivered together come in the order of their emission, across kinds.
 *
 * A kind without a listener does not delay other kinds. A listener of `once` takes one buffered event
 * and leaves the others to the next listener.
 */
export class Events<Map extends { [Name in keyof Map]: Parameters }> implements Emitter<Map> {
  readonly #kinds = new globalThis.Map<PropertyKey, Kind>();
  /** In the order of emission. */
  readonly #buffered: BufferedEvent[] = [];
  /** Whether buffered events are delivered after the current code, or are being delivered. */
  #release: 'no' | 'soon' | 'now' = 'no';

  constructor(names: readonly (keyof Map)[]) {
    for (const name of names) {
      const kind = { name, listeners: new Set<never>(), isReleased: false, events: 0, bytes: 0 };
      this.#kinds.set(name, kind);
    }
  }

  on<Name extends keyof Map>(
    name: Name,
    listener: (...event: Map[Name]) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#add(name, listener, (event) => listener(...(event as Map[Name])), options);
  }

  once<Name extends keyof Map>(
    name: Name,
    listener: (...event: Map[Name]) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#add(name, listener, (event) => listener(...(event as Map[Name])), options, true);
  }

  off<Name extends keyof Map>(name: Name, listener: (...event: Map[Name]) => void): void {
    for (const each of this.#kind(name).listeners) if (each.listener === listener) each.remove();
  }

  /** Adds a listener that also gets the sizes of messages. */
  protected receive(name: keyof Map, receive: Receiver, options?: ListenerOptions): () => void {
    return this.#add(name, receive, receive, options);
  }

  /** What the listeners of an event get; `undefined` if it is dropped. */
  protected unpack(_name: PropertyKey, event: Parameters): Parameters | undefined {
    return event;
  }

  /** Whether this kind has a listener now. */
  protected listens(name: keyof Map): boolean {
    return this.#kind(name).listeners.size > 0;
  }

  protected emit<Name extends keyof Map>(name: Name, ...event: Map[Name]): void {
    const kind = this.#kind(name);
    const emitted = { kind, event, bytes: sizeOf(event.at(-1)) };
    // The code that adds listeners has caused this event: buffered events come first.
    if (this.#release === 'soon' && kind.listeners.size > 0) this.#releaseNow();
    if (this.#release === 'no' && isAwaited(kind)) this.#deliver(emitted);
    else this.#buffer(emitted);
  }

  /** Whether a buffered event of an awaited kind can be delivered already. */
  protected mayDeliver(_name: PropertyKey, _event: Parameters): boolean {
    return true;
  }

  /** An event is about to be delivered. */
  protected delivering(_name: PropertyKey, _event: Parameters): void {}

  /** A buffered event was dropped, because there are too many of its kind. */
  protected dropped(_name: PropertyKey, _event: Parameters): void {}

  /** Drops buffered events. */
  protected forget(isObsolete: (name: PropertyKey, event: Parameters) => boolean): void {
    while (this.#take(({ kind, event }) => isObsolete(kind.name, event)) !== undefined) {}
  }

  #kind(name: PropertyKey): Kind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw noSuch('there is no event', name, this.#kinds.keys());
    return kind;
  }

  #add(
    name: PropertyKey,
    listener: unknown,
    receive: Receiver,
    { signal }: ListenerOptions = {},
    isOnce = false,
  ): () => void {
    const kind = this.#kind(name);
    if (signal?.aborted) return () => {};
    const remove = (): void => {
      kind.listeners.delete(added);
      ignore();
    };
    // A new object, because the same listener may be added twice.
    const added = { listener, receive, isOnce, remove };
    const ignore = listen(() => signal, 'abort', remove);
    kind.listeners.add(added);
    if (!isOnce) kind.isReleased = true;
    if (kind.events > 0 && this.#release === 'no') {
      this.#release = 'soon';
      defer(() => this.#release === 'soon' && this.#releaseNow());
    }
    return remove;
  }

  #buffer(emitted: BufferedEvent): void {
    const { kind } = emitted;
    this.#buffered.push(emitted);
    this.#count(emitted, 1);
    while (isOverfull(kind.events, kind.bytes)) {
      const oldest = this.#take((each) => each.kind === kind);
      if (oldest !== undefined) this.dropped(kind.name, oldest.event);
    }
  }

  /** Removes and returns the first buffered event that is suitable. */
  #take(suits: (event: BufferedEvent) => boolean): BufferedEvent | undefined {
    const index = this.#buffered.findIndex(suits);
    if (index < 0) return undefined;
    const [taken] = this.#buffered.splice(index, 1);
    if (taken !== undefined) this.#count(taken, -1);
    return taken;
  }

  /** Counts a buffered event of its kind, or removes it from the count. */
  #count({ kind, bytes }: BufferedEvent, change: 1 | -1): void {
    kind.events += change;
    kind.bytes += change * bytes;
  }

  #releaseNow(): void {
    this.#release = 'now';
    // Listeners may cause more events, which come after the buffered ones.
    const isFree = ({ kind, event }: BufferedEvent): boolean =>
      isAwaited(kind) && this.mayDeliver(kind.name, event);
    for (let next = this.#take(isFree); next !== undefined; next = this.#take(isFree)) {
      this.#deliver(next);
    }
    this.#release = 'no';
  }

  #deliver({ kind, event, bytes }: BufferedEvent): void {
    this.delivering(kind.name, event);
    // Listeners that are added meanwhile get the next event; removed ones are not called.
    const called = [...kind.listeners];
    const unpacked = called.length > 0 ? this.unpack(kind.name, event) : undefined;
    if (unpacked === undefined) return;
    for (const each of called) {
      if (!kind.listeners.has(each)) continue;
      if (each.isOnce) each.remove();
      try {
        each.receive(unpacked, bytes);
      } catch (error) {
        // An error in a listener must not stop the SDK.
        defer(() => {
          throw error;
        });
      }
    }
  }
}

/** Whether there is, or was, somebody to deliver events of this kind to. */
function isAwaited({ isReleased, listeners }: Kind): boolean {
  return isReleased || listeners.size > 0;
}

import type { Emitter, ListenerOptions } from './api.js';
import { defer, listen } from './browser.js';
import { unknownName } from './check-options.js';
import { exceedsBuffer, sizeOf } from './event-buffer.js';

/** The arguments of an event's listeners. */
export type EventArguments = readonly unknown[];

/** Gets an event, and the size of its message before it was decoded, in bytes. */
type Receiver = (event: EventArguments, bytes: number) => void;

interface AddedListener {
  /** The function that the game has passed to `on` or `once`. */
  readonly listener: unknown;
  readonly receive: Receiver;
  /** Whether it is removed when it gets its first event. */
  readonly isOnce: boolean;
  /** Removes it. Calling it twice is harmless. */
  readonly remove: () => void;
}

/** The events of one name. */
interface EventKind {
  readonly name: PropertyKey;
  readonly listeners: Set<AddedListener>;
  /** Whether it has had a listener of `on`: then its events are not buffered any more. */
  hadListener: boolean;
  /** How many of its events, and bytes of messages in them, are buffered. */
  events: number;
  bytes: number;
}

export interface BufferedEvent {
  readonly kind: EventKind;
  readonly event: EventArguments;
  readonly bytes: number;
}

/**
 * Typed events. Events before the first listener of their kind are buffered, and delivered after the
 * code that adds listeners has returned: listeners that are added after `await joinRoom(…)` miss no
 * event. Events that are delivered together keep the order of their emission, across kinds.
 *
 * A kind without a listener does not delay other kinds. A listener of `once` takes one buffered event
 * and leaves the others to the next listener.
 */
export class Events<Map extends { [Name in keyof Map]: EventArguments }> implements Emitter<Map> {
  readonly #kinds = new globalThis.Map<PropertyKey, EventKind>();
  /** In the order of emission. */
  readonly #buffered: BufferedEvent[] = [];
  /** `soon`: buffered events are delivered after the current code. `now`: they are being delivered. */
  #flushing: 'no' | 'soon' | 'now' = 'no';

  constructor(names: readonly (keyof Map)[]) {
    for (const name of names) {
      const kind = { name, listeners: new Set<never>(), hadListener: false, events: 0, bytes: 0 };
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

  /** Converts the arguments of an event for its listeners; `undefined` drops the event. */
  protected decode(_name: PropertyKey, event: EventArguments): EventArguments | undefined {
    return event;
  }

  /** Whether this kind has a listener now. */
  protected hasListener(name: keyof Map): boolean {
    return this.#kind(name).listeners.size > 0;
  }

  protected emit<Name extends keyof Map>(name: Name, ...event: Map[Name]): void {
    this.emitSized(sizeOf(event.at(-1)), name, ...event);
  }

  /** @param bytes the size of what was decoded to the event */
  protected emitSized<Name extends keyof Map>(
    bytes: number,
    name: Name,
    ...event: Map[Name]
  ): void {
    const kind = this.#kind(name);
    const emitted = { kind, event, bytes };
    // The code that adds listeners has caused this event: deliver the buffered events first.
    if (this.#flushing === 'soon' && kind.listeners.size > 0) this.#flush();
    if (this.#flushing === 'no' && hasOrHadListener(kind)) this.#deliver(emitted);
    else this.#buffer(emitted);
  }

  /** Whether a buffered event may be delivered now, if its kind has a listener. */
  protected canDeliver(_name: PropertyKey, _event: EventArguments): boolean {
    return true;
  }

  /** An event is about to be delivered. */
  protected delivering(_name: PropertyKey, _event: EventArguments): void {}

  /** A buffered event was dropped, because there are too many of its kind. */
  protected dropped(_name: PropertyKey, _event: EventArguments): void {}

  /** Drops the buffered events that are obsolete. */
  protected dropBuffered(isObsolete: (name: PropertyKey, event: EventArguments) => boolean): void {
    while (this.#removeFirst(({ kind, event }) => isObsolete(kind.name, event)) !== undefined) {}
  }

  #kind(name: PropertyKey): EventKind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw unknownName('there is no event', name, this.#kinds.keys());
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
    if (!isOnce) kind.hadListener = true;
    if (kind.events > 0 && this.#flushing === 'no') {
      this.#flushing = 'soon';
      defer(() => this.#flushing === 'soon' && this.#flush());
    }
    return remove;
  }

  #buffer(emitted: BufferedEvent): void {
    const { kind } = emitted;
    this.#buffered.push(emitted);
    this.#count(emitted, 1);
    while (exceedsBuffer(kind.events, kind.bytes)) {
      const oldest = this.#removeFirst((each) => each.kind === kind);
      if (oldest !== undefined) this.dropped(kind.name, oldest.event);
    }
  }

  /** Removes and returns the first buffered event that matches. */
  #removeFirst(matches: (event: BufferedEvent) => boolean): BufferedEvent | undefined {
    const index = this.#buffered.findIndex(matches);
    if (index < 0) return undefined;
    const [removed] = this.#buffered.splice(index, 1);
    if (removed !== undefined) this.#count(removed, -1);
    return removed;
  }

  /** Adds an event to the counts of its kind, or subtracts it. */
  #count({ kind, bytes }: BufferedEvent, change: 1 | -1): void {
    kind.events += change;
    kind.bytes += change * bytes;
  }

  #flush(): void {
    this.#flushing = 'now';
    // Events that listeners cause meanwhile are delivered after the buffered ones.
    const isDeliverable = ({ kind, event }: BufferedEvent): boolean =>
      hasOrHadListener(kind) && this.canDeliver(kind.name, event);
    for (
      let next = this.#removeFirst(isDeliverable);
      next !== undefined;
      next = this.#removeFirst(isDeliverable)
    ) {
      this.#deliver(next);
    }
    this.#flushing = 'no';
  }

  #deliver({ kind, event, bytes }: BufferedEvent): void {
    this.delivering(kind.name, event);
    // Listeners that are added meanwhile get the next event; those that are removed are not called.
    const listeners = [...kind.listeners];
    const decoded = listeners.length > 0 ? this.decode(kind.name, event) : undefined;
    if (decoded === undefined) return;
    for (const each of listeners) {
      if (!kind.listeners.has(each)) continue;
      if (each.isOnce) each.remove();
      try {
        each.receive(decoded, bytes);
      } catch (error) {
        // An error in a listener must not stop the SDK.
        defer(() => {
          throw error;
        });
      }
    }
  }
}

/** Whether events of this kind are delivered rather than buffered. */
function hasOrHadListener({ hadListener, listeners }: EventKind): boolean {
  return hadListener || listeners.size > 0;
}

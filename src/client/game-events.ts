import type { Codec, Data, ListenerOptions, Status } from './api.js';
import { combine, defer, listen } from './browser.js';
import { type EventArguments, Events } from './emitter.js';
import { MessageError } from './errors/message-error.js';
import { MessageIterator } from './message-iterator.js';

/** The events that rooms and seats have in common, with arguments of any type. */
export interface CommonEvents {
  message: EventArguments;
  error: EventArguments;
  close: EventArguments;
}

/** The events of a room or a seat. The codec decodes messages when they are delivered. */
export abstract class GameEvents<
  Map extends { [Name in keyof Map]: EventArguments } & CommonEvents,
> extends Events<Map> {
  readonly #codec: Codec | undefined;

  constructor(names: readonly (keyof Map)[], codec: Codec | undefined) {
    super(names);
    this.#codec = codec;
  }

  abstract readonly status: Status;

  /** Emits an error. Without a listener, it goes to the console. */
  protected report(error: Map['error'][0] & Error): void {
    if (this.hasListener('error')) this.emit('error', ...([error] as unknown as Map['error']));
    else console.warn(error.message);
  }

  /** @param toItem converts the arguments of a `message` event into an item for the loop */
  protected iterate<Item>(
    toItem: (event: Map['message']) => Item,
    options?: ListenerOptions,
  ): AsyncIterableIterator<Item> {
    const iterator = new MessageIterator<Item>(() => stopListening());
    const end = (): void => iterator.end();
    const stopListening = combine([
      this.receive(
        'message',
        (event, bytes) => iterator.push(toItem(event as never), bytes),
        options,
      ),
      this.receive('close', end),
      listen(() => options?.signal, 'abort', end),
    ]);
    // Deferred, so that messages that were buffered before the end are delivered first.
    if (this.status === 'closed' || options?.signal?.aborted) defer(end);
    return iterator;
  }

  protected override decode(name: PropertyKey, event: EventArguments): EventArguments | undefined {
    if (name !== 'message') return event;
    const decoded = this.decoded(event.at(-1) as Data);
    return decoded && [...event.slice(0, -1), ...decoded];
  }

  /** Decodes a message; `undefined` if that fails, which is reported. */
  protected decoded(data: Data): readonly [value: unknown] | undefined {
    if (this.#codec === undefined) return [data];
    try {
      return [this.#codec.decode(data)];
    } catch (error) {
      this.report(new MessageError(error) as unknown as Map['error'][0] & Error);
      return undefined;
    }
  }
}

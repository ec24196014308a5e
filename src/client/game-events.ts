import type { Codec, Data, ListenerOptions, Status } from './api.js';
import { all, defer, listen } from './browser.js';
import { Events, type Parameters } from './emitter.js';
import { MessageError } from './errors/message-error.js';
import { MessageIterator } from './message-iterator.js';

/** The events that rooms and seats have in common, whatever the types of their arguments. */
interface CommonEvents {
  message: Parameters;
  error: Parameters;
  close: Parameters;
}

/** The events of a room or a seat, whose messages a codec decodes when they are delivered. */
export abstract class GameEvents<
  Map extends { [Name in keyof Map]: Parameters } & CommonEvents,
> extends Events<Map> {
  readonly #codec: Codec | undefined;

  constructor(names: readonly (keyof Map)[], codec: Codec | undefined) {
    super(names);
    this.#codec = codec;
  }

  abstract readonly status: Status;

  /** Emits an error. Without a listener, it is shown to the developer on the console. */
  protected report(error: Map['error'][0] & Error): void {
    if (this.listens('error')) this.emit('error', ...([error] as unknown as Map['error']));
    else console.warn(error.message);
  }

  /** @param pick makes what the loop gets of the arguments of a `message` event */
  protected iterate<Item>(
    pick: (event: Map['message']) => Item,
    options?: ListenerOptions,
  ): AsyncIterableIterator<Item> {
    const iterator = new MessageIterator<Item>(() => stopListening());
    const end = (): void => iterator.end();
    const stopListening = all([
      this.receive(
        'message',
        (event, bytes) => iterator.push(pick(event as never), bytes),
        options,
      ),
      this.receive('close', end),
      listen(() => options?.signal, 'abort', end),
    ]);
    // Messages that were buffered before the end are delivered first.
    if (this.status === 'closed' || options?.signal?.aborted) defer(end);
    return iterator;
  }

  protected override unpack(name: PropertyKey, event: Parameters): Parameters | undefined {
    if (this.#codec === undefined || name !== 'message') return event;
    try {
      return [...event.slice(0, -1), this.#codec.decode(event.at(-1) as Data)];
    } catch (error) {
      this.report(new MessageError(error) as unknown as Map['error'][0] & Error);
      return undefined;
    }
  }
}

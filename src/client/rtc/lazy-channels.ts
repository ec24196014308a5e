import type { Channel, ChannelOptions } from '../api.js';
import { attempt } from '../browser.js';
import { ChannelError } from '../errors/channel-error.js';
import { loadCode } from '../load-code.js';
import type { Message } from '../session/envelope.js';
import { toData, toSignal } from '../session/message.js';
import type { Channels, ChannelsContext } from './channels.js';
import { loadChannels } from './load-channels.js';
import { MAX_SIGNAL_BYTES } from './signal.js';

/** The most signals that are buffered while the code for data channels is loaded. */
const MAX_BUFFERED = 128;

type ChannelsModule = Pick<typeof import('./channels.js'), 'Channels'>;

export interface LazyChannelsContext extends Omit<ChannelsContext, 'ChannelError'> {
  /** A channel that the other end has offered cannot be opened here. */
  failed(error: ChannelError): void;
}

/** The data channels between two ends. Their code is loaded when one of the ends opens a channel. */
export class LazyChannels {
  readonly #context: LazyChannelsContext;
  readonly #loadCode: () => Promise<ChannelsModule>;
  #channels: Channels | undefined;
  #loading: Promise<Channels> | undefined;
  /** Signals of the other end that arrived before the code was loaded. */
  #buffered: Message[] = [];
  #isClosed = false;

  /** @param load loads the code; tests replace it */
  constructor(context: LazyChannelsContext, load: () => Promise<ChannelsModule> = loadChannels) {
    this.#context = context;
    this.#loadCode = load;
  }

  /**
   * @param isExact whether the other end has this SDK
   * @throws TypeError or RangeError for an invalid option
   * @throws ChannelError if it cannot be opened
   */
  async open(isExact: boolean, options: ChannelOptions = {}): Promise<Channel> {
    if (!isExact) throw new ChannelError('plain', 'the other end does not use this SDK');
    if (this.#isClosed) throw new ChannelError('closed', 'the other end has left');
    return (await this.#load()).open(options);
  }

  /** Handles a message of the other end's channels. */
  receive(message: Message): void {
    if (this.#channels !== undefined) return this.#channels.receive(message);
    if (this.#isClosed || this.#buffered.length >= MAX_BUFFERED) return;
    // The loaded code would drop it; until then, it would take up memory.
    if (message.body.length > MAX_SIGNAL_BYTES) return;
    const isFirst = this.#buffered.push(message) === 1;
    if (isFirst) this.#load().catch((error) => this.#refuse(error));
  }

  /** The other end has left for good: closes all channels. */
  close(): void {
    this.#isClosed = true;
    this.#buffered = [];
    this.#channels?.close();
  }

  /** The other end is a new page, which has no channels: closes all channels. */
  restart(): void {
    this.#buffered = [];
    this.#channels?.restart();
  }

  /** @throws ChannelError `notLoaded`; the next call tries again */
  #load(): Promise<Channels> {
    this.#loading ??= loadCode(this.#context.environment.clock, this.#loadCode)
      .then((module) => this.#start(module))
      .catch((cause) => {
        this.#loading = undefined;
        throw new ChannelError('notLoaded', 'rtc.js could not be loaded', { cause });
      });
    return this.#loading;
  }

  /** @throws any error if the loaded code is of another version of the SDK, with another interface */
  #start(module: ChannelsModule): Channels {
    const channels = new module.Channels({ ...this.#context, ChannelError });
    if (this.#isClosed) channels.close();
    for (const message of this.#buffered) channels.receive(message);
    this.#buffered = [];
    this.#channels = channels;
    return channels;
  }

  /** Signals the failure, so that the other end's `openChannel` does not have to time out. */
  #refuse(error: ChannelError): void {
    const ids = this.#buffered.splice(0).map(idOf);
    for (const id of new Set(ids)) {
      this.#context.signal(toSignal({ id, by: 'other', failed: 'unsupported' }));
    }
    if (!this.#isClosed) this.#context.failed(error);
  }
}

/** The id in a signal, which is not checked; `undefined` if there is none. */
function idOf(message: Message): unknown {
  return Object(attempt(() => JSON.parse(String(toData(message)))))['id'];
}

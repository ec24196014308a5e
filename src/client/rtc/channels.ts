import type { Channel, ChannelOptions, Clock } from '../api.js';
import { randomMark } from '../browser.js';
import { checkOptions, type OptionTypes } from '../check-options.js';
import { fetchJson } from '../connection/fetch-json.js';
import type { RelayAddress } from '../connection/relay-address.js';
import type { ResolvedEnvironment } from '../environment.js';
import type { ChannelError, ChannelErrorName } from '../errors/channel-error.js';
import type { Message } from '../session/envelope.js';
import { toSignal } from '../session/message.js';
import { TokenBucket } from '../token-bucket.js';
import {
  ChannelConnection,
  type ConnectionEvents,
  DEFAULT_TIMEOUT,
  type Peer,
} from './channel-connection.js';
import { REASONS } from './reasons.js';
import { parseSignal, type Signal } from './signal.js';

/** How long the relay may take to return ICE servers, in milliseconds. After that, none are used. */
const ICE_SERVERS_TIMEOUT = 3_000;

/** The most connections that the other end may have at a time, opening or open. */
const MAX_CONNECTIONS = 8;

/** How many connections of the other end are accepted: a burst, and a rate per second. */
const ACCEPT_BURST = 16;
const ACCEPT_RATE = 0.5;

/** How many signals of the other end are read: a burst, and a rate per second. A channel takes ten. */
const SIGNAL_BURST = 512;
const SIGNAL_RATE = 32;

/** The longest timeout of browsers and Node.js, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

const OPTIONS: OptionTypes = {
  label: 'string',
  ordered: 'boolean',
  // W3C WebRTC, section 6.2: an unsigned short.
  maxRetransmits: [0, 65_535],
  timeout: [1, MAX_TIMER],
};

type PeerConstructor = new (configuration: { iceServers: readonly object[] }) => Peer;

/**
 * What a page passes to this code. A page that stays open while its relay is updated loads newer code
 * than its own, so this code must not use anything that earlier versions of the SDK do not pass.
 */
export interface ChannelsContext {
  readonly environment: Pick<ResolvedEnvironment, 'iceServers' | 'RTCPeerConnection'> & {
    readonly clock: Pick<Clock, 'now' | 'after'>;
  };
  readonly address: Pick<RelayAddress, 'page'>;
  /** The page's class: in a separate bundle, an imported one would be another class. */
  readonly ChannelError: typeof ChannelError;
  /** Sends a message to the other end's `Channels`, exactly once and in order. */
  signal(message: Message): void;
  /** The other end has opened a channel. */
  opened(channel: Channel): void;
}

/** The data channels between two ends. Their signals are sent as messages of the session. */
export class Channels {
  readonly #context: ChannelsContext;
  /** The connections that this end has opened, and those that the other end has opened, by id. */
  readonly #opened = new Map<number, ChannelConnection>();
  readonly #accepted = new Map<number, ChannelConnection>();
  readonly #signalRate: TokenBucket;
  readonly #acceptRate: TokenBucket;
  #closed = false;

  constructor(context: ChannelsContext) {
    this.#context = context;
    const { clock } = context.environment;
    this.#signalRate = new TokenBucket(clock, SIGNAL_BURST, SIGNAL_RATE);
    this.#acceptRate = new TokenBucket(clock, ACCEPT_BURST, ACCEPT_RATE);
  }

  /**
   * @throws TypeError or RangeError for an invalid option
   * @throws ChannelError if it cannot be opened
   */
  async open(options: ChannelOptions): Promise<Channel> {
    checkOptions('openChannel', OPTIONS, options);
    if (this.#closed) throw this.#error('closed');
    const Peer = this.#peerConstructor();
    if (Peer === undefined) throw this.#error('unsupported');
    const iceServers = await this.#iceServers();
    if (this.#closed) throw this.#error('closed');
    return new Promise((opened, reject) => {
      const { timeout = DEFAULT_TIMEOUT } = options;
      const failed = (code: ChannelErrorName, cause: unknown) => reject(this.#error(code, cause));
      const connection = this.#add('opener', randomMark(), timeout, { opened, failed });
      const offer = async (): Promise<void> => connection.offer(new Peer({ iceServers }), options);
      offer().catch((cause) => connection.fail('unreachable', cause));
    });
  }

  /** Handles a message of the other end's `Channels`. */
  receive(message: Message): void {
    if (this.#closed || !this.#signalRate.take()) return;
    const signal = parseSignal(message);
    if (signal === undefined) return;
    const connection = (signal.by === 'opener' ? this.#accepted : this.#opened).get(signal.id);
    if (connection !== undefined) connection.receive(signal);
    else if (signal.by === 'opener' && signal.description !== undefined) this.#accept(signal);
  }

  /** The other end has left for good: closes all channels. */
  close(): void {
    this.#closed = true;
    this.restart();
  }

  /** The other end is a new page, which has no channels: closes all channels. */
  restart(): void {
    for (const connection of [...this.#opened.values(), ...this.#accepted.values()]) {
      if (connection.isOpening) connection.fail('closed');
      else connection.end('closed');
    }
  }

  #accept({ id, description }: Signal): void {
    const refuse = (failed: ChannelErrorName) => this.#signal({ id, by: 'other', failed });
    const Peer = this.#peerConstructor();
    if (Peer === undefined) return refuse('unsupported');
    if (this.#accepted.size >= MAX_CONNECTIONS || !this.#acceptRate.take())
      return refuse('tooMany');
    // Added synchronously, because candidates follow at once.
    const connection = this.#add('other', id, DEFAULT_TIMEOUT, {
      opened: (channel) => this.#context.opened(channel),
      failed: () => {},
    });
    const answer = async (): Promise<void> => {
      const iceServers = await this.#iceServers();
      if (!connection.isOpening || description === undefined) return;
      await connection.answer(new Peer({ iceServers }), description);
    };
    answer().catch((cause) => connection.fail('unreachable', cause));
  }

  #error(code: ChannelErrorName, cause?: unknown): ChannelError {
    return new this.#context.ChannelError(code, REASONS[code], { cause });
  }

  #signal(signal: Signal): void {
    if (!this.#closed) this.#context.signal(toSignal(signal));
  }

  #add(
    by: Signal['by'],
    id: number,
    timeout: number,
    events: Pick<ConnectionEvents, 'opened' | 'failed'>,
  ): ChannelConnection {
    const connections = by === 'opener' ? this.#opened : this.#accepted;
    const connection = new ChannelConnection(this.#context.environment.clock, timeout, {
      ...events,
      signal: (signal) => this.#signal({ ...signal, id, by }),
      ended: () => connections.delete(id),
    });
    connections.set(id, connection);
    return connection;
  }

  #peerConstructor(): PeerConstructor | undefined {
    const { RTCPeerConnection } = this.#context.environment;
    return typeof RTCPeerConnection === 'function'
      ? (RTCPeerConnection as PeerConstructor)
      : undefined;
  }

  async #iceServers(): Promise<readonly object[]> {
    const { iceServers } = this.#context.environment;
    if (iceServers !== undefined) return iceServers;
    try {
      const { body } = await fetchJson(this.#context.address.page('ice'), ICE_SERVERS_TIMEOUT);
      return Array.isArray(body['iceServers']) ? body['iceServers'] : [];
    } catch {
      // Without ICE servers, two ends in the same network still find each other.
      return [];
    }
  }
}

import type { Channel, ChannelOptions } from './api.js';
import { ChannelError, type ChannelErrorName, isChannelErrorName } from './channel-error.js';
import { type Resolved, randomMark } from './environment.js';
import type { Message } from './exactly-once/envelope.js';
import { toData, toSignal } from './message.js';
import type { RelayAddress } from './relay-address.js';

/** How long to try for a connection if the game does not say, in milliseconds. */
const TIMEOUT = 15_000;

/** How long the relay may take to name ICE servers; then it is tried without them. */
const ICE_SERVERS_TIMEOUT = 3_000;

/** Connections that the other end may try to open at a time. */
const MOST_OPENING = 8;

/**
 * What two ends tell each other of a connection, as JSON. Its opener draws the `id` at random: what
 * was for the page before a reload may still come, and is to find nothing. `by` is who says it.
 */
interface Signal {
  readonly id: number;
  readonly by: 'opener' | 'other';
  readonly description?: Description;
  readonly candidate?: object;
  readonly failed?: ChannelErrorName;
}

interface Description {
  readonly type: string;
  readonly sdp: string;
}

/** The part of an `RTCPeerConnection` that is used here (W3C WebRTC). */
interface Peer {
  readonly connectionState: string;
  readonly iceConnectionState: string;
  onicecandidate: ((event: { candidate: { toJSON?(): object } | null }) => void) | null;
  onconnectionstatechange: (() => void) | null;
  oniceconnectionstatechange: (() => void) | null;
  ondatachannel: ((event: { channel: StandardChannel }) => void) | null;
  createDataChannel(label: string, options: object): StandardChannel;
  createOffer(): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: object): Promise<void>;
  addIceCandidate(candidate: object): Promise<void>;
  close(): void;
}

type StandardChannel = Channel & {
  addEventListener(name: 'open' | 'close', listener: () => void): void;
};

type PeerConstructor = new (configuration: { iceServers: readonly object[] }) => Peer;

/** One `RTCPeerConnection`, for one data channel. */
interface Connection {
  /** `undefined` while the relay is asked for ICE servers. */
  peer: Peer | undefined;
  /** Before the other end's description is known, its candidates have to wait. */
  candidates: object[] | undefined;
  /** Nobody waits for it any more. */
  opened(): void;
  fail(error: ChannelError): void;
}

export interface ChannelsEvents {
  /** Hands a message to the other end's `Channels`, exactly once and in order. */
  signal(message: Message): void;
  /** The other end has opened a channel. */
  opened(channel: Channel): void;
}

/** The data channels between two ends. What opens them goes the way of all messages. */
export class Channels {
  readonly #environment: Resolved;
  readonly #address: RelayAddress;
  readonly #events: ChannelsEvents;
  /** Those that this end opens, and those that the other one does, by the opener's id. */
  readonly #mine = new Map<number, Connection>();
  readonly #theirs = new Map<number, Connection>();
  #closed = false;

  constructor(environment: Resolved, address: RelayAddress, events: ChannelsEvents) {
    this.#environment = environment;
    this.#address = address;
    this.#events = events;
  }

  /** @throws ChannelError if it cannot be opened */
  async open(options: ChannelOptions): Promise<Channel> {
    if (this.#closed) throw new ChannelError('closed');
    const { label = '', timeout = TIMEOUT, ordered = true, maxRetransmits } = options;
    const Peer = this.#standard();
    if (Peer === undefined) throw new ChannelError('unsupported');
    const iceServers = await this.#iceServers();
    if (this.#closed) throw new ChannelError('closed');
    const id = randomMark();
    return new Promise((opened, refused) => {
      const connection = this.#add(this.#mine, id, timeout, refused);
      const offer = async (): Promise<void> => {
        const peer = this.#attach(connection, new Peer({ iceServers }));
        const init = maxRetransmits === undefined ? { ordered } : { ordered, maxRetransmits };
        const channel = peer.createDataChannel(label, init);
        this.#watch(this.#mine, id, connection, channel, opened);
        await this.#introduce(peer, { id, by: 'opener' })();
      };
      offer().catch((cause) => connection.fail(new ChannelError('unreachable', { cause })));
    });
  }

  /** Takes what the other end's `Channels` has to say. */
  receive(message: Message): void {
    const signal = parse(message);
    if (signal === undefined || this.#closed) return;
    const ours = signal.by === 'opener' ? this.#theirs : this.#mine;
    const connection = ours.get(signal.id);
    if (connection !== undefined) {
      this.#heed(connection, signal);
    } else if (signal.by === 'opener' && signal.description !== undefined) {
      this.#accept(signal).catch(() => {});
    }
  }

  /** The other end is gone. Channels that are open stay so: they do not need it here. */
  close(): void {
    this.#closed = true;
    this.restart();
  }

  /** The other end is a new page, and knows nothing of what is being opened. */
  restart(): void {
    for (const { fail } of [...this.#mine.values(), ...this.#theirs.values()]) {
      fail(new ChannelError('closed'));
    }
  }

  async #accept({ id, description }: Signal): Promise<void> {
    const Peer = this.#standard();
    const reply = { id, by: 'other' } as const;
    if (Peer === undefined || this.#theirs.size >= MOST_OPENING) {
      return this.#signal({ ...reply, failed: 'unsupported' });
    }
    // Known before there is anything to wait for: candidates come soon.
    const connection = this.#add(this.#theirs, id, TIMEOUT, () => {});
    const iceServers = await this.#iceServers();
    if (this.#theirs.get(id) !== connection) return;
    try {
      const peer = this.#attach(connection, new Peer({ iceServers }));
      peer.ondatachannel = ({ channel }) => {
        this.#watch(this.#theirs, id, connection, channel, () => this.#events.opened(channel));
      };
      const describe = this.#introduce(peer, reply);
      await this.#setRemote(connection, peer, description as object);
      await describe();
    } catch (cause) {
      connection.fail(new ChannelError('unreachable', { cause }));
    }
  }

  #heed(connection: Connection, { description, candidate, failed }: Signal): void {
    const { peer, candidates, fail } = connection;
    if (failed !== undefined) return fail(new ChannelError(failed));
    if (candidate !== undefined) {
      if (candidates !== undefined) candidates.push(candidate);
      else peer?.addIceCandidate(candidate).catch(() => {});
    } else if (description !== undefined && peer !== undefined) {
      this.#setRemote(connection, peer, description).catch((cause) =>
        fail(new ChannelError('unreachable', { cause })),
      );
    }
  }

  async #setRemote(connection: Connection, peer: Peer, description: object): Promise<void> {
    await peer.setRemoteDescription(description);
    const candidates = connection.candidates ?? [];
    connection.candidates = undefined;
    // A candidate that is of no use does not spoil the others.
    for (const each of candidates) await peer.addIceCandidate(each).catch(() => {});
  }

  /**
   * Signals what the other end needs to find this one: the description, when there is one, and then
   * the candidates. They may be found sooner, but mean nothing without it.
   */
  #introduce(peer: Peer, from: Pick<Signal, 'id' | 'by'>): () => Promise<void> {
    let early: object[] | undefined = [];
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) return;
      if (early !== undefined) early.push(plain(candidate));
      else this.#signal({ ...from, candidate: plain(candidate) });
    };
    return async () => {
      // Not the short form without an argument, which not all that can be passed in understand.
      const own = await (from.by === 'opener' ? peer.createOffer() : peer.createAnswer());
      await peer.setLocalDescription(own);
      this.#signal({ ...from, description: { type: own.type, sdp: own.sdp } });
      for (const candidate of early ?? []) this.#signal({ ...from, candidate });
      early = undefined;
    };
  }

  #signal(signal: Signal): void {
    if (!this.#closed) this.#events.signal(toSignal(signal));
  }

  /** A connection that is being opened, until it is, fails, or takes too long. */
  #add(
    connections: Map<number, Connection>,
    id: number,
    timeout: number,
    failed: (error: ChannelError) => void,
  ): Connection {
    const by = connections === this.#mine ? 'opener' : 'other';
    const opened = (): void => {
      cancel();
      connections.delete(id);
    };
    const fail = (error: ChannelError): void => {
      if (connections.get(id) !== connection) return;
      opened();
      if (connection.peer !== undefined) {
        connection.peer.onicecandidate = null;
        connection.peer.close();
      }
      this.#signal({ id, by, failed: error.what });
      failed(error);
    };
    const connection: Connection = { peer: undefined, candidates: [], opened, fail };
    connections.set(id, connection);
    const cancel = this.#environment.clock.after(timeout, () => fail(new ChannelError('timeout')));
    return connection;
  }

  #attach(connection: Connection, peer: Peer): Peer {
    const look = (): void => {
      const states = [peer.connectionState, peer.iceConnectionState];
      if (states.includes('failed') || states.includes('closed')) {
        connection.fail(new ChannelError('unreachable'));
      }
    };
    peer.onconnectionstatechange = look;
    peer.oniceconnectionstatechange = look;
    connection.peer = peer;
    return peer;
  }

  /** Gives the channel to the game once it is open, and ends its connection with it. */
  #watch(
    connections: Map<number, Connection>,
    id: number,
    connection: Connection,
    channel: StandardChannel,
    opened: (channel: Channel) => void,
  ): void {
    const open = (): void => {
      if (connections.get(id) !== connection) return;
      // What happens from now on is between the game and its channel.
      connection.opened();
      if (connection.peer !== undefined) connection.peer.onicecandidate = null;
      opened(channel);
    };
    channel.addEventListener('close', () => connection.peer?.close());
    if (channel.readyState === 'open') open();
    else channel.addEventListener('open', open);
  }

  #standard(): PeerConstructor | undefined {
    const { RTCPeerConnection } = this.#environment;
    return typeof RTCPeerConnection === 'function'
      ? (RTCPeerConnection as PeerConstructor)
      : undefined;
  }

  async #iceServers(): Promise<readonly object[]> {
    const { iceServers } = this.#environment;
    if (iceServers !== undefined) return iceServers;
    try {
      const answer = await fetch(this.#address.page('ice'), {
        signal: AbortSignal.timeout(ICE_SERVERS_TIMEOUT),
      });
      const { iceServers } = (await answer.json()) as { iceServers?: unknown };
      return Array.isArray(iceServers) ? iceServers : [];
    } catch {
      // A relay that names none: what is in the same network finds its way without.
      return [];
    }
  }
}

function parse(message: Message): Signal | undefined {
  try {
    const signal = JSON.parse(String(toData(message)));
    const { id, by, failed } = signal;
    if (!Number.isSafeInteger(id) || !['opener', 'other'].includes(by)) return undefined;
    // Whatever the other end says, a game sees one of the names that it knows.
    return failed === undefined || isChannelErrorName(failed)
      ? signal
      : { id, by, failed: 'unreachable' };
  } catch {
    return undefined;
  }
}

function plain(candidate: { toJSON?(): object }): object {
  return candidate.toJSON?.() ?? candidate;
}

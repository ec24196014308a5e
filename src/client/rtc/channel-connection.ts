import type { Channel, ChannelOptions, Clock } from '../api.js';
import { attempt } from '../browser.js';
import type { ChannelErrorName } from '../errors/channel-error.js';
import type { Description, Signal } from './signal.js';

/** The default time to open a channel, in milliseconds. */
export const DEFAULT_TIMEOUT = 15_000;

/** A connection that is `disconnected` for this long counts as failed, in milliseconds. */
const DISCONNECTED_TIMEOUT = 30_000;

/** How long a browser may take to dispatch `close` after its connection was closed, in milliseconds. */
const CLOSE_TIMEOUT = 500;

/** The most candidates of the other end that are used. Further ones are dropped. */
const MAX_CANDIDATES = 64;

/** The part of `RTCPeerConnection` that is used here (W3C WebRTC). */
export interface Peer {
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
  dispatchEvent(event: Event): boolean;
};

export interface ConnectionEvents {
  signal(signal: Omit<Signal, 'id' | 'by'>): void;
  /** The channel is open. */
  opened(channel: Channel): void;
  /** The channel could not be opened. */
  failed(code: ChannelErrorName, cause?: unknown): void;
  /** The last call: everything is closed. */
  ended(): void;
}

type State =
  | { readonly is: 'opening'; readonly cancelTimeout: () => void }
  | { readonly is: 'open' }
  | { readonly is: 'ended' };

/**
 * One `RTCPeerConnection` with one data channel, from the offer until the end. If either end closes the
 * channel, or the connection between them fails, both the channel and the connection are closed.
 */
export class ChannelConnection {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #events: ConnectionEvents;
  #state: State;
  /** `undefined` until the ICE servers are known. */
  #peer: Peer | undefined;
  #channel: StandardChannel | undefined;
  #channelIsClosed = false;
  /** Candidates of the other end; `undefined` when its description is known and they are used at once. */
  #candidates: object[] | undefined = [];
  #candidatesLeft = MAX_CANDIDATES;
  #isDescribed = false;
  #cancelDisconnected: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>, timeout: number, events: ConnectionEvents) {
    this.#clock = clock;
    this.#events = events;
    const cancelTimeout = clock.after(timeout, () => this.fail('timeout'));
    this.#state = { is: 'opening', cancelTimeout };
  }

  get isOpening(): boolean {
    return this.#state.is === 'opening';
  }

  /** Offers a channel to the other end, which answers. */
  async offer(peer: Peer, { label = '', ordered = true, maxRetransmits }: ChannelOptions) {
    this.#attachPeer(peer);
    const init = maxRetransmits === undefined ? { ordered } : { ordered, maxRetransmits };
    this.#attachChannel(peer.createDataChannel(label, init));
    await this.#sendDescription(peer, () => peer.createOffer());
  }

  /** Answers the other end's offer of a channel. */
  async answer(peer: Peer, offer: Description): Promise<void> {
    this.#attachPeer(peer);
    peer.ondatachannel = ({ channel }) => {
      // Further channels on this connection would never reach the game.
      if (this.#channel === undefined) this.#attachChannel(channel);
      else channel.close();
    };
    await this.#setRemote(peer, offer);
    await this.#sendDescription(peer, () => peer.createAnswer());
  }

  /** Handles a signal of the other end about this connection. */
  receive({ description, candidate, failed }: Signal): void {
    if (failed !== undefined) return this.end(failed);
    if (!this.isOpening) return;
    if (candidate !== undefined) {
      if (this.#candidatesLeft-- <= 0) return;
      if (this.#candidates !== undefined) this.#candidates.push(candidate);
      else this.#addCandidate(candidate);
    } else if (description !== undefined && this.#peer !== undefined && !this.#isDescribed) {
      this.#setRemote(this.#peer, description).catch((cause) => this.fail('unreachable', cause));
    }
  }

  /** Ends the connection after a failure at this end, and signals it to the other end. */
  fail(code: ChannelErrorName, cause?: unknown): void {
    if (this.#state.is === 'ended') return;
    this.#events.signal({ failed: code });
    this.end(code, cause);
  }

  /** Closes channel and connection. Calling it twice is harmless. */
  end(code: ChannelErrorName, cause?: unknown): void {
    const state = this.#state;
    if (state.is === 'ended') return;
    this.#state = { is: 'ended' };
    this.#cancelDisconnected?.();
    this.#events.ended();
    if (state.is === 'opening') {
      state.cancelTimeout();
      this.#events.failed(code, cause);
    }
    this.#close(state.is === 'open');
  }

  async #setRemote(peer: Peer, description: object): Promise<void> {
    this.#isDescribed = true;
    await peer.setRemoteDescription(description);
    const candidates = this.#candidates ?? [];
    this.#candidates = undefined;
    for (const candidate of candidates) this.#addCandidate(candidate);
  }

  /** Ignores a candidate that cannot be used. */
  async #addCandidate(candidate: object): Promise<void> {
    try {
      await this.#peer?.addIceCandidate(candidate);
    } catch {}
  }

  /**
   * Signals the description of this end, and then its candidates: those that are found earlier cannot
   * be used without the description.
   */
  async #sendDescription(peer: Peer, describe: () => Promise<Description>): Promise<void> {
    let pending: object[] | undefined = [];
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) return;
      const plain = candidate.toJSON?.() ?? candidate;
      if (pending !== undefined) pending.push(plain);
      else this.#events.signal({ candidate: plain });
    };
    // The argument is optional in browsers, but not in every constructor that a game passes in.
    const own = await describe();
    await peer.setLocalDescription(own);
    if (this.#state.is === 'ended') return;
    this.#events.signal({ description: { type: own.type, sdp: own.sdp } });
    for (const candidate of pending) this.#events.signal({ candidate });
    pending = undefined;
  }

  #attachPeer(peer: Peer): void {
    this.#peer = peer;
    const check = (): void => {
      const states = [peer.connectionState, peer.iceConnectionState];
      if (states.includes('failed') || states.includes('closed')) return this.fail('unreachable');
      if (!states.includes('disconnected')) {
        this.#cancelDisconnected?.();
        this.#cancelDisconnected = undefined;
      } else {
        this.#cancelDisconnected ??= this.#clock.after(DISCONNECTED_TIMEOUT, () =>
          this.fail('unreachable'),
        );
      }
    };
    peer.onconnectionstatechange = check;
    peer.oniceconnectionstatechange = check;
  }

  /** Reports the channel when it opens, and ends the connection when the channel closes. */
  #attachChannel(channel: StandardChannel): void {
    this.#channel = channel;
    const opened = (): void => {
      if (this.#state.is !== 'opening') return;
      this.#state.cancelTimeout();
      this.#state = { is: 'open' };
      if (this.#peer !== undefined) this.#peer.onicecandidate = null;
      this.#events.opened(channel);
    };
    channel.addEventListener('close', () => {
      this.#channelIsClosed = true;
      if (this.isOpening) this.fail('unreachable');
      else this.end('unreachable');
    });
    if (channel.readyState === 'open') opened();
    else channel.addEventListener('open', opened);
  }

  #close(wasOpen: boolean): void {
    const peer = this.#peer;
    const channel = this.#channel;
    attempt(() => {
      if (!this.#channelIsClosed) channel?.close();
    });
    if (peer === undefined) return;
    peer.onicecandidate = null;
    peer.onconnectionstatechange = null;
    peer.oniceconnectionstatechange = null;
    peer.ondatachannel = null;
    attempt(() => peer.close());
    // Closing a connection closes its channels, but not all browsers dispatch the `close` events (W3C
    // WebRTC, the connection's close algorithm) that games listen to.
    if (!wasOpen || channel === undefined || this.#channelIsClosed) return;
    this.#clock.after(CLOSE_TIMEOUT, () => {
      if (!this.#channelIsClosed) attempt(() => channel.dispatchEvent(new Event('close')));
    });
  }
}

import type { Admission } from '../../limits/admission.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import {
  candidatesAnswer,
  echoed,
  failed,
  type SignalingAnswer,
  STORED,
  textAnswer,
} from '../../protocol/signaling/answer.js';
import { SignalingError } from '../../protocol/signaling/errors.js';
import { readCall, readRequest } from '../../protocol/signaling/read-request.js';
import type { Method, SignalingRequest } from '../../protocol/signaling/request.js';
import type { Channel } from './channel.js';
import { type ChannelObserver, Channels } from './channels.js';
import { RequestCounts } from './request-counts.js';

export interface SignalingParts {
  readonly admission: Admission;
  /** Whether the relay is shutting down. */
  readonly rooms: { readonly draining: boolean };
  readonly mayCreate: (token: string | undefined) => boolean;
  readonly observer: ChannelObserver;
}

/** The client that has sent a request. */
export interface Requester {
  readonly address: string;
  /** The create token. */
  readonly token: string | undefined;
}

/** The result of a request. `refused` is a refusal by the relay, which the protocol does not define. */
export type SignalingResult =
  | { readonly is: 'answered'; readonly answer: SignalingAnswer }
  | { readonly is: 'refused'; readonly reason: CloseReason };

/** The interval at which expired channels are deleted, in milliseconds. */
const EXPIRY_INTERVAL = 10_000;

/** Answers the requests of signaling-server. Times are in milliseconds. */
export class Signaling {
  readonly counts = new RequestCounts();
  readonly channels: Channels;
  readonly #parts: SignalingParts;

  constructor(parts: SignalingParts) {
    this.#parts = parts;
    const { channels: places, channelBytes: budget } = parts.admission;
    this.channels = new Channels({ places, budget, observer: parts.observer });
  }

  /**
   * Deletes expired channels regularly, even if there are no requests.
   *
   * @returns a function that stops it
   */
  start(): () => void {
    const expire = (): void => this.channels.expire(performance.now());
    const timer = setInterval(expire, EXPIRY_INTERVAL).unref();
    return () => clearInterval(timer);
  }

  /** Answers the request with this body. */
  answer(body: Uint8Array, requester: Requester, now: number): SignalingResult {
    let method: Method | 'other' = 'other';
    try {
      const call = readCall(body);
      method = call.method;
      const result = this.#perform(readRequest(call), requester, now);
      this.counts.add(method, result.is === 'answered' ? 'ok' : 'refused');
      return result;
    } catch (error) {
      if (!(error instanceof SignalingError)) throw error;
      this.counts.add(method, 'error');
      return answered(failed(error));
    }
  }

  /** @throws {SignalingError} if the request fails */
  #perform(request: SignalingRequest, requester: Requester, now: number): SignalingResult {
    switch (request.method) {
      case 'create_data_channel':
        return this.#create(requester, now);
      case 'echo':
        return answered(echoed(request.json));
      default: {
        const channel = this.channels.find(request.channelId, now);
        if (channel === undefined) throw new SignalingError('channelNotFound');
        return answered(useChannel(channel, request));
      }
    }
  }

  #create(requester: Requester, now: number): SignalingResult {
    const { address } = requester;
    const reason = this.#refusal(requester, now);
    if (reason !== undefined) return { is: 'refused', reason };
    const channel = this.channels.create(address, now);
    if (channel === undefined) return { is: 'refused', reason: CLOSE_REASONS.relayFull };
    return answered(textAnswer('channel_id', channel.id));
  }

  /** The reason why the client may not create a channel. The limits for opening rooms apply. */
  #refusal({ address, token }: Requester, now: number): CloseReason | undefined {
    const { admission, rooms, mayCreate } = this.#parts;
    if (rooms.draining) return CLOSE_REASONS.restarting;
    const reason = admission.openRoom(address, now);
    if (reason !== undefined) return reason;
    return mayCreate(token) ? undefined : CLOSE_REASONS.badToken;
  }
}

/** A request for one channel. */
type ChannelRequest = Exclude<SignalingRequest, { method: 'create_data_channel' | 'echo' }>;

/** @throws {SignalingError} if the requested value is missing, or cannot be stored */
function useChannel(channel: Channel, request: ChannelRequest): SignalingAnswer {
  switch (request.method) {
    case 'create_offer':
      if (!channel.putOffer(request.text)) throw new SignalingError('offerFailed');
      return STORED;
    case 'get_offer':
      if (channel.offer === undefined) throw new SignalingError('offerNotFound');
      return textAnswer('offer', channel.offer);
    case 'create_answer':
      if (channel.answer !== undefined) throw new SignalingError('answerExists');
      if (!channel.putAnswer(request.text)) throw new SignalingError('answerFailed');
      return STORED;
    case 'get_answer':
      if (channel.answer === undefined) throw new SignalingError('answerNotFound');
      return textAnswer('answer', channel.answer);
    case 'create_candidate':
      if (!channel.addCandidate(request.json)) throw new SignalingError('candidateFailed');
      return STORED;
    case 'get_candidates':
      return candidatesAnswer(channel.candidates);
    default:
      return request satisfies never;
  }
}

function answered(answer: SignalingAnswer): SignalingResult {
  return { is: 'answered', answer };
}

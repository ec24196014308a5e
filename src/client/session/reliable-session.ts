import {
  type Greeting,
  type Message,
  readFrame,
  writeAck,
  writeGreeting,
  writeMessage,
  writePing,
} from './envelope.js';
import { Inbound } from './inbound.js';
import { PeerLimiter } from './peer-limiter.js';
import { ANSWERS_TIME, RoundTrip } from './round-trip.js';
import { cost, type SendQueue } from './send-queue.js';
import type { SessionEffects } from './session-effects.js';

/** The value of `next` that requests the size limit of messages, in a question that answers nothing. */
const ASKS_FOR_LIMIT = 1;

/**
 * One end of a session in which every message arrives once and in order, even if connections fail.
 *
 * A connection delivers messages in order until it fails; then everything in flight is lost. A message
 * therefore does not carry its number: both ends count. They only have to agree on the count again
 * after a connection between them was replaced. The receiver asks where to continue, and accepts only
 * greetings until it has the answer to its latest question. The sender answers, and retransmits from
 * there. A question has one answer, and nothing is accepted before it, so nothing is accepted twice.
 * docs/protocol.md describes it in full.
 */
export class ReliableSession {
  /** This end's mark; not 0. */
  readonly self: number;
  readonly #queue: SendQueue;
  readonly #effects: SessionEffects;
  readonly #inbound = new Inbound();
  /** The other end's mark; 0 before it has greeted. */
  #peer: number;
  #lastQuestion = 0;
  /** The question that has no answer yet; 0 if there is none. Until the answer, no message is accepted. */
  #openQuestion = 0;
  /** Whether the question was sent on a connection that still exists. */
  #isQuestionSent = false;
  /** Whether the other end's latest question is answered: before that, it drops messages. */
  #answered = false;
  /** The number of the next message to retransmit; `undefined` if there is none. */
  #nextToRetransmit: number | undefined;
  /** Messages up to this number were for an earlier page of the other end. */
  #origin = 0;
  /** Lost messages up to this number were reported. */
  #reportedLostUpTo = 0;
  readonly #limiter: PeerLimiter;
  readonly roundTrip: RoundTrip;
  /** Whether this page has sent its notice to the other end. */
  #noticed = false;
  /** Whether the other end has sent too many greetings, and is ignored until the pause ends. */
  #ignoresPeer = false;
  /** Sends the answer to the latest question, if it is delayed. */
  #delayedAnswer: (() => void) | undefined;

  /**
   * @param self a random number from 1 to 2^32 - 1
   * @param peer the other end's mark, if it is known from an earlier page
   */
  constructor(self: number, queue: SendQueue, effects: SessionEffects, peer = 0) {
    this.self = self;
    this.#queue = queue;
    this.#effects = effects;
    this.#peer = peer;
    this.#limiter = new PeerLimiter(effects);
    this.roundTrip = new RoundTrip(effects, this.#limiter);
    this.connectionLost();
  }

  get queue(): SendQueue {
    return this.#queue;
  }

  /** The other end's mark; 0 before it has greeted. */
  get peer(): number {
    return this.#peer;
  }

  /** Whether messages are sent at once. If not, they stay in the queue until the ends have agreed. */
  get live(): boolean {
    return this.#answered && this.#nextToRetransmit === undefined;
  }

  /** Whether both ends have agreed where to continue, so the other end is connected. */
  get agreed(): boolean {
    return this.#answered && this.#openQuestion === 0;
  }

  /** A connection between the ends is lost, with everything in flight on it. */
  connectionLost(): void {
    this.#answered = false;
    this.#nextToRetransmit = undefined;
    this.#openQuestion = ++this.#lastQuestion;
    this.#isQuestionSent = false;
    // The other end will ask again.
    this.#delayedAnswer = undefined;
    this.roundTrip.connectionLost();
  }

  /** Asks the other end where to continue, unless it was asked on this connection. */
  greet(): void {
    if (this.#openQuestion === 0 || this.#isQuestionSent) return;
    this.#isQuestionSent = true;
    this.#sendGreeting({ next: this.#effects.notice === undefined ? 0 : ASKS_FOR_LIMIT });
  }

  /** Asks again, because the last question may have been lost with a connection of the other end. */
  greetAgain(): void {
    this.connectionLost();
    this.greet();
  }

  /** Sends a message, which is in the queue already, if the session is live. */
  transmit(message: Message): void {
    if (!this.live) return;
    this.#effects.send(writeMessage(message, this.#inbound.takeAck()));
  }

  /** Acknowledges what was received, unless a message has carried the acknowledgement meanwhile. */
  acknowledge(): void {
    if (!this.#answered) return;
    const ack = this.#inbound.takeAck();
    if (ack !== undefined) this.#effects.send(writeAck(ack));
  }

  /** The pause has ended: questions are answered again, and retransmission continues. */
  pauseEnded(): void {
    this.#limiter.pauseEnded();
    if (this.#ignoresPeer) {
      this.#ignoresPeer = false;
      return this.greetAgain();
    }
    if (!this.#limiter.mayRetransmit) return;
    this.#delayedAnswer?.();
    this.#continueRetransmission();
  }

  /** Requests an acknowledgement from the other end, to see that it is connected. */
  ping(): void {
    if (this.#answered) this.#effects.send(writePing());
  }

  /** Handles a frame from the other end. */
  receive(data: string | Uint8Array): void {
    if (this.#ignoresPeer) return;
    const frame = typeof data === 'string' ? undefined : readFrame(data);
    // The other end sends without envelopes, for example after a reload without storage: start again.
    if (frame === undefined) return this.#openQuestion === 0 ? this.greetAgain() : undefined;
    switch (frame.is) {
      case 'greeting':
        return this.#receiveGreeting(frame.greeting);
      case 'message':
        if (frame.ack !== undefined) this.#receiveAck(frame.ack);
        return this.#receiveMessage(frame.message);
      case 'ack':
        return this.#receiveAck(frame.ack);
      case 'ping':
        if (!this.#answered || !this.#limiter.mayAnswer()) return;
        return this.#effects.send(writeAck(this.#inbound.acknowledged()));
      case 'time':
        return this.#answered ? this.roundTrip.receive(frame) : undefined;
      default:
        frame satisfies never;
    }
  }

  #receiveMessage(message: Message): void {
    if (this.#openQuestion !== 0 || !this.#inbound.take(message.body.length)) return;
    if (this.#inbound.isDue) this.acknowledge();
    else if (this.#inbound.unacked === 1) this.#effects.acknowledgeLater();
    this.#effects.deliver(message);
  }

  #receiveAck(number: number): void {
    // Before the answer, the number may count messages of an earlier page of this end.
    if (!this.agreed) return;
    this.#dropAcknowledged(number);
    this.#continueRetransmission();
  }

  /** The other end has received the messages up to this number. */
  #dropAcknowledged(number: number): void {
    const { bytes } = this.#queue;
    this.#queue.ack(number);
    this.#limiter.acked(bytes - this.#queue.bytes);
    this.#effects.acked?.(this.#queue.acked);
  }

  #receiveGreeting(greeting: Greeting): void {
    if (greeting.question === 0 && greeting.answer === 0) return this.#effects.notice?.(greeting);
    const isNew = greeting.from !== this.#peer;
    const isRestart = isNew && this.#peer !== 0;
    if (!this.#limiter.mayAnswer(isRestart)) return this.#ignorePeer();
    if (isNew) {
      this.#peer = greeting.from;
      this.#origin = this.#queue.acked;
      this.#inbound.restart();
      if (isRestart) this.#effects.restarted();
    }
    const isForThisPage = greeting.to === this.self;
    if (isForThisPage && greeting.answer !== 0 && greeting.answer === this.#openQuestion) {
      this.#openQuestion = 0;
      const lost = this.#inbound.resumeAt(greeting.origin, greeting.next);
      if (lost > 0) this.#effects.gap(lost);
    }
    if (greeting.question !== 0) {
      // A question without an answer is from a new connection: messages in flight may be lost as well.
      if (greeting.answer === 0) this.connectionLost();
      this.#answer(greeting, !isNew && isForThisPage);
    }
    this.#effects.greeted(greeting);
  }

  /** Drops everything during a pause, as if a connection had lost it. Then both ends agree again. */
  #ignorePeer(): void {
    this.connectionLost();
    this.#ignoresPeer = true;
    this.#limiter.pause();
  }

  /** @param isSamePage whether the question is from the page that has received messages so far */
  #answer({ question, received, answer, next }: Greeting, isSamePage: boolean): void {
    if (isSamePage) this.#dropAcknowledged(received);
    const { acked, last } = this.#queue;
    // A known page may have received nothing yet, if the answer to its first question was lost.
    const origin = isSamePage ? Math.max(this.#origin, Math.min(received, last)) : acked;
    // The other end would count messages that are sent before the answer from a wrong number.
    this.#answered = false;
    this.#nextToRetransmit = undefined;
    const asksForLimit = answer === 0 && next === ASKS_FOR_LIMIT;
    this.#delayedAnswer = () => {
      // Sent before the answer, so that the other end knows the limit when its session is live.
      // A page that has just been loaded sends it unasked: the earlier one may have known less.
      const limit = (asksForLimit || !this.#noticed) && this.#effects.maxBytes?.();
      if (limit) this.#sendGreeting({ next: limit, origin: ANSWERS_TIME }, false);
      this.#noticed = true;
      this.#answerNow(question, origin);
    };
    if (this.#limiter.mayRetransmit) this.#delayedAnswer();
    else this.#limiter.pause();
  }

  #answerNow(question: number, origin: number): void {
    this.#delayedAnswer = undefined;
    this.#answered = true;
    const { next } = this.#queue;
    this.#reportLost(origin, next);
    const asks = this.#openQuestion !== 0 && !this.#isQuestionSent;
    if (asks) this.#isQuestionSent = true;
    this.#sendGreeting({ answer: question, origin, next }, asks);
    this.#nextToRetransmit = next;
    this.#continueRetransmission();
  }

  /** Reports the messages that were dropped before the other end has received them. */
  #reportLost(origin: number, next: number): void {
    const lost = next - 1 - Math.max(origin, this.#reportedLostUpTo);
    this.#reportedLostUpTo = Math.max(this.#reportedLostUpTo, next - 1);
    if (lost > 0) this.#effects.lost?.(lost);
  }

  /** Retransmits as much as the limit allows now. */
  #continueRetransmission(): void {
    if (this.#nextToRetransmit === undefined) return;
    // The next message was dropped. By asking, this end makes the other ask back and learn of the gap.
    if (this.#queue.next > this.#nextToRetransmit) return this.greetAgain();
    for (const message of this.#queue.messages(this.#nextToRetransmit)) {
      if (!this.#limiter.mayRetransmit) return this.#limiter.pause();
      this.#limiter.retransmitted(cost(message));
      this.#nextToRetransmit++;
      this.#effects.send(writeMessage(message));
    }
    this.#nextToRetransmit = undefined;
  }

  #sendGreeting(fields: { answer?: number; origin?: number; next?: number }, asks = true): void {
    const greeting = {
      from: this.self,
      to: this.#peer,
      question: asks ? this.#openQuestion : 0,
      received: asks ? this.#inbound.received : 0,
      answer: 0,
      origin: 0,
      next: 0,
      player: this.#effects.player ?? 0,
      ...fields,
    };
    this.#effects.send(writeGreeting(greeting));
  }
}

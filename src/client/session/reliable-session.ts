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
import { Pace } from './pace.js';
import { cost, type SendQueue } from './send-queue.js';
import type { SessionEffects } from './session-effects.js';

/** In place of `next`, in a question that answers nothing: asks for the largest message. */
const ASKS_FOR_LIMIT = 1;

/**
 * One end of a session in which every message arrives once and in order, although connections fail.
 *
 * A connection delivers in order until it fails, and then everything in flight on it is lost. So a
 * message does not carry its number: both ends count. They only have to agree on the count again
 * after a connection between them was replaced: the receiver asks where to continue, and accepts only
 * greetings until it has the answer to its latest question; the sender answers, and retransmits from
 * there. A question has one answer, and nothing is accepted in between, so nothing is accepted twice.
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
  /** The question that has no answer yet: until then, no message is accepted. 0 if there is none. */
  #openQuestion = 0;
  /** Whether the question was sent on a connection that still exists. */
  #isQuestionSent = false;
  /** Whether the other end's latest question is answered, so that it can count what is sent. */
  #answered = false;
  /** The number of the next message to retransmit; `undefined` if there is none. */
  #cursor: number | undefined;
  /** Messages up to this number were for an earlier page of the other end. */
  #origin = 0;
  /** Lost messages are reported up to this number. */
  #lostUpTo = 0;
  readonly #pace: Pace;
  /** Whether the other end has greeted too often, and is ignored until the pause ends. */
  #ignoresPeer = false;
  /** Answers the latest question, if its answer was delayed. */
  #answerLater: (() => void) | undefined;

  /**
   * @param self a random number from 1 to 2^32 - 1
   * @param peer the other end's mark, if it is known from an earlier page
   */
  constructor(self: number, queue: SendQueue, effects: SessionEffects, peer = 0) {
    this.self = self;
    this.#queue = queue;
    this.#effects = effects;
    this.#peer = peer;
    this.#pace = new Pace(effects);
    this.connectionLost();
  }

  get queue(): SendQueue {
    return this.#queue;
  }

  /** The other end's mark; 0 before it has greeted. */
  get peer(): number {
    return this.#peer;
  }

  /** Whether messages are sent at once; if not, they stay in the queue until the greeting. */
  get live(): boolean {
    return this.#answered && this.#cursor === undefined;
  }

  /** Whether both ends have agreed where to continue: the other end is connected. */
  get agreed(): boolean {
    return this.#answered && this.#openQuestion === 0;
  }

  /** A connection between the ends is lost, with everything in flight on it. */
  connectionLost(): void {
    this.#answered = false;
    this.#cursor = undefined;
    this.#openQuestion = ++this.#lastQuestion;
    this.#isQuestionSent = false;
    // The other end will ask again.
    this.#answerLater = undefined;
  }

  /** There is a connection again: asks the other end where to continue, unless it was asked already. */
  greet(): void {
    if (this.#openQuestion === 0 || this.#isQuestionSent) return;
    this.#isQuestionSent = true;
    this.#greet({ next: this.#effects.limited === undefined ? 0 : ASKS_FOR_LIMIT });
  }

  /** Asks again: the last question may have been lost with a connection of the other end. */
  greetAgain(): void {
    this.connectionLost();
    this.greet();
  }

  /** Sends a message that is in the queue already, if the session is live. */
  transmit(message: Message): void {
    if (!this.live) return;
    this.#effects.send(writeMessage(message, this.#inbound.takeDue()));
  }

  /** Acknowledges what was received, unless a message has done so meanwhile. */
  acknowledge(): void {
    if (!this.#answered) return;
    const due = this.#inbound.takeDue();
    if (due !== undefined) this.#effects.send(writeAck(due));
  }

  /** The pause has ended: questions are answered again, and retransmission continues. */
  pauseEnded(): void {
    this.#pace.pauseEnded();
    if (this.#ignoresPeer) {
      this.#ignoresPeer = false;
      return this.greetAgain();
    }
    if (!this.#pace.mayRetransmit) return;
    this.#answerLater?.();
    this.#continueRetransmission();
  }

  /** Asks the other end for a sign of life. */
  ping(): void {
    if (this.#answered) this.#effects.send(writePing());
  }

  /** Takes a frame from the other end. */
  receive(data: string | Uint8Array): void {
    if (this.#ignoresPeer) return;
    const frame = typeof data === 'string' ? undefined : readFrame(data);
    // Text, or a frame without an envelope, as after a reload without storage: start again.
    if (frame === undefined) return this.#openQuestion === 0 ? this.greetAgain() : undefined;
    switch (frame.is) {
      case 'greeting':
        return this.#greeted(frame.greeting);
      case 'message':
        if (frame.ack !== undefined) this.#acknowledged(frame.ack);
        return this.#receiveMessage(frame.message);
      case 'ack':
        return this.#acknowledged(frame.ack);
      case 'ping':
        if (!this.#answered || !this.#pace.mayAnswer()) return;
        return this.#effects.send(writeAck(this.#inbound.acknowledged()));
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

  #acknowledged(number: number): void {
    // Before the question is answered, the count may be of what an earlier page of this end has sent.
    if (!this.agreed) return;
    this.#arrived(number);
    this.#continueRetransmission();
  }

  /** The other end has received the messages up to this number. */
  #arrived(number: number): void {
    const { bytes } = this.#queue;
    this.#queue.ack(number);
    this.#pace.arrived(bytes - this.#queue.bytes);
  }

  #greeted(greeting: Greeting): void {
    // A greeting that neither asks nor answers announces a limit.
    if (greeting.ask === 0 && greeting.answer === 0) return this.#effects.limited?.(greeting.next);
    const isNew = greeting.from !== this.#peer;
    const isRestart = isNew && this.#peer !== 0;
    if (!this.#pace.mayAnswer(isRestart)) return this.#ignorePeer();
    if (isNew) {
      this.#peer = greeting.from;
      this.#origin = this.#queue.acked;
      this.#inbound.restart();
      if (isRestart) this.#effects.restarted();
    }
    const knowsMe = greeting.to === this.self;
    if (knowsMe && greeting.answer !== 0 && greeting.answer === this.#openQuestion) {
      this.#openQuestion = 0;
      const lost = this.#inbound.resumeAt(greeting.origin, greeting.next);
      if (lost > 0) this.#effects.gap(lost);
    }
    if (greeting.ask !== 0) {
      // A question without an answer comes on a new connection: what is in flight may be lost, too.
      if (greeting.answer === 0) this.connectionLost();
      this.#answer(greeting, !isNew && knowsMe);
    }
    this.#effects.greeted(greeting);
  }

  /** What comes during the pause counts as lost with a connection; then both ends agree again. */
  #ignorePeer(): void {
    this.connectionLost();
    this.#ignoresPeer = true;
    this.#pace.pause();
  }

  /** @param remembers whether the asking page is the one that has acknowledged messages so far */
  #answer({ ask, had, answer, next }: Greeting, remembers: boolean): void {
    if (remembers) this.#arrived(had);
    const { acked, last } = this.#queue;
    // A page that has received nothing may still be known: its last question had no answer.
    const origin = remembers ? Math.max(this.#origin, Math.min(had, last)) : acked;
    // Messages that are sent before the answer would be miscounted.
    this.#answered = false;
    this.#cursor = undefined;
    const asksForLimit = answer === 0 && next === ASKS_FOR_LIMIT;
    this.#answerLater = () => {
      // Before the answer, so that the limit is known when the session is live.
      const limit = asksForLimit && this.#effects.mostBytes?.();
      if (limit) this.#greet({ next: limit }, false);
      this.#answerNow(ask, origin);
    };
    if (this.#pace.mayRetransmit) this.#answerLater();
    else this.#pace.pause();
  }

  #answerNow(ask: number, origin: number): void {
    this.#answerLater = undefined;
    this.#answered = true;
    const { next } = this.#queue;
    this.#tellLost(origin, next);
    const asks = this.#openQuestion !== 0 && !this.#isQuestionSent;
    if (asks) this.#isQuestionSent = true;
    this.#greet({ answer: ask, origin, next }, asks);
    this.#cursor = next;
    this.#continueRetransmission();
  }

  /** Reports the messages between what the other end has received and the first that is kept. */
  #tellLost(origin: number, next: number): void {
    const lost = next - 1 - Math.max(origin, this.#lostUpTo);
    this.#lostUpTo = Math.max(this.#lostUpTo, next - 1);
    if (lost > 0) this.#effects.lost?.(lost);
  }

  /** Retransmits as much as the budget allows now. */
  #continueRetransmission(): void {
    if (this.#cursor === undefined) return;
    // The next message is not kept any more: the other end has to ask again to learn of it.
    if (this.#queue.next > this.#cursor) return this.greetAgain();
    for (const message of this.#queue.kept(this.#cursor)) {
      if (!this.#pace.mayRetransmit) return this.#pace.pause();
      this.#pace.retransmitted(cost(message));
      this.#cursor++;
      this.#effects.send(writeMessage(message));
    }
    this.#cursor = undefined;
  }

  #greet(fields: { answer?: number; origin?: number; next?: number }, asks = true): void {
    const greeting = {
      from: this.self,
      to: this.#peer,
      ask: asks ? this.#openQuestion : 0,
      had: asks ? this.#inbound.had : 0,
      answer: 0,
      origin: 0,
      next: 0,
      player: this.#effects.player ?? 0,
      ...fields,
    };
    this.#effects.send(writeGreeting(greeting));
  }
}

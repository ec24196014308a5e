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
import { cost, type SendQueue } from './send-log.js';

/**
 * When so much was sent again, in bytes, the next question waits for a while: whoever asks without
 * end is not to be sent everything without end.
 */
const MOST_AGAIN = 65_536;

/** What an end does in the world around it. */
export interface EndEffects {
  /** Hands a frame to the line; it may be lost with it. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Gives the game a message: once each, in order. */
  deliver(message: Message): void;
  /** So many messages will never come. */
  gap(count: number): void;
  /** The other end is a new page, which has had nothing. */
  restarted(): void;
  /** The other end is there, or there again. */
  greeted(greeting: Greeting): void;
  /** Wants `acknowledge` to be called after a while. */
  acknowledgeLater(): void;
  /** Much was sent again: wants `rested` to be called after a while. */
  rest(): void;
}

/**
 * One end of a conversation in which every message arrives once and in order, over lines that break.
 *
 * A line delivers in order until it breaks, and what was on it then is lost: so a message's number
 * need not travel with it. It is its place in the stream, counted on both ends. Only when one of
 * the lines between the ends was new do they have to agree on the count again: the receiver asks
 * where to go on, and takes nothing but greetings until it has the answer to its latest question;
 * the sender answers, and sends again from there. As there is one answer to a question, and nothing
 * is taken in between, nothing is taken twice.
 */
export class End {
  /** This end's mark; not 0. */
  readonly self: number;
  readonly #queue: SendQueue;
  readonly #effects: EndEffects;
  readonly #inbound = new Inbound();
  /** The other end's mark; 0 before it has greeted. */
  #peer: number;
  #lastAsk = 0;
  /** The question that waits for its answer: until then nothing is taken. 0 if there is none. */
  #asking = 0;
  /** Whether the question was sent on a line that is still there. */
  #asked = false;
  #live = false;
  /** Messages up to this number were for an earlier page of the other end. */
  #origin = 0;
  /** So much was sent again since it has rested. */
  #again = 0;
  /** Answers the latest question, if that waits. */
  #answerLater: (() => void) | undefined;

  /**
   * @param self a random number from 1 to 2^32 - 1
   * @param peer the other end's mark, if it is known from an earlier page
   */
  constructor(self: number, queue: SendQueue, effects: EndEffects, peer = 0) {
    this.self = self;
    this.#queue = queue;
    this.#effects = effects;
    this.#peer = peer;
    this.lineLost();
  }

  get queue(): SendQueue {
    return this.#queue;
  }

  /** The other end's mark; 0 before it has greeted. */
  get peer(): number {
    return this.#peer;
  }

  /** Whether what is sent now goes out at once; if not, it waits in the queue for the greeting. */
  get live(): boolean {
    return this.#live;
  }

  /** A line between the ends is gone, and what was on it. */
  lineLost(): void {
    this.#live = false;
    this.#asking = ++this.#lastAsk;
    this.#asked = false;
    // The other end asks anew, too.
    this.#answerLater = undefined;
  }

  /** There is a line again: asks the other end where to go on, unless it was asked already. */
  greet(player = 0): void {
    if (this.#asking === 0 || this.#asked) return;
    this.#asked = true;
    this.#effects.send(writeGreeting(this.#greeting({ player })));
  }

  /** Asks anew: the question before may have been lost with a line of the other end's. */
  greetAgain(player = 0): void {
    this.lineLost();
    this.greet(player);
  }

  /** Sends a message that is in the queue already, if there is a line for it. */
  transmit(message: Message): void {
    if (!this.#live) return;
    this.#effects.send(writeMessage(message, this.#inbound.takeDue()));
  }

  /** Acknowledges what has come, unless something else has done so by now. */
  acknowledge(): void {
    if (!this.#live) return;
    const due = this.#inbound.takeDue();
    if (due !== undefined) this.#effects.send(writeAck(due));
  }

  /** Has rested: what is asked is answered again. */
  rested(): void {
    this.#again = 0;
    this.#answerLater?.();
  }

  /** Has the other end show that it is there. */
  ping(): void {
    if (this.#live) this.#effects.send(writePing());
  }

  /**
   * Takes a frame from the other end. Text is in no envelope.
   *
   * @param player the id that greetings tell, if this is the host's end
   */
  receive(data: string | Uint8Array, player = 0): void {
    const frame = typeof data === 'string' ? undefined : readFrame(data);
    if (frame === undefined) return this.#misunderstood(player);
    switch (frame.is) {
      case 'greeting':
        return this.#greeted(frame.greeting, player);
      case 'message':
        if (frame.ack !== undefined) this.#acked(frame.ack);
        return this.#take(frame.message);
      case 'ack':
        return this.#acked(frame.ack);
      case 'ping':
        if (this.#live) this.#effects.send(writeAck(this.#inbound.acknowledged()));
        return;
      default:
        frame satisfies never;
    }
  }

  #take(message: Message): void {
    if (this.#asking !== 0) return;
    const verdict = this.#inbound.take(message.body.length);
    if (verdict === 'duplicate') return;
    if (verdict === 'acknowledge now') this.acknowledge();
    else if (verdict === 'acknowledge later') this.#effects.acknowledgeLater();
    this.#effects.deliver(message);
  }

  #acked(number: number): void {
    // Before the question is answered, it may count what an earlier page of this end has sent.
    if (this.#live && this.#asking === 0) this.#queue.ack(number);
  }

  #greeted(greeting: Greeting, player: number): void {
    const isNew = greeting.from !== this.#peer;
    const knewSomebody = this.#peer !== 0;
    if (isNew) {
      this.#peer = greeting.from;
      this.#origin = this.#queue.acked;
      this.#inbound.restart();
      if (knewSomebody) this.#effects.restarted();
    }
    const knowsMe = greeting.to === this.self;
    if (knowsMe && greeting.answer !== 0 && greeting.answer === this.#asking) {
      this.#asking = 0;
      const lost = this.#inbound.goOn(greeting.origin, greeting.next);
      if (lost > 0) this.#effects.gap(lost);
    }
    if (greeting.ask !== 0) {
      // A question without an answer comes over a new line: what is under way here may be lost, too.
      if (greeting.answer === 0) this.lineLost();
      this.#answer(greeting, !isNew && knowsMe, player);
    }
    this.#effects.greeted(greeting);
  }

  /** @param remembers whether the asker is the one that has acknowledged what it has had so far */
  #answer({ ask, had }: Greeting, remembers: boolean, player: number): void {
    const queue = this.#queue;
    if (remembers) queue.ack(had);
    // A page that has had nothing yet may still be known: its question before had no answer.
    const origin = remembers ? Math.max(this.#origin, Math.min(had, queue.last)) : queue.acked;
    // What is sent before the answer would be misread.
    this.#live = false;
    this.#answerLater = () => this.#sendAgain(ask, origin, player);
    if (this.#again < MOST_AGAIN) this.#answerLater();
  }

  #sendAgain(ask: number, origin: number, player: number): void {
    this.#answerLater = undefined;
    this.#live = true;
    const answer = { answer: ask, origin, next: this.#queue.next, player };
    const asks = this.#asking !== 0 && !this.#asked;
    if (asks) this.#asked = true;
    this.#effects.send(writeGreeting(this.#greeting(answer, asks)));
    for (const message of this.#queue.kept()) {
      this.#again += cost(message);
      this.#effects.send(writeMessage(message));
    }
    if (this.#again >= MOST_AGAIN) this.#effects.rest();
  }

  /** The other end speaks no envelope, as after a reload without its memory: starts anew. */
  #misunderstood(player: number): void {
    if (this.#asking === 0) this.greetAgain(player);
  }

  #greeting(fields: Partial<Greeting>, asks = true): Greeting {
    return {
      from: this.self,
      to: this.#peer,
      ask: asks ? this.#asking : 0,
      had: asks ? this.#inbound.had : 0,
      answer: 0,
      origin: 0,
      next: 0,
      player: 0,
      ...fields,
    };
  }
}

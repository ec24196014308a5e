import type { Serializable } from 'node:child_process';
import type { Socket } from 'node:net';

/** A process at the other end: a child process, or `process` itself in a child. */
export interface Peer {
  readonly connected?: boolean;
  send?(
    message: Serializable,
    socket?: Socket,
    options?: { readonly keepOpen: boolean },
    sent?: (error: Error | null) => void,
  ): boolean;
}

/** The questions of one direction: by name, what is asked and what is answered. */
type Questions<Q> = { [Name in keyof Q]: { readonly ask: object; readonly answer: unknown } };

/** Answers each kind of question. */
export type Answers<Q extends Questions<Q>> = {
  readonly [Name in keyof Q]: (
    ask: Q[Name]['ask'],
  ) => Q[Name]['answer'] | Promise<Q[Name]['answer']>;
};

/** What is sent: facts of one turn together, or one question, or an answer. */
export type Envelope<Fact> =
  | { readonly facts: readonly Fact[] }
  | { readonly question: string; readonly id: number; readonly ask: object }
  | { readonly answer: unknown; readonly id: number };

/** How long an answer may take, in milliseconds. A process that takes longer is busy or has ended. */
export const TIMEOUT = 2000;

/** The peer does not answer. */
export class NoAnswer extends Error {}

interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * Sends facts, questions and sockets to another process of the relay. Everything arrives in order. The
 * facts of one turn of the event loop are one message, because each message costs some 20 µs.
 */
export class Channel<Fact extends object, Asks extends Questions<Asks>> {
  readonly #peer: Peer;
  readonly #asked = new Map<number, Asked>();
  #facts: Fact[] = [];
  #lastId = 0;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  tell(fact: Fact): void {
    if (this.#facts.push(fact) === 1) setImmediate(this.#flush);
  }

  /** Tells a fact before this process writes anything else. */
  tellNow(fact: Fact): void {
    this.#facts.push(fact);
    this.#flush();
  }

  /** Sends a message of its own, with a socket, after all facts. The socket stays open here, too. */
  hand(message: object, socket: Socket): void {
    this.#flush();
    this.#send(message, socket);
  }

  /**
   * @param within how long the answer may take, in milliseconds; 0 for any time
   * @throws {NoAnswer} if the peer does not answer in time
   */
  ask<Name extends keyof Asks & string>(
    question: Name,
    ask: Asks[Name]['ask'],
    within = TIMEOUT,
  ): Promise<Asks[Name]['answer']> {
    const id = ++this.#lastId;
    this.#flush();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => this.#settle(id)?.reject(new NoAnswer());
      const timer = within === 0 ? undefined : setTimeout(giveUp, within).unref();
      this.#asked.set(id, {
        resolve(answer) {
          clearTimeout(timer);
          resolve(answer as Asks[Name]['answer']);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#send({ question, id, ask });
    });
  }

  /** Answers a question of the peer. */
  async answer<Q extends Questions<Q>>(
    { question, id, ask }: { readonly question: string; readonly id: number; readonly ask: object },
    answers: Answers<Q>,
  ): Promise<void> {
    const answer = await answers[question as keyof Q](ask);
    this.#flush();
    this.#send({ answer, id });
  }

  /** The peer has answered a question. */
  answered({ answer, id }: { readonly answer: unknown; readonly id: number }): void {
    this.#settle(id)?.resolve(answer);
  }

  /** The peer has ended. */
  close(): void {
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(new NoAnswer());
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  readonly #flush = (): void => {
    if (this.#facts.length === 0) return;
    const facts = this.#facts;
    this.#facts = [];
    this.#send({ facts });
  };

  #send(message: object, socket?: Socket): void {
    // Node closes a socket that is not kept open only if the peer has confirmed it before it ended.
    const options = socket && { keepOpen: true };
    // Errors mean that the peer has ended, which is noticed in another way.
    if (this.#peer.connected) this.#peer.send?.(message, socket, options, ignore);
  }
}

function ignore(): void {}

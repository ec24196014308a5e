import type { Bus } from '../../cluster/bus/bus.js';
import type { RoomPlace } from '../../http/lists-of-all.js';
import type { RoomAnswers, RoomQuestions } from '../../http/room-questions.js';

/** How long another relay may take to answer, in milliseconds. */
const TIMEOUT = 1000;

/** The other relay does not answer. */
export class NodeSilentError extends Error {}

/** Questions about rooms that relays of a cluster ask each other. */
export class NodeRequests {
  readonly #bus: Bus;
  readonly #prefix: string;

  /** @param answers to questions about the rooms of this relay */
  constructor(bus: Bus, prefix: string, run: string, answers: RoomAnswers) {
    this.#bus = bus;
    this.#prefix = prefix;
    bus.subscribe(`${prefix}.${run}.ask`, (message) => {
      const answer = answerTo(message.bytes, answers);
      if (answer !== undefined) message.respond(answer);
    });
  }

  /** @throws {NodeSilentError} if it does not answer, or not as this version does */
  async ask<Name extends keyof RoomQuestions>(
    run: string,
    question: Name,
    ask: RoomQuestions[Name]['ask'],
  ): Promise<RoomQuestions[Name]['answer']> {
    const bytes = Buffer.from(JSON.stringify({ question, ask }));
    const answer = await this.#bus.request(`${this.#prefix}.${run}.ask`, bytes, TIMEOUT);
    if (answer.is !== 'answer') throw new NodeSilentError(`${run} does not answer`);
    const value = parse(answer.bytes);
    if (value === undefined) throw new NodeSilentError(`${run} answers with something else`);
    return value as RoomQuestions[Name]['answer'];
  }

  /** Another relay, as a place with rooms. */
  place(run: string): RoomPlace & { readonly run: string } {
    return { run, isResponding: true, ask: (question, ask) => this.ask(run, question, ask) };
  }
}

function answerTo(bytes: Uint8Array, answers: RoomAnswers): Uint8Array | undefined {
  const { question, ask } = Object(parse(bytes));
  if (!Object.hasOwn(answers, question) || typeof ask !== 'object' || ask === null)
    return undefined;
  const answer = answers[question as keyof RoomQuestions] as (ask: object) => unknown;
  return Buffer.from(JSON.stringify(answer(ask)));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

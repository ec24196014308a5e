import type { Bus } from '../../cluster/bus/bus.js';
import { MAX_BATCH } from '../../cluster/wire/wire.js';
import type { RoomPlace } from '../../http/lists-of-all.js';
import type { NodeAnswers, NodeQuestions } from './node-questions.js';
import { answerTo, readAnswer, writeQuestion } from './read-questions.js';

/** How long another relay may take to answer, in milliseconds. */
const TIMEOUT = 1000;

/** The largest answer in bytes, which the bus carries like the largest batch. */
const MAX_ANSWER = MAX_BATCH;

type ListedRooms = NodeQuestions['list']['answer'];

/** The other relay does not answer. */
export class NodeSilentError extends Error {}

/** Questions about rooms that relays of a cluster ask each other. */
export class NodeRequests {
  readonly #bus: Bus;
  readonly #prefix: string;

  /** @param answers to questions about the rooms of this relay */
  constructor(bus: Bus, prefix: string, run: string, answers: NodeAnswers) {
    this.#bus = bus;
    this.#prefix = prefix;
    const parts = { ...answers, list: firstPartOf(answers.list) };
    bus.subscribe(`${prefix}.${run}.ask`, (message) => {
      const answer = answerTo(parse(message.bytes), parts);
      if (answer !== undefined) message.respond(Buffer.from(JSON.stringify(answer)));
    });
  }

  /** @throws {NodeSilentError} if it does not answer, or not as this version does */
  async ask<Name extends keyof NodeQuestions>(
    run: string,
    question: Name,
    ask: NodeQuestions[Name]['ask'],
  ): Promise<NodeQuestions[Name]['answer']> {
    const bytes = Buffer.from(writeQuestion(question, ask));
    const answer = await this.#bus.request(`${this.#prefix}.${run}.ask`, bytes, TIMEOUT);
    if (answer.is !== 'answer') throw new NodeSilentError(`${run} does not answer`);
    const value = readAnswer(question, parse(answer.bytes));
    if (value === undefined) throw new NodeSilentError(`${run} answers with something else`);
    return value;
  }

  /** Another relay, as a place with rooms. */
  place(run: string): RoomPlace {
    return {
      isResponding: true,
      ask: (question, ask) =>
        question === 'list'
          ? (this.#list(run, ask as NodeQuestions['list']['ask']) as never)
          : (this.ask(run, question, ask) as never),
    };
  }

  /** The rooms of a list, which may come in several answers. */
  async #list(run: string, ask: NodeQuestions['list']['ask']): Promise<ListedRooms> {
    const rooms: ListedRooms[number][] = [];
    let { before } = ask;
    while (rooms.length < ask.most) {
      const most = ask.most - rooms.length;
      const part = await this.ask(run, 'list', { ...ask, most, before });
      const last = part.at(-1);
      if (last === undefined || (before !== null && last.number >= before)) break;
      rooms.push(...part.slice(0, most));
      before = last.number;
    }
    return rooms;
  }
}

/** Answers with as many rooms as one message can have: a hundred may take more than a megabyte. */
function firstPartOf(list: NodeAnswers['list']): NodeAnswers['list'] {
  return (ask) => {
    let bytes = 2;
    const rooms = list(ask);
    const end = rooms.findIndex((room) => {
      bytes += Buffer.byteLength(JSON.stringify(room)) + 1;
      return bytes > MAX_ANSWER;
    });
    return end < 0 ? rooms : rooms.slice(0, end);
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

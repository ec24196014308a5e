import type { ListedRoomJson } from '../../dialects/wmbp/room-list-json.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import type { Candidate, WorkerQuestions } from '../messages.js';
import type { WorkerProcess } from './worker-process.js';

/** The public lists with the rooms of all workers. */
export class ListsOfAll {
  readonly #workers: readonly WorkerProcess[];

  constructor(workers: readonly WorkerProcess[]) {
    this.#workers = workers;
  }

  /**
   * Rooms of a list that can be joined, the newest first.
   *
   * @param after only rooms behind the one with this code
   */
  async page(
    list: string,
    most: number,
    after: RoomCode | undefined,
  ): Promise<readonly ListedRoomJson[]> {
    let before: number | null = null;
    if (after !== undefined) {
      const numbers = await this.#askAll('listNumber', { list, code: after });
      before = numbers.find(({ answer }) => answer !== null)?.answer ?? null;
      if (before === null) return [];
    }
    const pages = await this.#askAll('list', { list, most, before });
    const rooms = pages.flatMap(({ answer }) => answer);
    rooms.sort((one, other) => other.number - one.number);
    return rooms.slice(0, most).map(({ json }) => json);
  }

  /** The worker with the room of a list that a player joins; `undefined` if there is none. */
  async forPlayer(
    list: string,
    seat: SeatKey | undefined,
    address: string,
  ): Promise<WorkerProcess | undefined> {
    const found = await this.#askAll('quickJoin', { list, seat, address });
    let best: { readonly worker: WorkerProcess; readonly answer: Candidate } | undefined;
    for (const { worker, answer } of found) {
      if (answer === null) continue;
      if (best === undefined || isBetter(answer, best.answer)) best = { worker, answer };
    }
    return best?.worker;
  }

  /** The answers of all workers that can answer. */
  async #askAll<Name extends keyof WorkerQuestions>(
    question: Name,
    ask: WorkerQuestions[Name]['ask'],
  ): Promise<
    { readonly worker: WorkerProcess; readonly answer: WorkerQuestions[Name]['answer'] }[]
  > {
    const workers = this.#workers.filter(({ isResponding }) => isResponding);
    const settled = await Promise.allSettled(
      workers.map(async (worker) => ({ worker, answer: await worker.ask(question, ask) })),
    );
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }
}

/** A room with a seat of the player, else the fullest; of several, the oldest. */
function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.hasSeat !== other.hasSeat) return one.hasSeat;
  return one.share === other.share ? one.number < other.number : one.share > other.share;
}

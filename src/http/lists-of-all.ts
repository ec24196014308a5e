import type { ListedRoomJson } from '../dialects/wmbp/room-list-json.js';
import type { RoomCode } from '../rooms/ids.js';
import type { SeatKey } from '../rooms/seat-key.js';
import type { Candidate, RoomQuestions } from './room-questions.js';

/** A process, or another relay, with rooms. */
export interface RoomPlace {
  /** Whether it can answer now. */
  readonly isResponding: boolean;
  /** Rejects if it does not answer. */
  ask<Name extends keyof RoomQuestions>(
    question: Name,
    ask: RoomQuestions[Name]['ask'],
  ): Promise<RoomQuestions[Name]['answer']>;
}

/** The best room for a player, and where it is. */
export interface Found<Place> {
  readonly place: Place;
  readonly answer: Candidate;
}

/** The public lists with the rooms of all places. */
export class ListsOfAll<Place extends RoomPlace> {
  readonly #places: () => readonly Place[];

  constructor(places: () => readonly Place[]) {
    this.#places = places;
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

  /** The room of a list that a player joins; `undefined` if there is none. */
  async forPlayer(
    list: string,
    seat: SeatKey | undefined,
    address: string,
  ): Promise<Found<Place> | undefined> {
    const found = await this.#askAll('quickJoin', { list, seat, address });
    let best: Found<Place> | undefined;
    for (const { place, answer } of found) {
      if (answer === null) continue;
      if (best === undefined || isBetter(answer, best.answer)) best = { place, answer };
    }
    return best;
  }

  /** The answers of all places that can answer. */
  async #askAll<Name extends keyof RoomQuestions>(
    question: Name,
    ask: RoomQuestions[Name]['ask'],
  ): Promise<{ readonly place: Place; readonly answer: RoomQuestions[Name]['answer'] }[]> {
    const places = this.#places().filter(({ isResponding }) => isResponding);
    const settled = await Promise.allSettled(
      places.map(async (place) => ({ place, answer: await place.ask(question, ask) })),
    );
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }
}

/** A room with a seat of the player, else the fullest; of several, the oldest. */
function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.hasSeat !== other.hasSeat) return one.hasSeat;
  return one.share === other.share ? one.number < other.number : one.share > other.share;
}

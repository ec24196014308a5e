import { Candidates } from './candidates.js';
import type { Value } from './cbor.js';
import { toIds, type UncheckedEvent } from './relay-event.js';
import type { RoomContext } from './room-player.js';
import { Roster } from './roster.js';

/** The players in a room, and those who ask to join: what the relay reports about them. */
export class Members {
  readonly roster: Roster;
  readonly candidates: Candidates;
  /** What players say about themselves, by id, before the `state` of a resumed room lists them. */
  readonly #earlyAbouts = new Map<number, unknown>();

  constructor(room: RoomContext) {
    this.roster = new Roster(room);
    this.candidates = new Candidates(room);
  }

  /** Handles an event about one player; ignores other events. */
  receive(event: UncheckedEvent): void {
    const id = Number(event.player ?? event.from);
    switch (event.cmd) {
      case 'from':
      case 'from_str':
        return this.#receivedMessage(id, event.data);
      case 'player_asks':
        return this.candidates.ask(id, event.about);
      case 'player_joined':
        this.candidates.end(id);
        this.roster.join(id, event.about);
        return;
      case 'player_left':
        if (!this.candidates.end(id)) this.roster.leave(id);
        return;
      case 'player_away':
        return this.roster.setAway(id, true);
      case 'player_back':
        this.#setAbout(id, event.about);
        return this.roster.setAway(id, false);
      case 'about':
        return this.#setAbout(id, event.about);
      default:
      // An event that this SDK does not request, one of a newer relay, or none.
    }
  }

  /** Handles the first `state` on a connection. */
  sync({ players, away, asking }: UncheckedEvent): void {
    this.candidates.sync(toIds(asking), this.#earlyAbouts);
    this.roster.sync(toIds(players), new Set(toIds(away)), this.#earlyAbouts);
    this.#earlyAbouts.clear();
  }

  /** The room has ended. */
  close(): void {
    this.roster.close();
    this.candidates.close();
  }

  #receivedMessage(id: number, data: Value | undefined): void {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) return;
    // After a reload, buffered messages may arrive before the list of players.
    this.roster.join(id, this.#earlyAbouts.get(id)).receive(data);
  }

  #setAbout(id: number, text: unknown): void {
    const isKnown = this.candidates.setAbout(id, text) || this.roster.setAbout(id, text);
    if (!isKnown) this.#earlyAbouts.set(id, text);
  }
}

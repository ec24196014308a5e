import type { Session } from './session.js';

/** The seats of a server: of its players, and of those who are going to connect. */
export class Seats {
  readonly sessions = new Set<Session>();
  readonly #total: number;
  readonly #changed: () => void;
  /** How many players of the room have no session: they joined with its code alone. */
  #withoutSession = 0;

  /** @param changed is called after a seat was taken or freed */
  constructor(total: number, changed: () => void) {
    this.#total = total;
    this.#changed = changed;
  }

  get taken(): number {
    return this.sessions.size + this.#withoutSession;
  }

  get free(): number {
    return this.#total - this.taken;
  }

  /** Takes a seat until the session is over. */
  take(session: Session): void {
    this.sessions.add(session);
    session.onEnd(() => {
      this.sessions.delete(session);
      this.#changed();
    });
    this.#changed();
  }

  /**
   * The number of players in the server's room has changed. It is not known which player has which
   * session, so players who join claim the oldest reservations, and those who leave end the oldest
   * sessions.
   */
  setRoomPlayers(players: number): void {
    const claimed = this.#inState('claimed');
    for (const session of claimed.slice(0, Math.max(0, claimed.length - players))) session.end();
    const reserved = this.#inState('reserved').slice(0, Math.max(0, players - claimed.length));
    for (const session of reserved) session.claim();
    this.#withoutSession = Math.max(0, players - claimed.length - reserved.length);
    this.#changed();
  }

  #inState(state: Session['state']): Session[] {
    return [...this.sessions].filter((session) => session.state === state);
  }
}

import { LaunchError, type Party } from './matchmaker.js';
import type { Session } from './session.js';
import type { StopTimer, Timers } from './timers.js';

/** How long a party waits for all its members, from the first one on, in seconds. */
export const PARTY_TIME = 30;

/** A party that is not complete. */
interface PendingParty {
  readonly size: number;
  readonly members: Set<Session>;
  readonly stopTimer: StopTimer;
}

/** Collects the requests of parties: of players with the same ticket for the same game, until all are there. */
export class Parties {
  readonly #pending = new Map<string, PendingParty>();
  readonly #timers: Timers;
  readonly #complete: (members: readonly Session[]) => void;

  /** @param complete gets the members of a party that is complete */
  constructor(timers: Timers, complete: (members: readonly Session[]) => void) {
    this.#timers = timers;
    this.#complete = complete;
  }

  join(session: Session, { ticket, size }: Party): void {
    const { name, version, players } = session.game;
    if (size > players) {
      return session.fail(new LaunchError(409, `a game server has only ${players} seats`));
    }
    const key = `${name}/${version}/${ticket}`;
    const party = this.#pending.get(key) ?? this.#openParty(key, size);
    if (party.size !== size) {
      return session.fail(new LaunchError(409, 'this party has another size'));
    }
    party.members.add(session);
    session.onEnd(() => this.#left(key, party, session));
    session.accept();
    if (party.members.size < size) return sendProgress(party);
    this.#close(key, party);
    this.#complete([...party.members]);
  }

  /** Ends the sessions of all incomplete parties with this error. */
  disband(error: LaunchError): void {
    for (const { members } of [...this.#pending.values()]) {
      for (const session of [...members]) session.fail(error);
    }
  }

  #openParty(key: string, size: number): PendingParty {
    const stopTimer = this.#timers.after(PARTY_TIME * 1000, () => {
      this.#close(key, party);
      const error = new LaunchError(408, 'not all players of the party have come');
      for (const session of [...party.members]) session.fail(error);
    });
    const party: PendingParty = { size, members: new Set(), stopTimer };
    this.#pending.set(key, party);
    return party;
  }

  /** A member has left before the party was complete. Another player with the same ticket may replace it. */
  #left(key: string, party: PendingParty, session: Session): void {
    party.members.delete(session);
    if (this.#pending.get(key) !== party) return;
    if (party.members.size === 0) this.#close(key, party);
    else sendProgress(party);
  }

  #close(key: string, { stopTimer }: PendingParty): void {
    stopTimer();
    this.#pending.delete(key);
  }
}

function sendProgress({ members, size }: PendingParty): void {
  for (const session of members) {
    session.progress(`Waiting for the party, ${members.size} of ${size}`);
  }
}

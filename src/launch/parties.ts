import { LaunchError, type Party } from './ask.js';
import type { Session } from './session.js';
import type { StopTimer, Timers } from './timers.js';

/** How long a party waits for all its members, from its first one, in seconds. */
export const PARTY_TIME = 30;

/** A party some of whose members have yet to come. */
interface Gathering {
  readonly size: number;
  readonly members: Set<Session>;
  readonly stopTimer: StopTimer;
}

/** Players who ask for the same game with the same ticket, until all of them are there. */
export class Parties {
  readonly #gatherings = new Map<string, Gathering>();
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
    const party = this.#gatherings.get(key) ?? this.#gather(key, size);
    if (party.size !== size) {
      return session.fail(new LaunchError(409, 'this party has another size'));
    }
    party.members.add(session);
    session.onOver(() => this.#left(key, party, session));
    session.accept();
    if (party.members.size < size) return tellProgress(party);
    this.#close(key, party);
    this.#complete([...party.members]);
  }

  /** Ends the sessions of those whose party is not complete, with this error. */
  disband(error: LaunchError): void {
    for (const { members } of [...this.#gatherings.values()]) {
      for (const session of [...members]) session.fail(error);
    }
  }

  #gather(key: string, size: number): Gathering {
    const stopTimer = this.#timers.after(PARTY_TIME * 1000, () => {
      this.#close(key, party);
      const error = new LaunchError(408, 'not all players of the party have come');
      for (const session of [...party.members]) session.fail(error);
    });
    const party: Gathering = { size, members: new Set(), stopTimer };
    this.#gatherings.set(key, party);
    return party;
  }

  /** A member has left before the party was complete: another with the same ticket may come. */
  #left(key: string, party: Gathering, session: Session): void {
    party.members.delete(session);
    if (this.#gatherings.get(key) !== party) return;
    if (party.members.size === 0) this.#close(key, party);
    else tellProgress(party);
  }

  #close(key: string, { stopTimer }: Gathering): void {
    stopTimer();
    this.#gatherings.delete(key);
  }
}

function tellProgress({ members, size }: Gathering): void {
  for (const session of members) {
    session.progress(`Waiting for the party, ${members.size} of ${size}`);
  }
}

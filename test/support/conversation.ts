import type { Data, Room, Seat } from '../../src/client/index.js';

/** How often everybody says something, in milliseconds. */
const INTERVAL = 20;

/** What one listener has heard of one speaker, which counts up from 1. */
class Heard {
  #last = 0;

  take(data: Data): string | undefined {
    const expected = ++this.#last;
    return Number(data) === expected ? undefined : `${data} instead of ${expected}`;
  }

  get last(): number {
    return this.#last;
  }
}

/**
 * A host and players of the SDK who all count aloud: whatever is lost, doubled or out of order is a
 * mistake.
 */
export class Conversation {
  readonly mistakes: string[] = [];
  readonly #room: Room;
  readonly #seats: readonly Seat[];
  readonly #toHost = new Map<string, Heard>();
  readonly #toPlayers: Heard[];
  readonly #timer: NodeJS.Timeout;
  #said = 0;

  constructor(room: Room, seats: readonly Seat[]) {
    this.#room = room;
    this.#seats = seats;
    this.#toPlayers = seats.map(() => new Heard());
    room.on('message', (player, data) => {
      const heard = this.#toHost.get(`${player.id}`) ?? new Heard();
      this.#toHost.set(`${player.id}`, heard);
      this.#note(`host, of player ${player.id}`, heard.take(data));
    });
    for (const [at, seat] of seats.entries()) {
      seat.on('message', (data) => this.#note(`player ${at}`, this.#toPlayers[at]?.take(data)));
    }
    this.#timer = setInterval(() => this.#say(), INTERVAL);
  }

  /** Stops talking. Resolves when everything that was said has been heard. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#until(this.#said);
  }

  /** Resolves when everybody has heard something of everybody that is said from now on. */
  async goesOn(): Promise<void> {
    await this.#until(this.#said + 1);
  }

  /** How many messages were said, and heard by whom. */
  get counts() {
    const toHost = [...this.#toHost].map(([id, { last }]) => [id, last]);
    return { said: this.#said, toHost, toPlayers: this.#toPlayers.map(({ last }) => last) };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #say(): void {
    this.#said++;
    this.#room.send(`${this.#said}`);
    for (const seat of this.#seats) seat.send(`${this.#said}`);
  }

  #note(who: string, mistake: string | undefined): void {
    if (mistake !== undefined) this.mistakes.push(`${who}: ${mistake}`);
  }

  async #until(count: number): Promise<void> {
    const all = (): readonly Heard[] => [...this.#toHost.values(), ...this.#toPlayers];
    const isDone = (): boolean =>
      this.mistakes.length > 0 ||
      (this.#toHost.size === this.#seats.length && all().every(({ last }) => last >= count));
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import type { Candidate, KickOptions } from '../api.js';
import { About } from './about.js';
import { toKickFields } from './room-options.js';
import type { RoomContext } from './room-player.js';

type CandidatesContext = Pick<RoomContext, 'commands' | 'emit'>;

/** A player who asks to join. */
class AskingPlayer implements Candidate {
  readonly id: number;
  isAsking = true;
  readonly #about = new About();
  readonly #commands: CandidatesContext['commands'];

  constructor(id: number, commands: CandidatesContext['commands']) {
    this.id = id;
    this.#commands = commands;
  }

  get about(): unknown {
    return this.#about.value;
  }

  /** @param text what the player says about itself */
  setAbout(text: unknown): void {
    this.#about.set(text);
  }

  get asking(): boolean {
    return this.isAsking;
  }

  admit(): void {
    // A command that nothing answers would be repeated on every new connection, without end.
    if (this.isAsking) this.#commands.admit(this.id);
  }

  refuse(options: KickOptions = {}): void {
    const fields = toKickFields('refuse', options);
    if (this.isAsking) this.#commands.kick(this.id, fields);
  }
}

/** The players who ask to join, in a room whose host is asked. */
export class Candidates {
  readonly #room: CandidatesContext;
  /** In the order of asking. */
  readonly #asking = new Map<number, AskingPlayer>();

  constructor(room: CandidatesContext) {
    this.#room = room;
  }

  get list(): readonly Candidate[] {
    return [...this.#asking.values()];
  }

  /** A player asks. Does nothing if it is known to ask, so that a reload may repeat it. */
  ask(id: number, about?: unknown): void {
    if (this.setAbout(id, about)) return;
    const candidate = new AskingPlayer(id, this.#room.commands);
    candidate.setAbout(about);
    this.#asking.set(id, candidate);
    this.#room.emit('ask', candidate);
  }

  /** Returns whether this player asks. */
  setAbout(id: number, text: unknown): boolean {
    const candidate = this.#asking.get(id);
    candidate?.setAbout(text);
    return candidate !== undefined;
  }

  /** The player does not ask any more. Returns whether it has asked. */
  end(id: number): boolean {
    const candidate = this.#asking.get(id);
    if (candidate === undefined) return false;
    candidate.isAsking = false;
    this.#asking.delete(id);
    this.#room.commands.forget(id);
    this.#room.emit('askEnd', candidate);
    return true;
  }

  /**
   * The players who ask now.
   *
   * @param aboutOf what they say about themselves, as text
   */
  sync(ids: readonly number[], aboutOf: ReadonlyMap<number, unknown>): void {
    for (const id of this.#asking.keys()) if (!ids.includes(id)) this.end(id);
    for (const id of ids) this.ask(id, aboutOf.get(id));
  }

  /** The room has ended. */
  close(): void {
    for (const candidate of this.#asking.values()) candidate.isAsking = false;
    this.#asking.clear();
  }
}

import { type Message, writeMessage } from '../session/envelope.js';
import { ReliableSession } from '../session/reliable-session.js';
import { SendLog } from '../session/send-log.js';
import type { SessionEffects } from '../session/session-effects.js';

export interface PlayerSessionsEffects {
  /** Sends one frame to these players. */
  send(ids: readonly number[], frame: Uint8Array<ArrayBuffer>): void;
  /** Returns a new random mark, from 1 to 2^32 - 1. */
  mark(): number;
}

/** The host's sessions: one for each player, with one send log for all of them. */
export class PlayerSessions {
  readonly #effects: PlayerSessionsEffects;
  readonly #log: SendLog;
  readonly #sessions = new Map<number, ReliableSession>();

  /** @param limit largest size of the send log, in bytes */
  constructor(limit: number, effects: PlayerSessionsEffects) {
    this.#log = new SendLog(limit);
    this.#effects = effects;
  }

  /**
   * Opens a session with a player.
   *
   * @param peer the player's mark, if it is known from before a reload
   */
  open(id: number, effects: Omit<SessionEffects, 'send' | 'player'>, peer = 0): ReliableSession {
    const send = (frame: Uint8Array<ArrayBuffer>) => this.#effects.send([id], frame);
    const queue = this.#log.openQueue();
    const session = new ReliableSession(
      this.#effects.mark(),
      queue,
      { ...effects, send, player: id },
      peer,
    );
    this.#sessions.set(id, session);
    return session;
  }

  close(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#log.closeQueue(session.queue);
  }

  /** Sends a message to these players. Skips those without a session. */
  send(ids: readonly number[], message: Message): void {
    const sessions = ids.flatMap((id) => this.#sessions.get(id) ?? []);
    this.#log.add(
      message,
      sessions.map(({ queue }) => queue),
    );
    const liveIds = ids.filter((id) => this.#sessions.get(id)?.live);
    const [only] = liveIds;
    if (only === undefined) return;
    if (liveIds.length === 1) return this.#sessions.get(only)?.transmit(message);
    // All receivers share one frame, so it carries no acknowledgement.
    this.#effects.send(liveIds, writeMessage(message));
  }
}

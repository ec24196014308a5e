import type { Logger } from 'pino';
import type { Overload } from '../guard/overload.js';
import { TokenBucket } from '../guard/token-bucket.js';
import type { Closing } from '../protocol/close-codes.js';
import type { RoomCode } from '../rooms/ids.js';
import type { RoomObserver, RoomSummary } from '../rooms/room-registry.js';
import type { StateLog } from '../state/state-keeper.js';

/** `pino`, or what has its methods. */
export type RelayLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Refusals that are logged: ten at once, then one a second. A flood must not fill a disk. */
const REFUSALS = { rate: 1, burst: 10 };

/** What an attacker can choose, such as an origin, is a field, and not a long one. */
const MAX_FIELD = 100;

/** What the relay has to say: a line per room opened and closed, per refusal, per fault. */
export class RelayLog implements RoomObserver, StateLog {
  readonly #logger: RelayLogger | undefined;
  readonly #refusals = new TokenBucket(REFUSALS, performance.now());
  readonly #roomNumbers = new Map<RoomCode, number>();
  #lastRoom = 0;
  #unlogged = 0;
  #warnedOfProxy = false;

  constructor(logger: RelayLogger | undefined) {
    this.#logger = logger;
  }

  /** A number stands for the room: whoever knows its code can join it. */
  opened(code: RoomCode): void {
    const room = ++this.#lastRoom;
    this.#roomNumbers.set(code, room);
    this.#logger?.info({ room }, 'room opened');
    this.#logger?.debug({ room, code }, 'room code');
  }

  ended(code: RoomCode, { why, lifetime, players, traffic }: RoomSummary): void {
    const room = this.#roomNumbers.get(code);
    this.#roomNumbers.delete(code);
    const { toHost, toPlayers } = traffic;
    const fields = {
      room,
      why: why.reason,
      seconds: Math.round(lifetime / 1000),
      players,
      messages: toHost.text + toHost.binary + toPlayers.text + toPlayers.binary,
      bytes: toHost.bytes + toPlayers.bytes,
    };
    this.#logger?.info(fields, 'room closed');
  }

  hostAway(code: RoomCode, away: boolean): void {
    const room = this.#roomNumbers.get(code);
    this.#logger?.info({ room }, away ? 'room waits for its host' : 'room has its host back');
  }

  stateSetAside(path: string, why: string): void {
    this.#logger?.error({ path, why }, 'state file cannot be used; starting without, it is here');
  }

  stateFailed(err: unknown): void {
    this.#logger?.error({ err }, 'state file cannot be read or written; games go on');
  }

  refused({ code, reason }: Closing, address: string, origin: string | undefined): void {
    if (!this.#refusals.tryTake(1, performance.now())) {
      this.#unlogged++;
      return;
    }
    const fields = {
      code,
      reason,
      address,
      ...(origin !== undefined && { origin: origin.slice(0, MAX_FIELD) }),
      ...(this.#unlogged > 0 && { unlogged: this.#unlogged }),
    };
    this.#unlogged = 0;
    this.#logger?.info(fields, 'refused');
  }

  /** From now on nobody new is let in, for a while. */
  tooBusy(why: Overload, lag: number): void {
    this.#logger?.warn({ why, lag: Math.round(lag) }, 'too busy for new rooms and players');
  }

  /** A request says that it was forwarded, by a proxy that is not trusted. Said once. */
  untrustedProxy(address: string): void {
    if (this.#warnedOfProxy) return;
    this.#warnedOfProxy = true;
    const message = 'X-Forwarded-For is not trusted; if it is your proxy, name it by --trust-proxy';
    this.#logger?.warn({ address }, message);
  }

  fault(err: unknown): void {
    this.#logger?.error({ err }, 'fault');
  }
}

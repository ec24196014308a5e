import type { Overload } from '../limits/overload.js';
import { TokenBucket } from '../limits/token-bucket.js';
import type { CloseReason } from '../protocol/close-codes.js';
import { NO_CODE } from '../rooms/ids.js';
import type { Room } from '../rooms/room.js';
import type { RoomIdentity } from '../rooms/room-info.js';
import type { RoomObserver } from '../rooms/rooms.js';
import type { StateLog } from '../state/state-store.js';
import { ClusterLines } from './cluster-lines.js';
import { LaunchLines } from './launch-lines.js';
import { type RelayLogger, SafeLogger } from './safe-logger.js';

export type { RelayLogger };

/** The rate of logged refusals. It leaves room for other lines that clients cause. */
const REFUSALS = { rate: 1, burst: 10 };

/**
 * The rate of logged faults and overloads. They must not be lost among lines that clients cause,
 * but a client that can cause a fault can do so in a loop.
 */
const RARE = { rate: 1, burst: 20 };

/** The longest field with a value that a client chooses, such as an origin, in characters. */
const MAX_FIELD = 100;

/** What is logged about a room that has ended. */
type EndedRoom = Pick<Room, 'identity' | 'everJoined' | 'traffic'>;

/** What is logged about a channel that has expired. */
interface ExpiredChannel {
  readonly number: number;
  readonly offer: string | undefined;
  readonly answer: string | undefined;
  readonly candidates: ReadonlySet<string>;
  readonly bytes: number;
}

/** Writes the relay's log lines: rooms, channels, refusals, overload, the state file, faults. */
export class RelayLog implements RoomObserver, StateLog {
  /** Lines of game servers. */
  readonly launch: LaunchLines;
  /** Lines of a cluster. */
  readonly cluster: ClusterLines;
  readonly #lines: SafeLogger;
  readonly #refusals = new TokenBucket(REFUSALS, performance.now());
  readonly #rare = new TokenBucket(RARE, performance.now());
  #unlogged = 0;
  #warnedOfProxy = false;

  constructor(logger: RelayLogger | undefined) {
    this.#lines = new SafeLogger(logger);
    this.cluster = new ClusterLines(this.#lines);
    this.launch = new LaunchLines(this.#lines, (error) => this.fault(error));
  }

  /** How many lines were dropped because clients caused too many. */
  get suppressedLines(): number {
    return this.#lines.suppressed;
  }

  /** How many lines were lost because the logger threw. */
  get failedLines(): number {
    return this.#lines.failed;
  }

  /** Lines contain the room's number, because everybody who knows its code can join. */
  roomOpened({ code, number: room, dialect }: RoomIdentity): void {
    const fields = { room, ...(dialect !== undefined && { dialect }) };
    const isWritten = this.#lines.writeBounded('info', fields, 'room opened');
    if (isWritten && code !== NO_CODE) this.#lines.write('debug', { room, code }, 'room code');
  }

  roomEnded({ identity, everJoined, traffic }: EndedRoom, { reason }: CloseReason): void {
    const { toHost, toPlayers } = traffic;
    const fields = {
      room: identity.number,
      ...(identity.dialect !== undefined && { dialect: identity.dialect }),
      why: reason,
      seconds: Math.round((performance.now() - identity.openedAt) / 1000),
      players: everJoined,
      messages: toHost.text + toHost.binary + toPlayers.text + toPlayers.binary,
      bytes: toHost.bytes + toPlayers.bytes,
    };
    this.#lines.writeBounded('info', fields, 'room closed');
  }

  hostDisconnected({ number: room }: RoomIdentity): void {
    this.#lines.writeBounded('info', { room }, 'host disconnected');
  }

  hostResumed({ number: room }: RoomIdentity): void {
    this.#lines.writeBounded('info', { room }, 'host resumed');
  }

  /** Lines contain the channel's number, because everybody who knows its id can use it. */
  channelOpened({ number: channel }: { readonly number: number }): void {
    this.#lines.writeBounded('info', { channel, dialect: 'signaling' }, 'channel opened');
  }

  channelExpired({ number: channel, offer, answer, candidates, bytes }: ExpiredChannel): void {
    const fields = {
      channel,
      dialect: 'signaling',
      offer: offer !== undefined,
      answer: answer !== undefined,
      candidates: candidates.size,
      bytes,
    };
    this.#lines.writeBounded('info', fields, 'channel expired');
  }

  stateFileRenamed(path: string, reason: string): void {
    const message = 'state file cannot be used and was renamed; starting without its rooms';
    this.#lines.write('error', { path, why: reason }, message);
  }

  /** So many rooms of the state file were not restored. */
  roomsNotRestored(rooms: number): void {
    const message =
      'state file has rooms beyond the limits, or with codes of another length; they are not restored';
    this.#lines.write('warn', { rooms }, message);
  }

  stateFileFailed(err: unknown): void {
    this.#lines.write('error', { err }, 'state file cannot be read or written; games continue');
  }

  /** @param dialect the dialect of the refused request, if it was not a connection */
  refused(
    { code, reason }: CloseReason,
    address: string,
    origin: string | undefined,
    dialect?: string,
  ): void {
    if (!this.#refusals.tryTake(1, performance.now())) {
      this.#unlogged++;
      this.#lines.suppressed++;
      return;
    }
    const fields = {
      code,
      reason,
      address,
      ...(dialect !== undefined && { dialect }),
      ...(origin !== undefined && { origin: origin.slice(0, MAX_FIELD) }),
      ...(this.#unlogged > 0 && { unlogged: this.#unlogged }),
    };
    this.#unlogged = 0;
    this.#lines.writeBounded('info', fields, 'refused');
  }

  /** An overload has started: new rooms and players are refused. */
  overloaded(reason: Overload, lag: number): void {
    this.#writeRare(
      'warn',
      { why: reason, lag: Math.round(lag) },
      'overloaded; refusing new rooms and players',
    );
  }

  /**
   * A worker can take connections.
   *
   * @param codes the first letters of the codes that it draws
   * @param port its own port, if it has one
   */
  workerReady(worker: number, codes: string, port: number | undefined): void {
    const fields = { worker, codes, ...(port !== undefined && { port }) };
    this.#lines.write('info', fields, 'worker ready');
  }

  /** The process of a worker does not respond. If that does not change, it is killed. */
  workerSilent(worker: number): void {
    this.#lines.write('warn', { worker }, 'worker does not respond');
  }

  /** The process of a worker has ended unexpectedly. */
  workerEnded(
    worker: number,
    { code, signal }: { code: number | null; signal: string | null },
  ): void {
    const message = 'worker ended; its rooms that wait come back with the next process';
    this.#lines.write('error', { worker, code, signal }, message);
  }

  /** A request was forwarded by a peer that is not a trusted proxy. Logged once. */
  untrustedProxy(address: string): void {
    if (this.#warnedOfProxy) return;
    this.#warnedOfProxy = true;
    const message =
      'X-Forwarded-For is not trusted; if this is the address of your proxy, add it to --trust-proxy';
    this.#lines.write('warn', { address }, message);
  }

  fault(err: unknown): void {
    this.#writeRare('error', { err }, 'fault');
  }

  #writeRare(level: 'warn' | 'error', fields: object, message: string): void {
    if (this.#rare.tryTake(1, performance.now())) this.#lines.write(level, fields, message);
    else this.#lines.suppressed++;
  }
}

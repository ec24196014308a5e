import { CLOSE_REASONS, type CloseReason, isFinal } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import { cborEncoder } from '../../protocol/wmbp/cbor-encoder.js';
import { CommandError } from '../../protocol/wmbp/command-error.js';
import type { HostCommand, PrepareCommand } from '../../protocol/wmbp/commands.js';
import type { HostEvent } from '../../protocol/wmbp/events.js';
import type { HostEncoder, HostFormat } from '../../protocol/wmbp/host-encoder.js';
import { jsonEncoder } from '../../protocol/wmbp/json-encoder.js';
import { readCommand } from '../../protocol/wmbp/read-command.js';
import type { PlayerId } from '../../rooms/ids.js';
import type { Room } from '../../rooms/room.js';
import type { RoomEvent } from '../../rooms/room-event.js';
import type { Rooms } from '../../rooms/rooms.js';
import { Connection, type Link } from '../../transport/connection.js';
import { PauseReason } from '../../transport/pause-reason.js';
import { type HostOutput, HostSession } from './host-session.js';

export interface HostLimits {
  /** The largest send buffer for the host, in bytes; above it, reading from its players pauses. */
  readonly hostBacklog: number;
  /** Maximum `error` events to the host in 10 s; 0 for no limit. */
  readonly commandErrors: number;
  /** Time to send `prepare`, in seconds; 0 for no limit. */
  readonly prepareTimeout: number;
  /**
   * The largest messages from hosts and players, and the largest send buffer of a player, in bytes.
   */
  readonly maxHostMessage: number;
  readonly maxPlayerMessage: number;
  readonly playerBacklog: number;
}

/** Opens the rooms of a host. */
export type RoomOpener = Pick<Rooms, 'open'>;

/**
 * Asks other processes for a code that a host has chosen, and then calls `use` with whether a room of
 * this process may have it.
 */
export type ClaimCode = (code: string, use: (isFree: boolean) => void) => void;

export interface HostConnectionParts {
  readonly opener: RoomOpener;
  readonly limits: HostLimits;
  /** `undefined` if this process draws all codes. */
  readonly claimCode?: ClaimCode | undefined;
}

/** The work that a command other than a message counts as: its answer may be a long list. */
const COMMAND_WORK = 32;

/** The WebSocket of a WMBP host. */
export class HostConnection extends Connection implements HostOutput {
  readonly #encoder: HostEncoder;
  readonly #limits: HostLimits;
  readonly #session: HostSession;
  readonly #claimCode: ClaimCode | undefined;
  #prepareTimer: NodeJS.Timeout | undefined;
  #keepsUp = true;

  constructor(link: Link, format: HostFormat, { opener, limits, claimCode }: HostConnectionParts) {
    super(link);
    this.#claimCode = claimCode;
    this.#encoder = format.format === 'json' ? jsonEncoder : cborEncoder(format);
    this.#limits = limits;
    this.#session = new HostSession(this, {
      commandErrors: limits.commandErrors,
      sizes: format.limits && sizesOf(limits),
      openRoom: (settings, host) => opener.open(settings, host),
    });
  }

  /** Waits for the host to prepare a room. */
  begin(): void {
    const { prepareTimeout } = this.#limits;
    this.#session.begin();
    if (prepareTimeout === 0) return;
    const close = (): void => this.close(CLOSE_REASONS.notPrepared);
    this.#prepareTimer = setTimeout(close, prepareTimeout * 1000);
  }

  /** Resumes the room. If the token is wrong, closes the connection and returns the reason. */
  resume(room: Room, token: string): CloseReason | undefined {
    if (!this.#session.resume(room, token)) {
      this.close(CLOSE_REASONS.noSuchRoom);
      return CLOSE_REASONS.noSuchRoom;
    }
    // The buffered messages may already exceed the send buffer.
    if (!this.#keepsUp) this.#session.setKeepsUp(false);
    return undefined;
  }

  send(event: HostEvent): void {
    if (!this.outbox.open) return;
    this.#encoder.event(this.outbox, event);
    if (this.outbox.bulk) this.backlogChanged();
  }

  requestFlush(): void {
    this.outbox.beforeFlush(this.#flushState);
  }

  event(event: RoomEvent): void {
    this.#session.event(event);
  }

  message(from: PlayerId, payload: Payload): void {
    if (this.#session.isStateDue) this.#session.flushState();
    if (!this.outbox.open) return;
    this.#encoder.message(this.outbox, from, payload);
    if (this.outbox.bulk) this.backlogChanged();
  }

  setReading(reading: boolean): void {
    if (reading) this.resumeReading(PauseReason.link);
    else this.pauseReading(PauseReason.link);
  }

  override close(reason: CloseReason): void {
    this.#session.dropState();
    super.close(reason);
  }

  override backlogChanged(): void {
    // Includes output of this turn, which may be any number of large messages.
    const bytes = this.outbox.unsent;
    // Pauses at the limit and resumes at a quarter of it, so that it does not switch with every
    // message.
    const bound = this.#limits.hostBacklog;
    const keepsUp = bytes < (this.#keepsUp ? bound : bound / 4);
    if (keepsUp === this.#keepsUp) return;
    this.#keepsUp = keepsUp;
    // The answers to the host's own commands need space, too.
    if (keepsUp) this.resumeReading(PauseReason.hostBacklog);
    else this.pauseReading(PauseReason.hostBacklog);
    this.#session.setKeepsUp(keepsUp);
  }

  protected override receive(bytes: Uint8Array, binary: boolean): void {
    const command = tryDecode(bytes, binary);
    if (command instanceof CommandError) return this.#session.reject(command, performance.now());
    if (command.cmd === 'send') {
      return this.use(this.#session.room?.send(command.to, command.payload) ?? 0);
    }
    this.use(COMMAND_WORK);
    if ('payload' in command) {
      return this.use(this.#session.deliver(command, performance.now()));
    }
    if (command.cmd === 'prepare') return this.#prepare(command);
    this.#session.command(command);
  }

  protected override failed(): void {
    this.#session.fail();
  }

  protected override ended(code: number): void {
    clearTimeout(this.#prepareTimer);
    this.#session.end(isFinal(code));
  }

  #prepare(command: PrepareCommand): void {
    clearTimeout(this.#prepareTimer);
    const code = command.features?.code;
    if (code === undefined || this.#claimCode === undefined || this.#session.room !== undefined) {
      return this.#session.command(command);
    }
    // What follows depends on the code.
    this.pauseReading(PauseReason.answer);
    this.#claimCode(code, (isFree) => {
      this.#session.command(isFree ? command : withoutCode(command));
      this.resumeReading(PauseReason.answer);
    });
  }

  readonly #flushState = (): void => this.#session.flushState();
}

/** A room whose code is not free gets another one. */
function withoutCode({ features, ...command }: PrepareCommand): PrepareCommand {
  const { code: _, ...rest } = features ?? {};
  return { ...command, features: rest };
}

function sizesOf({ maxHostMessage, maxPlayerMessage, playerBacklog }: HostLimits) {
  // A message larger than a player's send buffer would close the player as too slow.
  const max_message = Math.min(maxHostMessage, playerBacklog);
  return { max_message, max_player_message: maxPlayerMessage };
}

function tryDecode(bytes: Uint8Array, binary: boolean): HostCommand | CommandError {
  try {
    return readCommand(bytes, binary);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

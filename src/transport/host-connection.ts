import { TokenBucket } from '../guard/token-bucket.js';
import { cborEncoder } from '../protocol/cbor-encoder.js';
import { CLOSINGS } from '../protocol/close-codes.js';
import { CommandError } from '../protocol/command-error.js';
import { decodeCommand } from '../protocol/decode-command.js';
import type { HostEncoder, HostFormat } from '../protocol/host-encoder.js';
import { jsonEncoder } from '../protocol/json-encoder.js';
import type { HostCommand, StateEvent } from '../protocol/messages.js';
import type { HostPeer } from '../rooms/peer.js';
import { Room } from '../rooms/room.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Connection, ConnectionHandler } from './connection.js';

export interface HostLimits {
  /** Most that waits for the host, in bytes; with more its players are not read. */
  readonly hostBacklog: number;
  /** Error answers in `ERROR_PERIOD`; 0 for any number. */
  readonly commandErrors: number;
  /** Time to send `prepare`, in seconds; 0 for any time. */
  readonly prepareTimeout: number;
}

/** The time that `commandErrors` counts for, in seconds. */
const ERROR_PERIOD = 10;

/** Opens a room for a host that has just connected, and serves it until the end. */
export function serveHost(
  connection: Connection,
  format: HostFormat,
  rooms: RoomRegistry,
  limits: HostLimits,
): void {
  const room = rooms.open(hostPeer(connection, encoderFor(format)));
  if (room instanceof Room) connection.serve(new HostHandler(connection, room, limits));
  else connection.close(room);
}

class HostHandler implements ConnectionHandler {
  readonly #room: Room;
  readonly #backlog: number;
  readonly #errors: TokenBucket | undefined;
  readonly #prepareTimer: NodeJS.Timeout | undefined;
  #keepsUp = true;

  constructor(connection: Connection, room: Room, limits: HostLimits) {
    this.#room = room;
    this.#backlog = limits.hostBacklog;
    this.#errors = errorBucket(limits.commandErrors);
    if (limits.prepareTimeout > 0) {
      const close = () => connection.close(CLOSINGS.notPrepared);
      this.#prepareTimer = setTimeout(close, limits.prepareTimeout * 1000);
    }
  }

  message(bytes: Buffer, binary: boolean): void {
    const command = tryDecode(bytes, binary);
    if (command instanceof CommandError) this.#reject(command);
    else if (command.cmd === 'send') this.#room.send(command);
    else {
      if (command.cmd === 'prepare') clearTimeout(this.#prepareTimer);
      this.#room.command(command);
    }
  }

  backlog(bytes: number): void {
    // Off at the bound, on again at a quarter of it: not back and forth with every message.
    const keepsUp = bytes < (this.#keepsUp ? this.#backlog : this.#backlog / 4);
    if (keepsUp === this.#keepsUp) return;
    this.#keepsUp = keepsUp;
    this.#room.setHostKeepsUp(keepsUp);
  }

  failed(): void {
    this.#room.end(CLOSINGS.internalError);
  }

  ended(): void {
    clearTimeout(this.#prepareTimer);
    this.#room.hostGone();
  }

  /** A game with a bug may send bad commands sixty times a second: the party goes on. */
  #reject(error: CommandError): void {
    if (this.#errors?.tryTake(1, performance.now()) ?? true) this.#room.reject(error);
  }
}

/** The far end of a connection, as a room reaches it. */
export function hostPeer(connection: Connection, encoder: HostEncoder): HostPeer {
  const { outbox } = connection;
  let changed: (() => StateEvent) | undefined;
  const tellState = (): void => {
    if (changed === undefined) return;
    const state = changed();
    changed = undefined;
    if (outbox.open) encoder.event(outbox, state);
  };
  return {
    event(event) {
      if (event.cmd !== 'player_joined' && event.cmd !== 'player_left') tellState();
      if (outbox.open) encoder.event(outbox, event);
    },
    changed(state) {
      changed = state;
      outbox.beforeFlush(tellState);
    },
    message(from, payload) {
      if (changed !== undefined) tellState();
      if (outbox.open) encoder.message(outbox, from, payload);
    },
    close(closing) {
      changed = undefined;
      connection.close(closing);
    },
  };
}

function encoderFor({ format, bytes }: HostFormat): HostEncoder {
  return format === 'json' ? jsonEncoder : cborEncoder({ bytes });
}

function errorBucket(errors: number): TokenBucket | undefined {
  if (errors === 0) return undefined;
  return new TokenBucket({ rate: errors / ERROR_PERIOD, burst: errors }, performance.now());
}

function tryDecode(bytes: Buffer, binary: boolean): HostCommand | CommandError {
  try {
    return decodeCommand(bytes, binary);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

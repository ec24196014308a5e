import { cborEncoder } from '../protocol/cbor-encoder.js';
import { CommandError } from '../protocol/command-error.js';
import { decodeCommand } from '../protocol/decode-command.js';
import type { HostEncoder, HostFormat } from '../protocol/host-encoder.js';
import { jsonEncoder } from '../protocol/json-encoder.js';
import type { HostCommand } from '../protocol/messages.js';
import type { HostPeer } from '../rooms/peer.js';
import { Room } from '../rooms/room.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Connection } from './connection.js';

/** Opens a room for a host that has just connected, and serves it until the end. */
export function serveHost(connection: Connection, format: HostFormat, rooms: RoomRegistry): void {
  const room = rooms.open(hostPeer(connection, encoderFor(format)));
  if (!(room instanceof Room)) return connection.close(room);
  connection.serve({
    message(bytes, binary) {
      const command = tryDecode(bytes, binary);
      if (command instanceof CommandError) room.reject(command);
      else if (command.cmd === 'send') room.send(command);
      else room.command(command);
    },
    ended: () => room.hostGone(),
  });
}

/** The far end of a connection, as a room reaches it. */
export function hostPeer(connection: Connection, encoder: HostEncoder): HostPeer {
  const { outbox } = connection;
  return {
    event(event) {
      if (outbox.open) encoder.event(outbox, event);
    },
    message(from, payload) {
      if (outbox.open) encoder.message(outbox, from, payload);
    },
    close: (closing) => connection.close(closing),
  };
}

function encoderFor({ format, bytes }: HostFormat): HostEncoder {
  return format === 'json' ? jsonEncoder : cborEncoder({ bytes });
}

function tryDecode(bytes: Uint8Array, binary: boolean): HostCommand | CommandError {
  try {
    return decodeCommand(bytes, binary);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

import { readCborFields } from './cbor-reader.js';
import { readJsonFields } from './json-reader.js';
import type { HostCommand } from './messages.js';
import { readCommand } from './read-command.js';

/**
 * Reads one frame from a host: CBOR in a binary frame, JSON in a text frame, whatever format the
 * host wants its events in.
 *
 * @throws {CommandError} if it is not a command that can be used
 */
export function decodeCommand(frame: Uint8Array, binary: boolean): HostCommand {
  return readCommand(binary ? readCborFields(frame) : readJsonFields(frame));
}

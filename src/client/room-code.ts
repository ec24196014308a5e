import { readRoomCode } from '../protocol/room-code.js';

/**
 * Reads a room code that was typed or comes from a link: its case, and white space around it, do not
 * matter. Returns the code in capitals, or `undefined` if no room can have this code.
 */
export function parseCode(typed: unknown): string | undefined {
  return typeof typed === 'string' ? readRoomCode(typed.trim()) : undefined;
}

import { readRoomCode } from '../protocol/room-code.js';

/**
 * Reads a room code that was typed or is from a link, in any case, with or without white space around
 * it. Returns the code in capitals, or `undefined` if no room can have this code.
 */
export function parseCode(typed: unknown): string | undefined {
  return typeof typed === 'string' ? readRoomCode(typed.trim()) : undefined;
}

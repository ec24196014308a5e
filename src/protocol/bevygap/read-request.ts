import { Buffer } from 'node:buffer';
import type { Party } from '../matchmaking.js';
import { MAX_NAME, MAX_PARTY, TICKET_LENGTH } from './limits.js';

/**
 * The errors of a request. The first four are Bevygap's messages, without their prefix `ERR`.
 */
export const REQUEST_ERRORS = {
  gameInvalid: 'Game name invalid',
  versionInvalid: 'Game version invalid',
  gameTooLong: `Game name too long (max ${MAX_NAME} chars)`,
  versionTooLong: `Game version too long (max ${MAX_NAME} chars)`,
  notRequest: 'expected a text message with a JSON object: {"game": "…", "version": "…"}',
  noRequest: 'no request in time',
  partyInvalid:
    `expected a party with a ticket of ${TICKET_LENGTH.min} to ${TICKET_LENGTH.max} ` +
    `characters of A-Z a-z 0-9 _ - and a size of 2 to ${MAX_PARTY}`,
  clientIpInvalid: 'client_ip is no IP address',
} as const satisfies Record<string, string>;

/** A request is invalid; the status is 400. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(error: keyof typeof REQUEST_ERRORS) {
    super(REQUEST_ERRORS[error]);
  }
}

/** The game that a client requests. */
export interface GameVersion {
  readonly game: string;
  readonly version: string;
}

/** A client's request. */
export interface BevygapRequest extends GameVersion {
  readonly party: Party | undefined;
}

const GAME = /^[A-Za-z0-9_-]+$/;

/** Unlike in Bevygap, a version may have dots: Bevygap's own default has two. */
const VERSION = /^[A-Za-z0-9_.-]+$/;

const TICKET = new RegExp(`^[A-Za-z0-9_-]{${TICKET_LENGTH.min},${TICKET_LENGTH.max}}$`);

/**
 * Reads the first message of a client: `{"game", "version"}`. Ignores unknown keys, and `client_ip`,
 * which is read from the URL only.
 *
 * @throws {RequestError} if the message is not a valid request
 */
export function readRequest(message: Uint8Array): BevygapRequest {
  const { game, version, party } = objectIn(message);
  if (typeof game !== 'string' || typeof version !== 'string') throw new RequestError('notRequest');
  checkGame({ game, version });
  return { game, version, party: partyIn(party) };
}

/**
 * Checks a name before a version, and characters before the length, as Bevygap does.
 *
 * @throws {RequestError} if the name or the version is invalid
 */
export function checkGame({ game, version }: GameVersion): void {
  if (!GAME.test(game)) throw new RequestError('gameInvalid');
  if (game.length > MAX_NAME) throw new RequestError('gameTooLong');
  if (!VERSION.test(version)) throw new RequestError('versionInvalid');
  if (version.length > MAX_NAME) throw new RequestError('versionTooLong');
}

/** @throws {RequestError} if the ticket or the number of players is invalid */
export function readParty(ticket: unknown, size: unknown): Party {
  const isTicket = typeof ticket === 'string' && TICKET.test(ticket);
  const isSize = Number.isInteger(size) && Number(size) >= 2 && Number(size) <= MAX_PARTY;
  if (!isTicket || !isSize) throw new RequestError('partyInvalid');
  return { ticket, size: Number(size) };
}

function partyIn(value: unknown): Party | undefined {
  if (value === undefined || value === null) return undefined;
  const { ticket, size } = Object(value);
  return readParty(ticket, size);
}

function objectIn({ buffer, byteOffset, length }: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(buffer, byteOffset, length).toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // It is not JSON.
  }
  throw new RequestError('notRequest');
}

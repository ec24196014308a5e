import { Buffer } from 'node:buffer';
import type { Party } from '../matchmaking.js';
import { MAX_NAME, MAX_PARTY, TICKET_LENGTH } from './limits.js';

/**
 * What is wrong with a request. The first four are Bevygap's own words, without the `ERR` that it
 * puts before them.
 */
export const REQUEST_ERRORS = {
  gameInvalid: 'Game name invalid',
  versionInvalid: 'Game version invalid',
  gameTooLong: `Game name too long (max ${MAX_NAME} chars)`,
  versionTooLong: `Game version too long (max ${MAX_NAME} chars)`,
  notRequest: 'expected a text message with a JSON object: {"game": "…", "version": "…"}',
  noRequest: 'no request in time',
  partyInvalid:
    `expected a party with a ticket of ${TICKET_LENGTH.least} to ${TICKET_LENGTH.most} ` +
    `characters of A-Z a-z 0-9 _ - and a size of 2 to ${MAX_PARTY}`,
  clientIpInvalid: 'client_ip is no IP address',
} as const satisfies Record<string, string>;

/** A request that cannot be answered; its status is 400. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(error: keyof typeof REQUEST_ERRORS) {
    super(REQUEST_ERRORS[error]);
  }
}

/** The game that a client asks for. */
export interface WantedGame {
  readonly game: string;
  readonly version: string;
}

/** What a client asks for. */
export interface Wanted extends WantedGame {
  readonly party: Party | undefined;
}

const GAME = /^[A-Za-z0-9_-]+$/;

/** Unlike Bevygap's, a version may have dots: its own default has two. */
const VERSION = /^[A-Za-z0-9_.-]+$/;

const TICKET = new RegExp(`^[A-Za-z0-9_-]{${TICKET_LENGTH.least},${TICKET_LENGTH.most}}$`);

/**
 * Reads the first message of a client: `{"game", "version"}`. Keys that are unknown are ignored, and
 * so is `client_ip`, which counts in the URL only.
 *
 * @throws {RequestError} if it is none
 */
export function readRequest(message: Uint8Array): Wanted {
  const { game, version, party } = objectIn(message);
  if (typeof game !== 'string' || typeof version !== 'string') throw new RequestError('notRequest');
  checkGame({ game, version });
  return { game, version, party: partyIn(party) };
}

/**
 * Checks a name before a version, and characters before the length, as Bevygap does.
 *
 * @throws {RequestError} if one cannot be the name of a game, or of a version
 */
export function checkGame({ game, version }: WantedGame): void {
  if (!GAME.test(game)) throw new RequestError('gameInvalid');
  if (game.length > MAX_NAME) throw new RequestError('gameTooLong');
  if (!VERSION.test(version)) throw new RequestError('versionInvalid');
  if (version.length > MAX_NAME) throw new RequestError('versionTooLong');
}

/** @throws {RequestError} if this is no ticket, or no number of players */
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
    // It is no JSON.
  }
  throw new RequestError('notRequest');
}

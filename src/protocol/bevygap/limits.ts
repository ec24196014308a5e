/** The largest message of a client, in bytes. */
export const MAX_REQUEST = 4 * 1024;

/** The longest name of a game, and the longest version, in characters. */
export const MAX_NAME = 30;

/** The length of a party's ticket, in characters. It must be hard to guess. */
export const TICKET_LENGTH = { min: 8, max: 64 };

/** The maximum number of players in a party. */
export const MAX_PARTY = 1000;

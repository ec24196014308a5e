/** The largest message of a client, in bytes. */
export const MAX_REQUEST = 4 * 1024;

/** The longest name of a game, and of a version. */
export const MAX_NAME = 30;

/** The shortest and the longest ticket of a party: nobody else is to guess it. */
export const TICKET_LENGTH = { least: 8, most: 64 };

/** The most players of a party. */
export const MAX_PARTY = 1000;

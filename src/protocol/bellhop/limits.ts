/** The size of the largest message, in bytes. The gateway of the original has the same limit. */
export const MAX_MESSAGE = 128 * 1024;

/**
 * The size of the longest name of a lobby, in bytes of UTF-8. The name is a key in the database of the
 * original, whose keys have the same limit.
 */
export const MAX_LOBBY_ID = 2048;

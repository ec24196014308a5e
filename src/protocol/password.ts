/** The most bytes of UTF-8 that the password of a room may have. */
export const MAX_PASSWORD_BYTES = 256;

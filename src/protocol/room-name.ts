/** The longest name of a room, in bytes of UTF-8. Every `state` contains it. */
export const MAX_NAME_BYTES = 1024;

import type { Codec } from './api.js';

/** Sends messages as JSON. Converts values that JSON does not have in the way of `JSON.stringify`. */
export const json: Codec = {
  encode(message) {
    const text: string | undefined = JSON.stringify(message);
    if (text === undefined) throw new TypeError(`JSON has no ${typeof message}`);
    return text;
  },
  decode(data) {
    if (typeof data !== 'string') throw new TypeError('expected JSON as text, got bytes');
    return JSON.parse(data);
  },
};

import type { GivenRoom } from '../api.js';
import { attempt } from '../browser.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';

/** The room in a signal with which its host hands it over; `undefined` for other signals. */
export function readHeir(signal: Message): GivenRoom | undefined {
  return Object(attempt(() => JSON.parse(String(toData(signal)))))['heir'];
}

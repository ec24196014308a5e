import type { GivenRoom } from '../api.js';
import { attempt } from '../browser.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';

/** The start of a signal with which a host gives its room to this player. */
const HEAD = '{"heir":';

/** The largest such signal that is parsed, in bytes: it lists 10,000 players. */
const MAX_BYTES = 262_144;

/** The room in a signal; `undefined` for other signals. */
export function readHeir(signal: Message): GivenRoom | undefined {
  if (signal.body.length > MAX_BYTES) return undefined;
  const text = String(toData(signal));
  return text.startsWith(HEAD) ? (attempt(() => JSON.parse(text).heir) ?? undefined) : undefined;
}

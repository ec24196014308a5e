import type { ChannelErrorName } from '../errors/channel-error.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { isChannelErrorName } from './reasons.js';

/**
 * The largest signal that is parsed, in bytes. The description of one data channel takes about 1 KiB.
 */
export const MAX_SIGNAL_BYTES = 16_384;

/**
 * A message about a connection between two ends, as JSON. The opener chooses a random `id`, so that late
 * signals for the page before a reload match no connection. `by` is the sender.
 */
export interface Signal {
  readonly id: number;
  readonly by: 'opener' | 'other';
  readonly description?: Description;
  readonly candidate?: object;
  readonly failed?: ChannelErrorName;
}

export interface Description {
  readonly type: string;
  readonly sdp: string;
}

/** Parses a signal; `undefined` if the message is not one, or is too large. */
export function parseSignal(message: Message): Signal | undefined {
  if (message.body.length > MAX_SIGNAL_BYTES) return undefined;
  try {
    const signal = JSON.parse(String(toData(message)));
    const { id, by, failed } = signal;
    if (!Number.isSafeInteger(id) || !['opener', 'other'].includes(by)) return undefined;
    // An unknown name must not reach the game as a `code`.
    return failed === undefined || isChannelErrorName(failed)
      ? signal
      : { id, by, failed: 'unreachable' };
  } catch {
    return undefined;
  }
}

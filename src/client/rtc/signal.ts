import type { ChannelErrorName } from '../errors/channel-error.js';
import type { Message } from '../session/envelope.js';
import { toData } from '../session/message.js';
import { isChannelErrorName } from './reasons.js';

/**
 * The largest signal that is parsed, in bytes. The description of one data channel takes about 1 KiB;
 * a much larger signal would only cost this page time.
 */
const MOST_SIGNAL_BYTES = 16_384;

/**
 * What two ends tell each other about a connection, as JSON. The opener chooses a random `id`, so that
 * late signals for the page before a reload match no connection. `by` is the sender.
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
  if (message.body.length > MOST_SIGNAL_BYTES) return undefined;
  try {
    const signal = JSON.parse(String(toData(message)));
    const { id, by, failed } = signal;
    if (!Number.isSafeInteger(id) || !['opener', 'other'].includes(by)) return undefined;
    // A game only gets known names, whatever the other end sends.
    return failed === undefined || isChannelErrorName(failed)
      ? signal
      : { id, by, failed: 'unreachable' };
  } catch {
    return undefined;
  }
}

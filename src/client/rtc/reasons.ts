import type { ChannelErrorName } from '../errors/channel-error.js';

/** Why a channel did not open, in English. */
export const REASONS: Readonly<Record<ChannelErrorName, string>> = {
  unsupported: 'one of the ends has no WebRTC',
  plain: 'the other end does not use this SDK, or has not sent a greeting yet',
  unreachable: 'the two ends found no path to each other: they may need a TURN server',
  timeout: 'it took too long to find a path to the other end',
  tooMany: 'the other end accepts no more channels from this one',
  closed: 'the other end has left',
  notLoaded: 'the code for it (rtc.js) could not be loaded',
};

export function isChannelErrorName(name: unknown): name is ChannelErrorName {
  return typeof name === 'string' && Object.hasOwn(REASONS, name);
}

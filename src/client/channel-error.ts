/**
 * Why a data channel did not open: `unsupported` there is no WebRTC on one of the ends, `plain` the
 * other end does not have this SDK, `unreachable` the two ends found no way to each other (a TURN
 * server would be one), `timeout` it took too long, `closed` the seat or the room is gone.
 */
export type ChannelErrorName = 'unsupported' | 'plain' | 'unreachable' | 'timeout' | 'closed';

const WORDS: Record<ChannelErrorName, string> = {
  unsupported: 'one of the ends has no WebRTC',
  plain: 'the other end does not have this SDK, or has not greeted yet',
  unreachable: 'the two ends found no way to each other: they may need a TURN server',
  timeout: 'it took too long to find a way to the other end',
  closed: 'the other end is gone',
};

/** A data channel could not be opened. What goes through the relay goes on as before. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** What happened, for programs. */
  readonly what: ChannelErrorName;

  constructor(what: ChannelErrorName, options?: ErrorOptions) {
    super(`no data channel: ${WORDS[what]}`, options);
    this.what = what;
  }
}

export function isChannelErrorName(name: unknown): name is ChannelErrorName {
  return typeof name === 'string' && Object.hasOwn(WORDS, name);
}

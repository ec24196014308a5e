/**
 * Why a data channel did not open: `unsupported` one of the ends has no WebRTC, `plain` the other end
 * does not use this SDK, `unreachable` the two ends found no path to each other (a TURN server may
 * help), `timeout` it took too long, `tooMany` the other end accepts no more channels from this one,
 * `closed` the seat or the room has ended, `notLoaded` the code for data channels (`/rtc.js`) could not be
 * loaded.
 */
export type ChannelErrorName =
  | 'unsupported'
  | 'plain'
  | 'unreachable'
  | 'timeout'
  | 'tooMany'
  | 'closed'
  | 'notLoaded';

/** A data channel could not be opened. `send`, through the relay, continues to work. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** The reason, for programs. */
  readonly code: ChannelErrorName;

  /** @param reason the reason in English */
  constructor(code: ChannelErrorName, reason: string, options?: ErrorOptions) {
    super(`no data channel: ${reason}`, options);
    this.code = code;
  }
}

/** `tooLarge`: the relay accepts no message of this size. `bufferFull`: too much is buffered already. */
export type SendErrorName = 'tooLarge' | 'bufferFull';

/** A message was not sent, and will not be sent later. Earlier messages are not affected. */
export class SendError extends RangeError {
  override readonly name = 'SendError';
  /** The reason, for programs. */
  readonly code: SendErrorName;
  /** The largest size of a message (text in UTF-8), or the size of the send buffer; in bytes. */
  readonly limit: number;

  constructor(code: SendErrorName, limit: number) {
    super(
      code === 'tooLarge'
        ? `the message is too large: send at most ${limit} bytes at a time`
        : `${limit} bytes are buffered already: send less, or later`,
    );
    this.code = code;
    this.limit = limit;
  }
}

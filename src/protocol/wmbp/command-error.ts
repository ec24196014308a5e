import type { ErrorCode } from './error-codes.js';

/** A command is invalid. It is answered with an `error` event and has no effect. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly code: ErrorCode,
    reason: string,
  ) {
    // Nobody reads the stack, and capturing it costs ten times as much as the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

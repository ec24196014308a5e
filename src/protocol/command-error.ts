/**
 * What can be wrong with a host's command. The code is stable, for programs; the reason that
 * travels with it is for people and may change its wording.
 */
export const ERROR_CODES = {
  bad_cbor: 'a binary frame that is not one CBOR map in the grammar that the relay reads',
  bad_json: 'a text frame that is not one JSON object',
  unknown_command: '`cmd` is missing or is not a command',
  wrong_direction: '`cmd` names an event, which only the relay sends',
  bad_field: 'a field is missing, or is not what its command expects',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A command that cannot be used. It is answered with an `error` event; nothing else happens. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly code: ErrorCode,
    reason: string,
  ) {
    // An answer rather than a fault: nobody reads its stack, which costs ten times the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

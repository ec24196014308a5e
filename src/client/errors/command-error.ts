/** The relay has refused a command of this host. It had no effect, and the room stays open. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** The kind of error, for programs: `bad_field`, … (docs/protocol.md, Errors). */
  readonly code: string;
  /** The relay's reason, in English. */
  readonly reason: string;

  constructor(code: string, reason: string) {
    super(`the relay has refused a command: ${reason} (${code})`);
    this.code = code;
    this.reason = reason;
  }
}

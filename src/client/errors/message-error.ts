/** A message that arrived could not be decoded by the game's codec. It was dropped. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  /** The reason, for programs. */
  readonly code = 'badMessage';

  /** @param cause the error that the codec has thrown */
  constructor(cause: unknown) {
    super(`a message could not be decoded: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

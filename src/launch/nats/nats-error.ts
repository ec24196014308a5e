/** NATS cannot be used; the message is one line for the operator, without secrets. */
export class NatsError extends Error {
  override readonly name = 'NatsError';
}

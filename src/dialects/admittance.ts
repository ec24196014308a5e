import type { CloseReason } from '../protocol/close-codes.js';
import type { Connection, Link } from '../transport/connection.js';
import type { OpenRole } from '../transport/connections.js';

/** The decision on a client, before its WebSocket is accepted. */
export type Admittance =
  | { readonly is: 'refused'; readonly reason: CloseReason }
  | { readonly is: 'admitted'; readonly role: OpenRole; serve(link: Link): Served };

/** An accepted connection. With a `refusal`, it has been closed at once. */
export interface Served {
  readonly connection: Connection;
  readonly refusal: CloseReason | undefined;
}

export function refused(reason: CloseReason): Admittance {
  return { is: 'refused', reason };
}

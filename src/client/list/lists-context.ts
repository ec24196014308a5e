import type { RelayError } from '../errors/relay-error.js';
import type { join } from '../player/join-room.js';

/**
 * What a page passes to the code for public lists. A page that stays open while its relay is updated
 * loads newer code than its own, so that code must not use anything that earlier versions of the SDK do
 * not pass.
 */
export interface ListsContext {
  /** The page's class: in a separate bundle, an imported one would be another class. */
  readonly RelayError: typeof RelayError;
  readonly join: typeof join;
}

import { composeRelay, type RelayOptions } from './server/compose-relay.js';
import { buildLaunch } from './server/launch.js';
import type { Relay } from './server/relay.js';

export type { ListenAddress } from './server/listen.js';
export type { Relay, RelayOptions };

/**
 * Creates a relay. It does nothing until `listen` or `attach` is called.
 *
 * @throws {OptionError} if an option is unknown or out of bounds
 */
export function createRelay(given: RelayOptions = {}): Relay {
  return composeRelay(given, buildLaunch);
}

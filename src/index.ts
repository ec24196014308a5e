export {
  LaunchError,
  type Matchmaker,
  type PendingRequest,
  type PlaceListener,
  type PlaceRequest,
  type ServedGame,
} from './launch/matchmaker.js';
export { OptionError } from './options/read.js';
export {
  CLOSE_REASONS,
  type CloseReason,
  type Retry,
} from './protocol/close-codes.js';
export type { Party, Place } from './protocol/matchmaking.js';
export { createRelay, type ListenAddress, type Relay, type RelayOptions } from './server.js';

export {
  type Ask,
  type AskListener,
  type AskRequest,
  LaunchError,
  type Matchmaker,
  type Offer,
} from './launch/ask.js';
export { OptionError } from './options/read.js';
export {
  CLOSE_REASONS,
  type CloseReason,
  type Retry,
} from './protocol/close-codes.js';
export type { Party, Place } from './protocol/matchmaking.js';
export { createRelay, type ListenAddress, type Relay, type RelayOptions } from './server.js';

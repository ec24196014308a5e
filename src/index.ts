export { OptionError } from './options/read.js';
export { CLOSINGS, type Closing, type Retry } from './protocol/close-codes.js';
export { createRelay, type ListenAddress, type Relay, type RelayOptions } from './server.js';
